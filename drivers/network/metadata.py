# SPDX-License-Identifier: LGPL-2.1-or-later
"""A network's title, description, and the XML that applications keep with it (virNetworkSetMetadata)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from lxml import etree

from virtbus.bus.errors import InvalidArg, NoNetworkMetadata, OperationInvalid
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.common.xml.parse import Element, parse
from virtbus.drivers.network.describe import describe, status
from virtbus.drivers.network.model import Network

if TYPE_CHECKING:
    from virtbus.drivers.network.network import VirtualNetwork

DESCRIPTION, TITLE, ELEMENT = range(3)
LIVE, CONFIG = 1, 2


def get(model: Network, kind: int, uri: str | None) -> str:
    """Give the title, the description or an application's element, without its namespace."""
    if kind in (TITLE, DESCRIPTION):
        text = model.title if kind == TITLE else model.description
        if text is None:
            raise NoNetworkMetadata("Requested metadata element is not present")
        return text
    found = _element(model.metadata, uri)
    if found is None:
        raise NoNetworkMetadata("Requested metadata element is not present")
    return etree.tostring(_bare(found, uri or ""), encoding="unicode", pretty_print=True).rstrip("\n")


def changed(model: Network, kind: int, text: str | None, key: str | None, uri: str | None) -> Network:
    """Give a copy of a network with other metadata; no text removes it."""
    new = copy.deepcopy(model)
    if kind == TITLE:
        if text and "\n" in text:
            raise InvalidArg("metadata title can't contain newlines")
        new.title = text or None
    elif kind == DESCRIPTION:
        new.description = text or None
    elif kind == ELEMENT:
        new.metadata = _with(new.metadata, text, key, uri)
    else:
        raise InvalidArg(f"unknown metadata type {kind}")
    return new


async def set_metadata(
    network: VirtualNetwork, kind: int, text: str | None, key: str | None, uri: str | None, flags: int
) -> None:
    """Change metadata live, stored or both; the caller holds the network's lock."""
    live, config = targets(network, flags, "networkSetMetadata")
    if live and network.live is not None:
        new = changed(network.live, kind, text, key, uri)
        await network.driver.store.save_status(new.name, status(new))
        network.live = new
    if config and network.config is not None:
        new = changed(network.config, kind, text, key, uri)
        await network.driver.store.save(new.name, describe(new))
        network.config = new


def targets(network: VirtualNetwork, flags: int, function: str) -> tuple[bool, bool]:
    """Say what is meant, running or stored; without flags what counts now."""
    check_flags(flags, LIVE | CONFIG, function)
    live, config = bool(flags & LIVE), bool(flags & CONFIG)
    if not live and not config:
        live, config = network.active, not network.active
    if live and not network.active:
        raise OperationInvalid("network is not running")
    if config and network.config is None:
        raise OperationInvalid("transient networks do not have any persistent config")
    return live, config


def _element(metadata: Element | None, uri: str | None) -> Element | None:
    return None if metadata is None else next(iter(metadata.iterchildren(f"{{{uri}}}*")), None)


def _with(metadata: Element | None, text: str | None, key: str | None, uri: str | None) -> Element | None:
    """Give metadata with one application's element replaced, added or removed."""
    if not uri:
        raise InvalidArg("uri must be non-null for metadata of the type 'element'")
    new = copy.deepcopy(metadata) if metadata is not None else etree.Element("metadata")
    old = _element(new, uri)
    if old is not None:
        new.remove(old)
    if text:
        if not key:
            raise InvalidArg("key must be non-null for metadata of the type 'element'")
        new.append(_named(parse(text, "metadata_xml"), key, uri))
    return new if len(new) else None


def _named(element: Element, key: str, uri: str) -> Element:
    """Give an element with all that has no namespace put into one."""
    made = etree.Element(_inside(element.tag, uri), {str(k): str(v) for k, v in element.attrib.items()}, {key: uri})
    made.text, made.tail = element.text, None
    for child in element.iterchildren("*"):
        copied = _named(child, key, uri)
        copied.tail = child.tail
        made.append(copied)
    return made


def _inside(tag: str, uri: str) -> str:
    return tag if tag.startswith("{") else f"{{{uri}}}{tag}"


def _bare(element: Element, uri: str) -> Element:
    """Give an element with one namespace taken off."""
    others: dict[Any, str] = {prefix: space for prefix, space in element.nsmap.items() if space != uri}
    made = etree.Element(
        element.tag.removeprefix(f"{{{uri}}}"), {str(k): str(v) for k, v in element.attrib.items()}, others
    )
    made.text = element.text
    for child in element.iterchildren("*"):
        copied = _bare(child, uri)
        copied.tail = child.tail
        made.append(copied)
    return made
