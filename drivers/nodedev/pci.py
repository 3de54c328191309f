# SPDX-License-Identifier: LGPL-2.1-or-later
"""PCI devices: identity, functions, groups and links, from sysfs and the configuration space (PCI Express 3.0, 7.8)."""

from __future__ import annotations

import re
import struct

from virtbus.drivers.common.engine.sysfs import Sysfs
from virtbus.drivers.common.xml.values import to_int
from virtbus.drivers.nodedev.ids import Names
from virtbus.drivers.nodedev.model import Node, leaf

_ADDRESS = re.compile(r"([0-9a-f]{4,8}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])\Z")
CAPABILITY_EXPRESS = 0x10
CONFIG_MAX = 256
WITHOUT_LINK = (0x9, 0xA)
SPEEDS = ("", "2.5", "5", "8", "16")
BRIDGES = {1: "pci-bridge", 2: "cardbus-bridge"}


def parse_address(name: str) -> tuple[int, int, int, int] | None:
    """Give domain, bus, slot and function of a device's name in sysfs; None for another name."""
    found = _ADDRESS.match(name)
    if found is None:
        return None
    domain, bus, slot, function = (int(part, 16) for part in found.groups())
    return domain, bus, slot, function


def details(sysfs: Sysfs, names: Names, path: str) -> tuple[list[Node], list[str]] | None:
    """Give a device's details and its further capabilities; None where it is gone already."""
    address = parse_address(path.rpartition("/")[2])
    vendor, product = _hex(sysfs, f"{path}/vendor"), _hex(sysfs, f"{path}/device")
    if address is None or vendor is None or product is None:
        return None
    kind = _hex(sysfs, f"{path}/class")
    nodes = [leaf("class", f"0x{kind:06x}")] if kind else []
    nodes += [leaf(tag, part) for tag, part in zip(("domain", "bus", "slot", "function"), address, strict=True)]
    nodes.append(_named("product", product, names.product(vendor, product)))
    nodes.append(_named("vendor", vendor, names.vendor(vendor)))
    functions, caps = _functions(sysfs, path)
    config = sysfs.read_bytes(f"{path}/config", CONFIG_MAX)
    express = _express(config) or _wide(sysfs, path)
    return [*nodes, *functions, *_bridge(config), *_group(sysfs, path), *_numa(sysfs, path), *express], caps


def _hex(sysfs: Sysfs, path: str) -> int | None:
    try:
        return int(sysfs.read(path) or "", 16)
    except ValueError:
        return None


def _named(tag: str, number: int, name: str) -> Node:
    return Node(tag, [("id", f"0x{number:04x}")], text=name or None)


def _place(name: str | None) -> Node | None:
    address = parse_address(name or "")
    if address is None:
        return None
    domain, bus, slot, function = address
    parts = [("domain", f"0x{domain:04x}"), ("bus", f"0x{bus:02x}"), ("slot", f"0x{slot:02x}")]
    return Node("address", [*parts, ("function", f"0x{function:x}")])


def _functions(sysfs: Sysfs, path: str) -> tuple[list[Node], list[str]]:
    nodes, caps = [], []
    physical = _place(sysfs.link_name(f"{path}/physfn"))
    if physical is not None:
        nodes.append(Node("capability", [("type", "phys_function")], children=[physical]))
        caps.append("phys_function")
    most = to_int(sysfs.read(f"{path}/sriov_totalvfs") or "", 1, 65535)
    if most:
        links = sorted(
            (n for n in sysfs.names(path) if n.startswith("virtfn")), key=lambda n: int(n.removeprefix("virtfn"))
        )
        places = [place for n in links if (place := _place(sysfs.link_name(f"{path}/{n}")))]
        attributes = [("type", "virt_functions"), ("maxCount", str(most))]
        nodes.append(Node("capability", attributes, children=places))
        caps.append("virt_functions")
    return nodes, caps


def _bridge(config: bytes) -> list[Node]:
    kind = BRIDGES.get(config[0x0E] & 0x7F) if len(config) > 0x0E else None
    return [Node("capability", [("type", kind)])] if kind else []


def _group(sysfs: Sysfs, path: str) -> list[Node]:
    number = sysfs.link_name(f"{path}/iommu_group")
    if number is None:
        return []
    members = [_place(name) for name in sysfs.names(f"{path}/iommu_group/devices")]
    return [Node("iommuGroup", [("number", number)], children=[m for m in members if m], open=True)]


def _numa(sysfs: Sysfs, path: str) -> list[Node]:
    node = to_int(sysfs.read(f"{path}/numa_node") or "", 0, 2**31 - 1)
    return [] if node is None else [Node("numa", [("node", str(node))])]


def _express(config: bytes) -> list[Node]:
    place = _capability(config, CAPABILITY_EXPRESS)
    if place is None or place + 20 > len(config):
        return []
    flags = struct.unpack_from("<H", config, place + 2)[0]
    if (flags & 0xF0) >> 4 in WITHOUT_LINK:
        return [Node("pci-express")]
    able = struct.unpack_from("<I", config, place + 0x0C)[0]
    now = struct.unpack_from("<H", config, place + 0x12)[0]
    links = [_link("cap", able, [("port", str(able >> 24))]), _link("sta", now, [])]
    return [Node("pci-express", children=links)]


def _wide(sysfs: Sysfs, path: str) -> list[Node]:
    """Say PCI Express of what has its larger configuration space, though no capability tells."""
    return [Node("pci-express")] if sysfs.size(f"{path}/config") > CONFIG_MAX else []


def _link(validity: str, word: int, more: list[tuple[str, str]]) -> Node:
    speed = SPEEDS[word & 0xF] if word & 0xF < len(SPEEDS) else ""
    shown = [("speed", speed)] if speed else []
    return Node("link", [("validity", validity), *more, *shown, ("width", str(word >> 4 & 0x3F))])


def _capability(config: bytes, wanted: int) -> int | None:
    """Give the place of a capability in the configuration space, following the list of them."""
    if len(config) < CONFIG_MAX or not config[0x06] & 0x10:
        return None
    place = config[0x34] & 0xFC
    for _ in range(48):
        if place < 0x40:
            return None
        if config[place] == wanted:
            return place
        place = config[place + 1] & 0xFC
    return None
