# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a device is: where it is, and its capability as a small tree that is printed as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from virtbus.drivers.common.xml.writer import Writer


@dataclass(frozen=True)
class Node:
    """An element: its name, attributes, and text or children. One with `open` has an end tag even when empty."""

    tag: str
    attributes: Sequence[tuple[str, str]] = ()
    text: str | None = None
    children: Sequence[Node] = ()
    open: bool = False


def leaf(tag: str, text: object) -> Node:
    """Give an element with text."""
    return Node(tag, text=str(text))


def leaves(*pairs: tuple[str, object | None]) -> list[Node]:
    """Give elements with text, leaving out those without."""
    return [leaf(tag, text) for tag, text in pairs if text not in (None, "")]


@dataclass
class DeviceModel:
    """One device. `caps` are the names of its capabilities, the main one first; `details`: what that holds."""

    name: str
    path: str | None
    parent: str | None
    caps: tuple[str, ...]
    details: list[Node]
    driver: str | None = None
    devnode: str | None = None
    links: list[str] = field(default_factory=list)


_OTHER = re.compile(r"[^A-Za-z0-9]")


def device_name(*parts: str) -> str:
    """Give a device's name from its parts: letters and digits stay, all else becomes an underscore."""
    return _OTHER.sub("_", "_".join(part for part in parts if part))


def write_device(model: DeviceModel) -> str:
    """Give a device's document."""
    writer = Writer()
    writer.open("device")
    writer.leaf("name", model.name)
    if model.path:
        writer.leaf("path", model.path)
    if model.devnode:
        writer.leaf("devnode", model.devnode, [("type", "dev")])
    for link in model.links:
        writer.leaf("devnode", link, [("type", "link")])
    if model.parent:
        writer.leaf("parent", model.parent)
    if model.driver:
        _write(writer, Node("driver", children=[leaf("name", model.driver)]))
    _write(writer, Node("capability", [("type", model.caps[0])], children=model.details, open=True))
    writer.close("device")
    return writer.text()


def _write(writer: Writer, node: Node) -> None:
    if node.text is not None:
        writer.leaf(node.tag, node.text, node.attributes)
    elif node.children or node.open:
        writer.open(node.tag, node.attributes)
        for child in node.children:
            _write(writer, child)
        writer.close(node.tag)
    else:
        writer.empty(node.tag, node.attributes)
