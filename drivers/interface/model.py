# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an interface is, and its document in libvirt's form."""

from __future__ import annotations

from dataclasses import dataclass, field

from virtbus.drivers.common.xml.writer import Writer

Attributes = list[tuple[str, str]]


@dataclass
class Bridge:
    """A bridge: whether it speaks the spanning tree protocol, and its forward delay in hundredths of a second."""

    stp: bool
    delay: str | None
    ports: list[LinkModel] = field(default_factory=list)


@dataclass
class Bond:
    """A bond: its mode, the attributes of its monitor, and its links."""

    mode: str
    miimon: Attributes = field(default_factory=list)
    arpmon: Attributes = field(default_factory=list)
    ports: list[LinkModel] = field(default_factory=list)


@dataclass
class Vlan:
    """A VLAN: its tag, and the link that carries it."""

    tag: str
    device: str | None


@dataclass
class LinkModel:
    """A link. `kind` is ethernet, bridge, bond or vlan; `attributes` are those of its <link> element."""

    name: str
    kind: str
    mac: str
    mtu: str | None = None
    attributes: Attributes = field(default_factory=list)
    bridge: Bridge | None = None
    bond: Bond | None = None
    vlan: Vlan | None = None


def write_interface(model: LinkModel) -> str:
    """Give an interface's document."""
    writer = Writer()
    _write(writer, model)
    return writer.text()


def _write(writer: Writer, model: LinkModel) -> None:
    writer.open("interface", [("type", model.kind), ("name", model.name)])
    if model.mtu:
        writer.empty("mtu", [("size", model.mtu)])
    if model.bridge is not None:
        _write_bridge(writer, model.bridge)
    elif model.bond is not None:
        _write_bond(writer, model.bond)
    elif model.vlan is not None:
        _write_vlan(writer, model.vlan)
    else:
        if model.attributes:
            writer.empty("link", model.attributes)
        writer.empty("mac", [("address", model.mac)])
    writer.close("interface")


def _write_bridge(writer: Writer, bridge: Bridge) -> None:
    attributes = [("stp", "on" if bridge.stp else "off")]
    if bridge.delay is not None:
        attributes.append(("delay", bridge.delay))
    writer.open("bridge", attributes)
    for port in bridge.ports:
        _write(writer, port)
    writer.close("bridge")


def _write_bond(writer: Writer, bond: Bond) -> None:
    writer.open("bond", [("mode", bond.mode)] if bond.mode else [])
    if bond.miimon:
        writer.empty("miimon", bond.miimon)
    elif bond.arpmon:
        writer.empty("arpmon", bond.arpmon)
    for port in bond.ports:
        _write(writer, port)
    writer.close("bond")


def _write_vlan(writer: Writer, vlan: Vlan) -> None:
    if vlan.device is None:
        writer.empty("vlan", [("tag", vlan.tag)])
        return
    writer.open("vlan", [("tag", vlan.tag)])
    writer.empty("interface", [("name", vlan.device)])
    writer.close("vlan")
