# SPDX-License-Identifier: LGPL-2.1-or-later
"""What polkit's rules see of an object: libvirt's own attribute names (https://libvirt.org/aclpolkit.html)."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from xml.parsers import expat

from virtbus.bus import refs

USAGES = {1: "volume", 2: "ceph", 3: "target", 4: "name", 5: "name"}
"""virSecretUsageType: volume, ceph, iscsi, tls, vtpm."""
HEAD_MAX = 1 << 20
"""Bytes of XML in which name and UUID must stand."""

Details = dict[str, str]


def of_reference(ref: Any) -> Details:
    """Give the attributes of the object that a reference names."""
    make = _MAKERS.get(type(ref))
    return make(ref) if make is not None else {}


def permission_object(ref: Any) -> str:
    """Give what permissions call the kind of object that a reference names: domain, storage_pool."""
    return _OBJECTS.get(type(ref), "connect")


def of_xml(kind: str, xml: str) -> Details:
    """Give the attributes of the object that the XML describes, without reading more than is needed for them."""
    found = head_of(xml)
    name, uid = _NAMES.get(kind, ("", ""))
    pairs = {name: found.get("name"), uid: _normal(found.get("uuid", ""))}
    return {key: value for key, value in pairs.items() if key and value}


def _normal(text: str) -> str:
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError:
        return ""


class _Enough(Exception):
    """Both name and UUID are known, or the XML is too long to look on."""


def head_of(xml: str) -> Mapping[str, str]:
    """Give the texts of the elements `name` and `uuid` directly below the root; nothing where the XML is broken."""
    head = _Head()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = head.start, head.end
    parser.CharacterDataHandler = head.text
    parser.StartDoctypeDeclHandler = head.doctype
    # What was found until the end counts; if the XML is wrong, the driver says so.
    with contextlib.suppress(_Enough, expat.ExpatError):
        parser.Parse(xml.encode(errors="replace")[:HEAD_MAX], False)  # noqa: FBT003
    return {key: value for key, value in head.found.items() if key in head.complete}


class _Head:
    """The handlers of one look at the beginning of a document."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.complete: set[str] = set()
        self._depth = 0
        self._in = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and name in ("interface", "filter") and "name" in attributes:
            self.found["name"] = attributes["name"]
            self.complete.add("name")
        if self._depth == 2 and name in ("name", "uuid") and name not in self.found:
            self._in = name
            self.found[name] = ""

    def end(self, _name: str) -> None:
        if self._depth == 2 and self._in:
            self.complete.add(self._in)
            self._in = ""
        self._depth -= 1
        if len(self.complete) == 2:
            raise _Enough

    def text(self, text: str) -> None:
        if self._in and self._depth == 2:
            self.found[self._in] += text

    def doctype(self, *_args: object) -> None:
        raise _Enough  # entities could make a short text long


def _dashed(value: bytes) -> str:
    return str(uuid.UUID(bytes=bytes(value)))


def _domain(ref: refs.DomainRef) -> Details:
    return {"domain_name": ref.name, "domain_uuid": _dashed(ref.uuid)}


def _network(ref: refs.NetworkRef) -> Details:
    return {"network_name": ref.name, "network_uuid": _dashed(ref.uuid)}


def _secret(ref: refs.SecretRef) -> Details:
    usage = USAGES.get(ref.usage_type)
    named = {f"secret_usage_{usage}": ref.usage_id} if usage else {}
    return {"secret_uuid": _dashed(ref.uuid), **named}


_MAKERS: dict[type, Callable[[Any], Details]] = {
    refs.DomainRef: _domain,
    refs.SnapshotRef: lambda ref: _domain(ref.dom),
    refs.CheckpointRef: lambda ref: _domain(ref.dom),
    refs.NetworkRef: _network,
    refs.PortRef: lambda ref: {**_network(ref.net), "port_uuid": _dashed(ref.uuid)},
    refs.PoolRef: lambda ref: {"pool_name": ref.name, "pool_uuid": _dashed(ref.uuid)},
    refs.VolumeRef: lambda ref: {"pool_name": ref.pool, "vol_name": ref.name, "vol_key": ref.key},
    refs.FilterRef: lambda ref: {"nwfilter_name": ref.name, "nwfilter_uuid": _dashed(ref.uuid)},
    refs.BindingRef: lambda ref: {
        "nwfilter_binding_portdev": ref.portdev,
        "nwfilter_binding_filter": ref.filtername,
    },
    refs.DeviceRef: lambda ref: {"node_device_name": ref.name},
    refs.SecretRef: _secret,
    refs.InterfaceRef: lambda ref: {"interface_name": ref.name, "interface_macaddr": ref.mac},
}
_OBJECTS: dict[type, str] = {
    refs.DomainRef: "domain", refs.SnapshotRef: "domain", refs.CheckpointRef: "domain", refs.NetworkRef: "network",
    refs.PortRef: "network_port", refs.PoolRef: "storage_pool", refs.VolumeRef: "storage_vol",
    refs.FilterRef: "nwfilter", refs.BindingRef: "nwfilter_binding", refs.DeviceRef: "node_device",
    refs.SecretRef: "secret", refs.InterfaceRef: "interface",
}  # fmt: skip
_NAMES = {
    "domain": ("domain_name", "domain_uuid"), "network": ("network_name", "network_uuid"),
    "network_port": ("", "port_uuid"), "storage_pool": ("pool_name", "pool_uuid"), "storage_vol": ("vol_name", ""),
    "nwfilter": ("nwfilter_name", "nwfilter_uuid"), "node_device": ("node_device_name", ""),
    "secret": ("", "secret_uuid"), "interface": ("interface_name", ""),
}  # fmt: skip
