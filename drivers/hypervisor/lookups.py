# SPDX-License-Identifier: LGPL-2.1-or-later
"""From a bus path or a reference to the object in libvirt."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import libvirtmod

from virtbus.bus.errors import (
    InvalidArg,
    LibvirtError,
    NoDomain,
    NoInterface,
    NoNetwork,
    NoNodeDevice,
    NoNwfilter,
    NoNwfilterBinding,
    NoSecret,
    NoStoragePool,
    NoStorageVol,
)
from virtbus.bus.refs import ROOT, unescape
from virtbus.drivers.hypervisor import errors
from virtbus.drivers.hypervisor.handles import Handle, families


class Place(NamedTuple):
    """An object that a path names: its kind, and what identifies it, the owner's first."""

    noun: str
    keys: tuple[Any, ...]


_KINDS: dict[str, tuple[str, ...]] = {
    "hypervisor1/domain": ("Domain", "uuid"),
    "network1/network": ("Network", "uuid"),
    "storage1/pool": ("StoragePool", "uuid"),
    "storage1/volume": ("StorageVol", "name", "name"),
    "nodedev1/device": ("NodeDevice", "name"),
    "nwfilter1/filter": ("NWFilter", "uuid"),
    "nwfilter1/binding": ("NWFilterBinding", "name"),
    "secret1/secret": ("Secret", "uuid"),
    "interface1/interface": ("Interface", "name"),
}
_INNER = {
    "snapshot": ("DomainSnapshot", "name"),
    "checkpoint": ("DomainCheckpoint", "name"),
    "port": ("NetworkPort", "uuid"),
}


def place(path: str) -> Place | None:
    """Give what an object path names; None where it has not the form of one."""
    parts = path.removeprefix(ROOT + "/").split("/")
    if not path.startswith(ROOT + "/") or len(parts) < 3:
        return None
    noun, *forms = _KINDS.get("/".join(parts[:2]), ("",))
    rest = parts[2:]
    if len(rest) == len(forms) + 2 and rest[-2] in _INNER:
        noun, form = _INNER[rest[-2]]
        rest, forms = [*rest[:-2], rest[-1]], [*forms, form]
    if not noun or len(rest) != len(forms):
        return None
    try:
        return Place(noun, tuple(_key(form, element) for form, element in zip(forms, rest, strict=True)))
    except ValueError:
        return None


def _key(form: str, element: str) -> bytes | str:
    if form == "name":
        return unescape(element)
    if len(element) != 32:
        raise ValueError(element)
    return bytes.fromhex(element)


_OUTER = {"DomainSnapshot": "Domain", "DomainCheckpoint": "Domain", "NetworkPort": "Network"}
_FINDERS: dict[str, Callable[[Any, tuple[Any, ...]], Any]] = {
    "Domain": lambda at, keys: libvirtmod.virDomainLookupByUUID(at, keys[0]),
    "Network": lambda at, keys: libvirtmod.virNetworkLookupByUUID(at, keys[0]),
    "StoragePool": lambda at, keys: libvirtmod.virStoragePoolLookupByUUID(at, keys[0]),
    "NodeDevice": lambda at, keys: libvirtmod.virNodeDeviceLookupByName(at, keys[0]),
    "NWFilter": lambda at, keys: libvirtmod.virNWFilterLookupByUUID(at, keys[0]),
    "NWFilterBinding": lambda at, keys: libvirtmod.virNWFilterBindingLookupByPortDev(at, keys[0]),
    "Secret": lambda at, keys: libvirtmod.virSecretLookupByUUID(at, keys[0]),
    "Interface": lambda at, keys: libvirtmod.virInterfaceLookupByName(at, keys[0]),
    "DomainSnapshot": lambda at, keys: libvirtmod.virDomainSnapshotLookupByName(at, keys[0], 0),
    "DomainCheckpoint": lambda at, keys: libvirtmod.virDomainCheckpointLookupByName(at, keys[0], 0),
    "NetworkPort": lambda at, keys: libvirtmod.virNetworkPortLookupByUUID(at, keys[0]),
    "StorageVol": lambda at, keys: libvirtmod.virStorageVolLookupByName(at, keys[0]),
}


def handle_of(connection: Any, where: Place) -> Handle:
    """Look an object up; raises libvirt's error where there is none."""
    at, keys = connection, where.keys
    if where.noun in _OUTER:
        owner = handle_of(connection, Place(_OUTER[where.noun], keys[:1]))
        at, keys = owner.raw, keys[1:]
    elif where.noun == "StorageVol":
        owner = _handle("StoragePool", libvirtmod.virStoragePoolLookupByName(connection, keys[0]))
        at, keys = owner.raw, keys[1:]
    return _handle(where.noun, _FINDERS[where.noun](at, keys))


def _handle(noun: str, raw: Any) -> Handle:
    if raw is None:
        raise errors.failed(f"the lookup of a {noun}")
    return Handle(families()[noun], raw)


def _with_uuid(cls: type[LibvirtError], what: str) -> Callable[[Any], LibvirtError]:
    return lambda key: cls(f"no {what} with matching uuid '{uuid.UUID(bytes=key)}'")


def _with_name(cls: type[LibvirtError], what: str, by: str = "name") -> Callable[[Any], LibvirtError]:
    return lambda key: cls(f"no {what} with matching {by} '{key}'")


_MISSING: dict[str, Callable[[Any], LibvirtError]] = {
    "Domain": _with_uuid(NoDomain, "domain"),
    "Network": _with_uuid(NoNetwork, "network"),
    "StoragePool": _with_uuid(NoStoragePool, "storage pool"),
    "StorageVol": _with_name(NoStorageVol, "storage vol"),
    "NodeDevice": _with_name(NoNodeDevice, "node device"),
    "NWFilter": _with_uuid(NoNwfilter, "nwfilter"),
    "NWFilterBinding": _with_name(NoNwfilterBinding, "nwfilter binding", "port dev"),
    "Secret": _with_uuid(NoSecret, "secret"),
    "Interface": _with_name(NoInterface, "interface"),
}


def missing(path: str) -> LibvirtError:
    """Give the error for a path that names nothing, in libvirt's words."""
    where = place(path)
    if where is None:
        return InvalidArg(f"no object at {path}")
    noun = _OUTER.get(where.noun, where.noun)
    key = where.keys[-1] if noun == "StorageVol" else where.keys[0]
    return _MISSING[noun](key)
