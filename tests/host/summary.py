# SPDX-License-Identifier: LGPL-2.1-or-later
"""Say which daemon served what: the bus knows the names and processes, /proc their size and work."""

from __future__ import annotations

import os
from pathlib import Path

from jeepney import DBusAddress, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.host.runner import Job

BUS = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
WORKERS = ("libvirtd", "virtlogd", "virtlockd", "dnsmasq", "qemu-system-x86", "dbus-daemon", "polkitd")
SERVES = {
    "org.libvirt.hypervisor1": "guests",
    "org.libvirt.network1": "networks, ports, leases",
    "org.libvirt.storage1": "pools and volumes",
    "org.libvirt.nwfilter1": "network filters",
    "org.libvirt.nodedev1": "devices of the host",
    "org.libvirt.secret1": "secrets",
    "org.libvirt.interface1": "network interfaces of the host",
    "org.libvirt.log1": "output of guests",
    "org.libvirt.lock1": "leases on disks",
    "org.libvirt.proxy1": "every legacy client: UNIX sockets and TLS",
    "org.libvirt": "clients of libvirt-dbus",
}


def ask(connection: DBusConnection, member: str, *body: str) -> object:
    """Ask the bus itself."""
    message = new_method_call(BUS, member, "s" * len(body), body)
    return connection.send_and_get_reply(message, timeout=10).body[0]


def names() -> dict[int, list[str]]:
    """Give the names of the federation on the bus by process."""
    connection = open_dbus_connection("SYSTEM")
    found: dict[int, list[str]] = {}
    known = ask(connection, "ListNames")
    assert isinstance(known, list)
    for name in sorted(known):
        if name == "org.libvirt" or name.startswith("org.libvirt."):
            pid = ask(connection, "GetConnectionUnixProcessID", name)
            assert isinstance(pid, int)
            found.setdefault(pid, []).append(name)
    connection.close()
    return found


def cost(pid: int) -> str:
    """Give a process's memory and work so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = next((line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")), "0")
    return f"{int(own) / 1024:6.1f} MiB {seconds:6.2f} s"


def purpose(name: str) -> str:
    """Say what the owner of a name serves."""
    return next((text for known, text in SERVES.items() if name == known or name.startswith(known + ".")), "")


def show(job: Job, *, native: bool) -> None:
    """Print the summary."""
    job.title("Which daemon served what")
    served = names() if native else {}
    for pid, owned in served.items():
        for name in owned:
            job.say(f"{name:32} pid {pid:<5} {cost(pid)}  {purpose(name)}")
    for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        program = (entry / "comm").read_text().strip() if (entry / "comm").exists() else ""
        if program in WORKERS and int(entry.name) not in served:
            job.say(f"{program:32} pid {entry.name:<5} {cost(int(entry.name))}")
