# SPDX-License-Identifier: LGPL-2.1-or-later
"""The DHCP leases of a network, from the status file that the lease script keeps."""

from __future__ import annotations

import json
from typing import Any

from virtbus.bus.api.network import DHCPLease
from virtbus.bus.errors import InternalError, InvalidMac
from virtbus.drivers.common.xml.values import to_mac
from virtbus.drivers.network.addresses import Address, interface_of, parse_address
from virtbus.drivers.network.model import Network

IPV4, IPV6 = 0, 1


def normal_mac(text: str) -> str:
    """Give a MAC address in normal form; InvalidMac for other text."""
    found = to_mac(text)
    if found is None:
        raise InvalidMac(text)
    return found


def leases(network: Network, text: str | None, mac: str | None, now: float) -> list[DHCPLease]:
    """Give the leases of a status file that have not run out, of one MAC address if given."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise InternalError("Malformed lease_entries array")
    entries = [entry for entry in found if isinstance(entry, dict) and _fits(entry, mac, now)]
    return [_lease(network, entry, address) for entry in entries if (address := _address(entry)) is not None]


def _address(entry: dict[str, Any]) -> Address | None:
    return parse_address(str(entry.get("ip-address", "")))


def _fits(entry: dict[str, Any], mac: str | None, now: float) -> bool:
    own = entry.get("mac-address")
    if mac is not None and (own is None or to_mac(str(own)) != mac):
        return False
    expiry = _expiry(entry)
    return expiry == 0 or expiry >= now


def _expiry(entry: dict[str, Any]) -> int:
    value = entry.get("expiry-time", 0)
    return value if isinstance(value, int) else 0


def _lease(network: Network, entry: dict[str, Any], address: Address) -> DHCPLease:
    return DHCPLease(
        iface=network.bridge_name or "",
        expirytime=_expiry(entry),
        type=IPV6 if address.version == 6 else IPV4,
        mac=_text(entry, "mac-address"),
        iaid=_text(entry, "iaid"),
        ipaddr=str(address),
        prefix=_prefix(network, address),
        hostname=_text(entry, "hostname"),
        clientid=_text(entry, "client-id"),
    )


def _text(entry: dict[str, Any], key: str) -> str | None:
    value = entry.get(key)
    return None if value is None else str(value)


def _prefix(network: Network, address: Address) -> int:
    """Give the prefix of the address that serves the family: the one with DHCP, or else the first."""
    same = [ip for ip in network.ips if ip.ipv6 == (address.version == 6)]
    serving = [ip for ip in same if ip.dhcp] or same
    return interface_of(serving[0]).network.prefixlen if serving else 0
