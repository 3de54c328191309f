# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's objects in C, and the references that they stand for.

A handle owns one reference count of a C object; it is made from what `libvirtmod` returns and frees it in the end.
Names, UUIDs and ids are read by functions that never block, so the interpreter's lock is kept: reading a thousand
references costs no thread switch.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import libvirtmod

from virtbus.bus.refs import (
    BindingRef,
    CheckpointRef,
    DeviceRef,
    DomainRef,
    FilterRef,
    InterfaceRef,
    NetworkRef,
    PoolRef,
    PortRef,
    SecretRef,
    SnapshotRef,
    VolumeRef,
)
from virtbus.drivers.hypervisor import errors

_Uuid = ctypes.c_char * 16
ReadText = Callable[[int], str]


class Readers:
    """The C functions that tell who an object is."""

    def __init__(self) -> None:
        self._library = ctypes.PyDLL("libvirt.so.0")
        self.pointer = ctypes.pythonapi.PyCapsule_GetPointer
        self.pointer.restype = ctypes.c_void_p
        self.pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
        self.wrap = ctypes.pythonapi.PyCapsule_New
        self.wrap.restype = ctypes.py_object
        self.wrap.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        self.guest = (
            self._library.virDomainGetUUID,
            self.getter("virDomainGetName", ctypes.c_char_p),
            self.getter("virDomainGetID", ctypes.c_uint),
        )
        self.guest[0].argtypes = [ctypes.c_void_p, _Uuid]

    def getter(self, function: str, result: Any) -> Callable[[int], Any]:
        """Give a C function of one pointer."""
        getter = getattr(self._library, function)
        getter.restype, getter.argtypes = result, [ctypes.c_void_p]
        return getter  # type: ignore[no-any-return]

    def text(self, function: str) -> ReadText:
        """Give a C function that tells a string; empty where it tells none."""
        read = self.getter(function, ctypes.c_char_p)
        return lambda address: (read(address) or b"").decode(errors="surrogateescape")

    def uuid(self, function: str) -> Callable[[int], bytes]:
        """Give a C function that tells a UUID."""
        read = getattr(self._library, function)
        read.restype, read.argtypes = ctypes.c_int, [ctypes.c_void_p, ctypes.c_void_p]

        def tell(address: int) -> bytes:
            room = _Uuid()
            read(address, room)
            return bytes(room.raw)

        return tell


class Family(NamedTuple):
    """One kind of C object: its pointer type, how to free it, and its reference."""

    noun: str
    type_name: bytes
    free: Callable[[int], Any]
    ref: Callable[[int], Any]


class Handle:
    """One C object, freed along with this."""

    __slots__ = ("__weakref__", "address", "family", "raw")

    def __init__(self, family: Family, raw: Any) -> None:
        self.family = family
        self.raw = raw
        self.address: int = readers().pointer(raw, family.type_name)

    def ref(self) -> Any:
        """Give the reference as the C object has it."""
        return self.family.ref(self.address)

    def __del__(self) -> None:
        self.family.free(self.address)


@functools.cache
def readers() -> Readers:
    """Give the process's readers, loaded at the first call."""
    return Readers()


def guest_refs(addresses: Iterable[int]) -> Iterator[DomainRef]:
    """Give the references of many guests."""
    uuid, name, number = readers().guest
    room = _Uuid()
    for address in addresses:
        uuid(address, room)
        id_ = number(address)
        yield DomainRef(name(address).decode(), room.raw, id_ if id_ < 1 << 31 else -1)


def domain_ref() -> Callable[[int], DomainRef]:
    """Give the function from a guest's pointer to its reference."""
    name, uuid = readers().text("virDomainGetName"), readers().uuid("virDomainGetUUID")
    number = readers().getter("virDomainGetID", ctypes.c_uint)

    def ref(address: int) -> DomainRef:
        id_ = number(address)
        return DomainRef(name(address), uuid(address), id_ if id_ < 1 << 31 else -1)

    return ref


def _named(cls: Callable[..., Any], prefix: str) -> Callable[[int], Any]:
    name, uuid = readers().text(f"{prefix}GetName"), readers().uuid(f"{prefix}GetUUID")
    return lambda address: cls(name(address), uuid(address))


def _of_domain(cls: Callable[..., Any], prefix: str) -> Callable[[int], Any]:
    name, owner, domain = (
        readers().text(f"{prefix}GetName"),
        readers().getter(f"{prefix}GetDomain", ctypes.c_void_p),
        domain_ref(),
    )
    return lambda address: cls(name(address), domain(owner(address)))


def _port() -> Callable[[int], PortRef]:
    uuid, owner = readers().uuid("virNetworkPortGetUUID"), readers().getter("virNetworkPortGetNetwork", ctypes.c_void_p)
    network = _named(NetworkRef, "virNetwork")
    return lambda address: PortRef(network(owner(address)), uuid(address))


def _volume() -> Callable[[int], VolumeRef]:
    name, key = readers().text("virStorageVolGetName"), readers().text("virStorageVolGetKey")

    def ref(address: int) -> VolumeRef:
        raw = libvirtmod.virStoragePoolLookupByVolume(readers().wrap(address, b"virStorageVolPtr", None))
        if raw is None:
            raise errors.failed("virStoragePoolLookupByVolume")
        pool = Handle(families()["StoragePool"], raw)
        return VolumeRef(pool.ref().name, name(address), key(address))

    return ref


def _secret() -> Callable[[int], SecretRef]:
    uuid, usage = readers().uuid("virSecretGetUUID"), readers().text("virSecretGetUsageID")
    usage_type = readers().getter("virSecretGetUsageType", ctypes.c_int)
    return lambda address: SecretRef(uuid(address), usage_type(address), usage(address))


def _texts(cls: Callable[..., Any], *functions: str) -> Callable[[int], Any]:
    reads = [readers().text(function) for function in functions]
    return lambda address: cls(*[read(address) for read in reads])


@functools.cache
def families() -> dict[str, Family]:
    """Give every kind of C object by its noun, and by its reference's class name."""
    makers: dict[str, tuple[type, Callable[[int], Any]]] = {
        "Domain": (DomainRef, domain_ref()),
        "DomainSnapshot": (SnapshotRef, _of_domain(SnapshotRef, "virDomainSnapshot")),
        "DomainCheckpoint": (CheckpointRef, _of_domain(CheckpointRef, "virDomainCheckpoint")),
        "Network": (NetworkRef, _named(NetworkRef, "virNetwork")),
        "NetworkPort": (PortRef, _port()),
        "StoragePool": (PoolRef, _named(PoolRef, "virStoragePool")),
        "StorageVol": (VolumeRef, _volume()),
        "NodeDevice": (DeviceRef, _texts(DeviceRef, "virNodeDeviceGetName")),
        "NWFilter": (FilterRef, _named(FilterRef, "virNWFilter")),
        "NWFilterBinding": (
            BindingRef,
            _texts(BindingRef, "virNWFilterBindingGetPortDev", "virNWFilterBindingGetFilterName"),
        ),
        "Secret": (SecretRef, _secret()),
        "Interface": (InterfaceRef, _texts(InterfaceRef, "virInterfaceGetName", "virInterfaceGetMACString")),
    }
    out: dict[str, Family] = {}
    for noun, (cls, ref) in makers.items():
        family = Family(noun, f"vir{noun}Ptr".encode(), readers().getter(f"vir{noun}Free", ctypes.c_int), ref)
        out[noun] = out[cls.__name__] = family
    return out
