# SPDX-License-Identifier: LGPL-2.1-or-later
"""From an entry of the catalogue to the function of libvirt-python that does it.

The rule: `DomainGetXMLDesc` is `libvirtmod.virDomainGetXMLDesc`, with the object's handle in front of the entry's
arguments, and its result has the shape that the entry says. `RENAMED` holds the functions that are spelled
differently there; what does not fit stands by name in `special.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import libvirtmod

from virtbus.bus.catalogue import Call
from virtbus.bus.errors import LibvirtError
from virtbus.bus.refs import DomainRef
from virtbus.bus.types import Kind, Listing, Record, Scalar, UuidText
from virtbus.drivers.hypervisor import errors
from virtbus.drivers.hypervisor.handles import Handle, families

RENAMED = {
    "virConnectListDomains": "virConnectListDomainsID",
    "virDomainOpenGraphicsFd": "virDomainOpenGraphicsFD",
    "virDomainAuthorizedSshKeysGet": "virDomainAuthorizedSSHKeysGet",
    "virDomainAuthorizedSshKeysSet": "virDomainAuthorizedSSHKeysSet",
}
"""The protocol's spelling, and libvirt-python's."""

PUBLIC = {
    "virNodeGetSevInfo": "virNodeGetSEVInfo",
    "virDomainFdAssociate": "virDomainFDAssociate",
}
"""The protocol's spelling, and the C API's."""


class Counted(Protocol):
    """Something done while somebody wants it."""

    def add(self) -> int:
        """Begin or go on; give a number to stop by."""

    def remove(self, number: int) -> bool:
        """Stop when all have; say whether this number was there."""


class Context(Protocol):
    """What a call needs besides its object: the connection, and other objects' handles."""

    uri: str
    """The connection's URI as clients know it."""
    connection: Any
    """The connection as `libvirtmod` has it."""
    library_connection: Any
    """The same as `libvirt` has it."""
    connection_address: int
    """Its C pointer."""

    @property
    def monitor_events(self) -> Counted:
        """Give QEMU's own events."""

    def handle(self, ref: Any) -> Handle:
        """Give the handle of an object that a reference names; raises libvirt's error where there is none."""

    def met(self, handle: Handle, ref: Any) -> None:
        """Remember an object that a call gave."""

    def knows(self, ref: DomainRef) -> bool:
        """Say whether a guest is remembered just so."""


Plan = Callable[[Context, Any, tuple[Any, ...]], Any]
"""What does a call: the context, the object's handle (None for a manager), the arguments."""


def function_name(entry: Call) -> str:
    """Give the name of the C function that an entry stands for."""
    name = f"vir{entry.name}"
    return name + "String" if any(isinstance(p.kind, UuidText) for p in entry.params) else name


def public_name(entry: Call) -> str:
    """Give the function's name as libvirt's documentation and errors have it."""
    name = f"vir{entry.name}"
    return PUBLIC.get(name, name)


def generic(entry: Call) -> Plan:
    """Give the plan that follows from an entry alone; one that refuses where libvirt-python has no such function."""
    name = function_name(entry)
    function = getattr(libvirtmod, RENAMED.get(name, name), None)
    if function is None:
        return absent(entry)
    shape = _shape(entry.result)
    referring = [i for i, p in enumerate(entry.params) if isinstance(p.kind, Record)]

    def plan(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> Any:
        if referring:
            args = _with_handles(context, args, referring)
        result = function(context.connection if handle is None else handle.raw, *args)
        if result is None or result == -1:
            raise_if_failed()
        return shape(context, result)

    return plan


def absent(entry: Call) -> Plan:
    """Give the plan of a function that this libvirt does not have."""
    name = public_name(entry)

    def plan(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> Any:
        raise errors.unsupported(name)

    return plan


def raise_if_failed() -> None:
    """Raise the error of this thread's last libvirt call if it had one: None and -1 can be results too."""
    error: LibvirtError | None = errors.last()
    if error is not None:
        raise error


def _with_handles(context: Context, args: tuple[Any, ...], positions: list[int]) -> tuple[Any, ...]:
    out = list(args)
    for position in positions:
        out[position] = context.handle(args[position]).raw
    return tuple(out)


Shape = Callable[[Context, Any], Any]


def _shape(kind: Kind | None) -> Shape:
    if kind is None:
        return lambda context, raw: None
    if isinstance(kind, Record):
        return _referred(kind) if kind.is_reference else _recorded(kind.cls)
    if isinstance(kind, Listing):
        item = _shape(kind.item)
        return lambda context, raw: [item(context, one) for one in raw]
    if kind == Scalar("flag"):
        return lambda context, raw: bool(raw)
    return lambda context, raw: raw


def _recorded(cls: Callable[..., Any]) -> Shape:
    return lambda context, raw: cls(*raw)


def _referred(kind: Record) -> Shape:
    family = families()[kind.cls.__name__]

    def shape(context: Context, raw: Any) -> Any:
        handle = Handle(family, raw)
        ref = handle.ref()
        context.met(handle, ref)
        return ref

    return shape
