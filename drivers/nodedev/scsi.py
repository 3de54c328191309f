# SPDX-License-Identifier: LGPL-2.1-or-later
"""SCSI hosts and devices, with the names that Fibre Channel gives them."""

from __future__ import annotations

from virtbus.drivers.common.engine.sysfs import Sysfs
from virtbus.drivers.common.xml.values import to_int
from virtbus.drivers.nodedev.model import Node, leaf, leaves

TYPES = {
    0: "disk", 1: "tape", 2: "printer", 3: "processor", 4: "worm", 5: "cdrom", 6: "scanner", 7: "mod", 8: "changer",
    12: "raid", 13: "enclosure", 14: "rbc", 17: "osd",
}  # fmt: skip
FC_HOSTS = "/sys/class/fc_host"


def host(sysfs: Sysfs, path: str) -> tuple[list[Node], list[str]] | None:
    """Give a host's details and its further capabilities; None where its number is not to be had."""
    name = path.rpartition("/")[2]
    number = to_int(name.removeprefix("host"), 0, 2**31 - 1)
    if number is None:
        return None
    unique = to_int(sysfs.read(f"/sys/class/scsi_host/{name}/unique_id") or "", 0, 2**31 - 1)
    nodes, caps = leaves(("host", number), ("unique_id", unique)), []
    fabric = f"{FC_HOSTS}/{name}"
    if sysfs.exists(fabric):
        names = (("wwnn", "node_name"), ("wwpn", "port_name"), ("fabric_wwn", "fabric_name"))
        values = [leaf(tag, wwn(sysfs, f"{fabric}/{attribute}")) for tag, attribute in names]
        nodes.append(Node("capability", [("type", "fc_host")], children=values))
        caps.append("fc_host")
    if sysfs.exists(f"{fabric}/vport_create"):
        counts = (("max_vports", "max_npiv_vports"), ("vports", "npiv_vports_inuse"))
        ports = leaves(*((tag, sysfs.read(f"{fabric}/{attribute}")) for tag, attribute in counts))
        nodes.append(Node("capability", [("type", "vport_ops")], children=ports))
        caps.append("vports")
    return nodes, caps


def wwn(sysfs: Sysfs, path: str) -> str:
    """Give a world-wide name without the 0x in front, "" where there is none."""
    return (sysfs.read(path) or "").removeprefix("0x")


def device(sysfs: Sysfs, path: str) -> list[Node] | None:
    """Give the details of a device: its address and type."""
    parts = [to_int(part, 0, 2**63) for part in path.rpartition("/")[2].split(":")]
    if len(parts) != 4 or None in parts:
        return None
    kind = TYPES.get(to_int(sysfs.read(f"{path}/type") or "", 0, 255) or 0)
    return [
        *(leaf(tag, v) for tag, v in zip(("host", "bus", "target", "lun"), parts, strict=True)),
        *leaves(("type", kind)),
    ]
