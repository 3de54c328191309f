# SPDX-License-Identifier: LGPL-2.1-or-later
"""The message bus's files for each daemon: who may own its name, who may send it what, and how it is activated."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from virtbus.bus import members
from virtbus.bus.daemons import Daemon

DOCTYPE = (
    '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"\n'
    ' "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">\n'
)
KINDS_OF_OBJECT = {
    "hypervisor": ("Manager", "Domain", "Snapshot", "Checkpoint"),
    "network": ("Manager", "Network", "Port"),
    "storage": ("Manager", "Pool", "Volume"),
    "nwfilter": ("Manager", "Filter", "Binding"),
    "nodedev": ("Manager", "Device"),
    "secret": ("Manager", "Secret"),
    "interface": ("Manager", "Interface"),
    "log": ("Manager",),
    "lock": ("Manager",),
    "proxy": ("Manager", "Server", "Client"),
}
STANDARD = (
    members.PEER.name,
    members.INTROSPECTABLE.name,
    members.PROPERTIES.name,
    members.OBJECT_MANAGER.name,
    members.STREAM.name,
)


def policy(daemon: Daemon) -> str:
    """Give the bus's rules for a daemon: its name is its own account's, everybody may call its interfaces.

    Everybody may call because the daemon itself judges each call; what it does not export is not let through.
    """
    root = ET.Element("busconfig")
    for user in dict.fromkeys(("root", daemon.user)):
        owner = ET.SubElement(root, "policy", user=user)
        ET.SubElement(owner, "allow", own=daemon.bus_name)
    everybody = ET.SubElement(root, "policy", context="default")
    for interface in interfaces(daemon):
        ET.SubElement(everybody, "allow", send_destination=daemon.bus_name, send_interface=interface)
    ET.indent(root)
    return DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def interfaces(daemon: Daemon) -> list[str]:
    """Give the interfaces that a daemon exports."""
    kinds = dict.fromkeys((daemon.kind, *daemon.serves))
    own = [f"org.libvirt.{kind}1.{noun}" for kind in kinds for noun in KINDS_OF_OBJECT[kind]]
    return [*own, *STANDARD]


def activation(daemon: Daemon, python: str) -> str:
    """Give the file by which the bus starts a daemon that is called and does not run."""
    return (
        "[D-BUS Service]\n"
        f"Name={daemon.bus_name}\n"
        f"Exec={python} -I -m virtbus.bus.activate {daemon.name}\n"
        "User=root\n"
        f"SystemdService=virtbus-{daemon.name}.service\n"
    )
