#!/usr/bin/python3 -IS
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keep a network's leases in its status file, as dnsmasq's lease script (dnsmasq(8), --dhcp-script).

It runs by itself, once for each change of a lease and while a network starts, and so uses nothing of this project and
loads little. The file is a JSON list of leases, the one that libvirt and its NSS module read. With the action `init`
it gives dnsmasq the leases back.
"""

from __future__ import annotations

import os
import sys
import time

FOLDER = "/var/lib/libvirt/dnsmasq"
Lease = dict[str, object]
DUID = "server-duid"


def read(path: str) -> list[Lease]:
    """Give the leases of a status file, none when it is empty or no list."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if not text:
            return []
        import json

        found = json.loads(text)
    except (OSError, ValueError):
        return []
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def write(path: str, leases: list[Lease]) -> None:
    """Put the leases in place; a reader finds the old ones or the new. The caller holds the lock."""
    import json

    temporary = f"{path}.new"
    with open(temporary, "w", encoding="utf-8") as file:
        if leases:
            file.write(json.dumps(leases, indent=2) + "\n")
        os.fchmod(file.fileno(), 0o644)
    os.replace(temporary, path)


def lease_of(arguments: list[str], environment: dict[str, str]) -> Lease:
    """Give the lease that dnsmasq tells of: action, MAC or client id, address and perhaps a name."""
    iaid = environment.get("DNSMASQ_IAID")
    client, address = arguments[1], arguments[2]
    name = arguments[3] if len(arguments) > 3 else environment.get("DNSMASQ_SUPPLIED_HOSTNAME", "")
    lease: Lease = {}
    if iaid:
        lease["iaid"] = iaid
    lease["ip-address"] = address
    mac = environment.get("DNSMASQ_MAC") if iaid else client
    if mac:
        lease["mac-address"] = mac
    if name:
        lease["hostname"] = name
    client_id = client if iaid else environment.get("DNSMASQ_CLIENT_ID")
    if client_id:
        lease["client-id"] = client_id
    if iaid and environment.get("DNSMASQ_SERVER_DUID"):
        lease[DUID] = environment["DNSMASQ_SERVER_DUID"]
    lease["expiry-time"] = expiry(environment)
    return lease


def expiry(environment: dict[str, str]) -> int:
    """Give when the lease ends, in seconds since 1970; 0 for never."""
    text = environment.get("DNSMASQ_LEASE_EXPIRES", "").strip()
    return int(text) if text.isdigit() else 0


def lines(leases: list[Lease]) -> list[str]:
    """Give the leases as lines of dnsmasq's own lease file."""
    found = [_line(lease, "mac-address") for lease in leases if "iaid" not in lease]
    six = [lease for lease in leases if "iaid" in lease]
    duid = next((lease[DUID] for lease in six if DUID in lease), None)
    if duid:
        found.append(f"duid {duid}")
    return found + [_line(lease, "iaid") for lease in six]


def _line(lease: Lease, key: str) -> str:
    parts = ("expiry-time", key, "ip-address", "hostname", "client-id")
    return " ".join(str(lease.get(part, "*")) for part in parts)


def current(leases: list[Lease], now: float) -> list[Lease]:
    """Give the leases that have not run out."""
    return [lease for lease in leases if not lease.get("expiry-time") or int(str(lease["expiry-time"])) > now]


def main(arguments: list[str], environment: dict[str, str], folder: str = FOLDER) -> int:
    """Do what dnsmasq asks for and give the exit status."""
    bridge = environment.get("VIR_BRIDGE_NAME") or environment.get("DNSMASQ_INTERFACE", "")
    if not bridge or "/" in bridge or not arguments:
        return 1
    import fcntl

    path = f"{folder}/{bridge}.status"
    with open(f"{path}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        leases = current(read(path), time.time())
        if arguments[0] == "init":
            sys.stdout.write("".join(f"{line}\n" for line in lines(leases)))
            return 0
        if arguments[0] not in ("add", "old", "del") or len(arguments) < 3:
            return 0
        kept = [lease for lease in leases if lease.get("ip-address") != arguments[2]]
        if arguments[0] != "del":
            kept.append(lease_of(arguments, environment))
        write(path, kept)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ)))
