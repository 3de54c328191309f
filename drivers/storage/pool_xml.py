# SPDX-License-Identifier: LGPL-2.1-or-later
"""A pool's document: text to model, model to text, with libvirt's refusals.

https://libvirt.org/formatstorage.html#storage-pool-xml
"""

from __future__ import annotations

import re
import uuid

from virtbus.bus.errors import ConfigUnsupported, ErrorDomain, InternalError, XmlError
from virtbus.drivers.common.xml.parse import Element, parse, text_of
from virtbus.drivers.common.xml.values import check_name, to_uuid
from virtbus.drivers.storage.formats import BY_NAME, PoolType, Source
from virtbus.drivers.storage.model import PoolModel, PoolSource
from virtbus.drivers.storage.permissions_xml import read_permissions
from virtbus.drivers.storage.source_xml import read_source

NAMESPACES = {"fs": "fs", "netfs": "fs"}
"""The pools that take mount options: the last part of their namespace."""


def read_pool(text: str, *, validate: bool = False) -> PoolModel:
    """Give the pool that a document describes; XmlError and others with libvirt's texts where it is wrong."""
    root = parse(text, "storage_pool_definition", "pool", schema="storagepool.rng" if validate else "")
    return pool_of(root)


def read_state(text: str) -> PoolModel:
    """Give the pool that a state file of a running pool holds."""
    root = parse(text, "storage_pool_state", "poolstate")
    pool = root.find("pool")
    if pool is None:
        raise InternalError("no pool in the state file")
    return pool_of(pool)


def pool_of(root: Element) -> PoolModel:
    """Give the pool that an element describes."""
    kind = _type(root)
    if not kind.built:
        raise InternalError(f"missing backend for pool type {kind.number} ({kind.name})")
    source_element = root.find("source")
    source = read_source(source_element, kind) if source_element is not None else PoolSource()
    if kind.formats and not source.format:
        source.format = kind.default
    name = _name(root, kind, source)
    model = PoolModel(kind, name, _uuid(root), source)
    _require_source(model)
    _read_target(root, model)
    _read_rest(root, model)
    return model


def _type(root: Element) -> PoolType:
    name = root.get("type")
    if name is None:
        raise XmlError("Missing required attribute 'type' in element 'pool'", origin=ErrorDomain.XML)
    kind = BY_NAME.get(name)
    if kind is None:
        raise XmlError(f"Invalid value for attribute 'type' in element 'pool': '{name}'.", origin=ErrorDomain.XML)
    return kind


def _name(root: Element, kind: PoolType, source: PoolSource) -> str:
    name = child_text(root, "name")
    if not name and Source.NAME in kind.source:
        name = source.name
    if not name:
        raise XmlError("missing pool source name element")
    if "/" in name:
        raise XmlError(f"name {name} cannot contain '/'")
    check_name(name, invalid="\n")
    return name


def _uuid(root: Element) -> uuid.UUID:
    text = child_text(root, "uuid")
    if not text:
        return uuid.uuid4()
    value = to_uuid(text)
    if value is None:
        raise XmlError("malformed uuid element")
    return value


def _require_source(model: PoolModel) -> None:
    source, wanted = model.source, model.type.source
    if Source.HOST in wanted and not source.hosts:
        raise XmlError("missing storage pool source host name")
    if Source.DIR in wanted and not source.dir:
        raise XmlError("missing storage pool source path")
    if Source.NAME in wanted and not source.name:
        source.name = model.name
    if Source.ADAPTER in wanted and source.adapter is None:
        raise XmlError("missing storage pool source adapter")
    if not model.type.has_target:
        return
    if any(not device.path for device in source.devices):
        raise XmlError("missing storage pool source device path")


def _read_target(root: Element, model: PoolModel) -> None:
    if not model.type.has_target:
        return
    path = child_text(root, "target/path")
    if model.type.name == "logical":
        path = path or f"/dev/{model.source.name}"
    if not path:
        raise XmlError("missing storage pool target path")
    model.target = sanitize(path)
    model.permissions = read_permissions(root.find("target/permissions"))


def _read_rest(root: Element, model: PoolModel) -> None:
    cow = root.find("features/cow")
    if cow is not None:
        model.cow = _word(cow, "state", ("yes", "no"))
    refresh = root.find("refresh/volume")
    if refresh is not None and refresh.get("allocation") is not None:
        model.refresh = _word(refresh, "allocation", ("default", "capacity"))
    space = NAMESPACES.get(model.type.name)
    if space:
        uri = namespace(space)
        for option in root.findall(f"{{{uri}}}mount_opts/{{{uri}}}option"):
            if not option.get("name"):
                raise XmlError(f"no {model.type.name} mount option name specified")
            model.options.append((option.get("name", ""), option.get("value", "")))


def _word(element: Element, attribute: str, allowed: tuple[str, ...]) -> str:
    value = element.get(attribute, "")
    if value not in allowed:
        raise ConfigUnsupported(f"unknown storage pool {attribute} value '{value}'")
    return value


def child_text(element: Element, path: str) -> str:
    """Give the text of a child element, empty where there is none."""
    child = element.find(path)
    return "" if child is None else text_of(child)


def namespace(kind: str) -> str:
    """Give the URI of a pool's vendor namespace."""
    return f"http://libvirt.org/schemas/storagepool/{kind}/1.0"


def sanitize(path: str) -> str:
    """Give a path without doubled and trailing slashes; exactly two leading ones stay, as POSIX has it."""
    lead = "//" if path.startswith("//") and not path.startswith("///") else "/" if path.startswith("/") else ""
    return lead + re.sub(r"/+", "/", path.strip("/"))
