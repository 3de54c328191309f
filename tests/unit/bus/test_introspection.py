# SPDX-License-Identifier: LGPL-2.1-or-later
"""Introspection XML: what tools read of an object."""

import xml.etree.ElementTree as ET

import pytest
from dbus_next.introspection import Node

from virtbus.bus import index, introspection
from virtbus.bus.api import network
from virtbus.bus.api.domain import Domain
from virtbus.bus.catalogue import Api


def member(cls: type[Api], kind: str, name: str) -> ET.Element:
    """Give one member's element."""
    found = introspection.interface(cls).find(f"{kind}[@name='{name}']")
    assert found is not None
    return found


def arguments(element: ET.Element) -> list[tuple[str | None, ...]]:
    """Give the arguments of a member."""
    return [(each.get("name"), each.get("type"), each.get("direction")) for each in element.findall("arg")]


def notes(element: ET.Element) -> dict[str | None, str | None]:
    """Give the annotations of a member."""
    return {each.get("name"): each.get("value") for each in element.findall("annotation")}


def test_a_method_has_named_typed_arguments() -> None:
    update = member(network.Network, "method", "Update")
    assert arguments(update) == [
        ("command", "u", "in"), ("section", "u", "in"), ("parentIndex", "i", "in"), ("xml", "s", "in"),
        ("flags", "u", "in"),
    ]  # fmt: skip


def test_a_method_tells_what_it_is_for_and_needs() -> None:
    found = notes(member(network.Network, "method", "Update"))
    assert (found[introspection.DOC] or "").startswith("Change one part of the network by the XML")
    assert found[introspection.SINCE] == "0.10.2"
    assert found[introspection.PERMISSION] == (
        "network.write, network.save if not flags & 0x3, network.save if flags & 0x2"
    )


def test_a_signal_begins_with_generation_and_sequence() -> None:
    found = arguments(member(network.Manager, "signal", "NetworkEventLifecycle"))
    assert found[:3] == [("generation", "t", None), ("sequence", "t", None), ("net", "(osay)", None)]


def test_properties_say_how_they_change() -> None:
    uuid, autostart = (member(network.Network, "property", name) for name in ("UUID", "Autostart"))
    assert (uuid.get("type"), uuid.get("access"), notes(uuid)[introspection.CHANGES]) == ("s", "read", "const")
    assert (autostart.get("type"), autostart.get("access")) == ("b", "readwrite")
    assert notes(autostart)[introspection.CHANGES] == "invalidates"


def test_a_stream_gives_a_descriptor_and_an_object() -> None:
    console = member(Domain, "method", "OpenConsole")
    assert [each for each in arguments(console) if each[2] == "out"] == [("data", "h", "out"), ("stream", "o", "out")]
    assert notes(console)[introspection.UNIX_FD] == "true"


def test_a_manager_opens_peers_and_tells_events() -> None:
    open_peer = member(network.Manager, "method", "OpenPeer")
    assert arguments(open_peer) == [("identity", "a{sv}", "in"), ("link", "h", "out")]
    assert "proxy" in (notes(open_peer)[introspection.PERMISSION] or "")


@pytest.mark.parametrize("cls", index.on_bus(), ids=lambda cls: cls.interface())
def test_another_library_can_read_it(cls: type[Api]) -> None:
    node = Node.parse(introspection.node(cls, ["below"]))
    names = {interface.name for interface in node.interfaces}
    assert {cls.interface(), "org.freedesktop.DBus.Properties", "org.freedesktop.DBus.Peer"} <= names
    assert ("org.freedesktop.DBus.ObjectManager" in names) == (cls.kind == "Manager")
    assert [child.name for child in node.nodes] == ["below"]


def test_a_folder_of_objects_has_children_alone() -> None:
    node = Node.parse(introspection.node(None, ["a", "b"]))
    assert [child.name for child in node.nodes] == ["a", "b"]
    assert not [i for i in node.interfaces if i.name.startswith("org.libvirt")]


def test_a_stream_describes_itself() -> None:
    assert "org.libvirt.Stream1" in {interface.name for interface in Node.parse(introspection.stream_node()).interfaces}
