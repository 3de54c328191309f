# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks: what drives them, how large they are, whether the medium comes out."""

from __future__ import annotations

from virtbus.drivers.common.engine.sysfs import Sysfs
from virtbus.drivers.common.xml.values import to_int
from virtbus.drivers.nodedev.model import Node, leaf, leaves

SECTOR = 512
PLAIN_DISKS = ("/dev/vd", "/dev/nvme", "/dev/xvd")
_CARDS = {"ID_DRIVE_FLOPPY": "floppy", "ID_CDROM": "cdrom", "ID_DRIVE_FLASH_SD": "sd"}


def details(sysfs: Sysfs, path: str, properties: dict[str, str]) -> list[Node] | None:
    """Give a disk's details; None for what is no drive, such as a loop device."""
    node = f"/dev/{properties.get('DEVNAME', path.rpartition('/')[2])}"
    kind = drive_type(node, properties)
    if kind is None:
        return None
    nodes = leaves(
        ("block", node), ("bus", properties.get("ID_BUS")), ("drive_type", kind),
        ("model", properties.get("ID_MODEL") or sysfs.read(f"{path}/device/model")),
        ("vendor", properties.get("ID_VENDOR") or sysfs.read(f"{path}/device/vendor")),
        ("serial", properties.get("ID_SERIAL")),
    )  # fmt: skip
    size = _size(sysfs, path)
    if kind in ("cdrom", "floppy") or sysfs.read(f"{path}/removable") == "1":
        there = properties.get("ID_CDROM_MEDIA") == "1" if kind == "cdrom" else _holds(sysfs, path)
        return [*nodes, Node("capability", [("type", "removable")], children=_medium(there, size, properties))]
    return nodes + size


def drive_type(node: str, properties: dict[str, str]) -> str | None:
    """Give the kind of drive, None where nothing tells."""
    kind = properties.get("ID_TYPE")
    if kind and kind != "generic":
        return kind
    for name, card in _CARDS.items():
        if properties.get(name) == "1":
            return card
    return "disk" if node.startswith(PLAIN_DISKS) else None


def _size(sysfs: Sysfs, path: str) -> list[Node]:
    sectors = to_int(sysfs.read(f"{path}/size") or "", 0, 2**63)
    block = to_int(sysfs.read(f"{path}/queue/logical_block_size") or "", 0, 2**31)
    if sectors is None:
        return []
    return [leaf("size", sectors * SECTOR), leaf("logical_block_size", block or SECTOR), leaf("num_blocks", sectors)]


def _holds(sysfs: Sysfs, path: str) -> bool:
    return (sysfs.read(f"{path}/size") or "0") != "0"


def _medium(there: bool, size: list[Node], properties: dict[str, str]) -> list[Node]:
    nodes = [leaf("media_available", int(there)), *leaves(("media_label", properties.get("ID_FS_LABEL")))]
    if there:
        renamed = {"size": "media_size"}
        nodes += [leaf(renamed.get(node.tag, node.tag), node.text) for node in size]
    else:
        nodes.append(leaf("media_size", 0))
    return nodes
