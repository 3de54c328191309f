# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls on guests, their statistics and their inside that are not done by the rule."""

from __future__ import annotations

import ctypes
from typing import Any

import libvirtmod

from virtbus.bus.api.domain.agent import FSInfo, GuestInterface, GuestTime, IPAddress
from virtbus.bus.api.domain.tuning import MemoryStat
from virtbus.bus.api.hypervisor import StatsRecord
from virtbus.bus.refs import DomainRef
from virtbus.drivers.hypervisor import errors, layouts, params
from virtbus.drivers.hypervisor.ctypes_calls import native
from virtbus.drivers.hypervisor.delegate import Context
from virtbus.drivers.hypervisor.handles import Handle, families, guest_refs, readers

MEMORY_STATS_MAX = 64


def list_all_domains(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> list[DomainRef]:
    """Give all guests: as the generic plan does, at a third of its cost, because the lists are long."""
    found = ctypes.c_void_p()
    count = native()("virConnectListAllDomains", context.connection_address, ctypes.byref(found), *args)
    try:
        each = layouts.pointers(found.value, count)
    finally:
        native().free(found.value)
    refs = list(guest_refs(each))
    free = families()["Domain"].free
    for address, ref in zip(each, refs, strict=True):
        if context.knows(ref):
            free(address)
        else:
            context.met(Handle(families()["Domain"], _wrapped(address)), ref)
    return refs


def _wrapped(address: int) -> Any:
    return readers().wrap(address, families()["Domain"].type_name, None)


def get_all_domain_stats(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> list[StatsRecord]:
    """Give the statistics of all guests, or of those named."""
    doms, stats, flags = args
    found = ctypes.c_void_p()
    if doms:
        named = [context.handle(ref) for ref in doms]
        array = (ctypes.c_void_p * (len(named) + 1))(*[one.address for one in named], None)
        count = native()("virDomainListGetStats", array, stats, ctypes.byref(found), flags)
    else:
        at = context.connection_address
        count = native()("virConnectGetAllDomainStats", at, stats, ctypes.byref(found), flags)
    try:
        return [_stats(one) for one in layouts.pointers(found.value, count)]
    finally:
        native().release("virDomainStatsRecordListFree", found)


def _stats(address: int) -> StatsRecord:
    dom, values, count = layouts.at(layouts.STATS_RECORD, address)
    return StatsRecord(families()["Domain"].ref(dom), params.read_dict(values, count))


def memory_stats(context: Context, handle: Handle, args: tuple[Any, ...]) -> list[MemoryStat]:
    """Give the memory figures of a guest by number, which libvirt-python turns into names."""
    (flags,) = args
    room = layouts.room(layouts.MEMORY_STAT, MEMORY_STATS_MAX)
    count = native()("virDomainMemoryStats", handle.address, room, MEMORY_STATS_MAX, flags)
    base = ctypes.addressof(room)
    return [MemoryStat(*layouts.at(layouts.MEMORY_STAT, base, i)) for i in range(count)]


def get_time(context: Context, handle: Handle, args: tuple[Any, ...]) -> GuestTime:
    """Give the guest's clock."""
    raw = libvirtmod.virDomainGetTime(handle.raw, *args)
    if raw is None:
        raise errors.failed("virDomainGetTime")
    return GuestTime(raw["seconds"], raw["nseconds"])


def set_time(context: Context, handle: Handle, args: tuple[Any, ...]) -> None:
    """Set the guest's clock."""
    native()("virDomainSetTime", handle.address, *args)


def send_key(context: Context, handle: Handle, args: tuple[Any, ...]) -> None:
    """Press keys in the guest."""
    codeset, holdtime, codes, flags = args
    keys = (ctypes.c_uint * max(len(codes), 1))(*codes)
    native()("virDomainSendKey", handle.address, codeset, holdtime, keys, len(codes), flags)


def fsfreeze(context: Context, handle: Handle, args: tuple[Any, ...]) -> int:
    """Freeze file systems: no list is all of them, an empty one would be refused."""
    return _frozen("virDomainFSFreeze", handle, args)


def fsthaw(context: Context, handle: Handle, args: tuple[Any, ...]) -> int:
    """Thaw file systems."""
    return _frozen("virDomainFSThaw", handle, args)


def _frozen(name: str, handle: Handle, args: tuple[Any, ...]) -> int:
    mountpoints, flags = args
    count: int = getattr(libvirtmod, name)(handle.raw, mountpoints or None, flags)
    if count < 0:
        raise errors.failed(name)
    return count


def get_fsinfo(context: Context, handle: Handle, args: tuple[Any, ...]) -> list[FSInfo]:
    """Give the mounted file systems of the guest."""
    found = ctypes.c_void_p()
    count = native()("virDomainGetFSInfo", handle.address, ctypes.byref(found), *args)
    each = layouts.pointers(found.value, count)
    try:
        return [_fsinfo(layouts.at(layouts.FS_INFO, one)) for one in each]
    finally:
        for one in each:
            native().release("virDomainFSInfoFree", one)
        native().free(found.value)


def _fsinfo(raw: tuple[Any, ...]) -> FSInfo:
    mountpoint, name, fstype, count, aliases = raw
    plain = layouts.plain_text
    return FSInfo(plain(mountpoint), plain(name), plain(fstype), [plain(a) for a in layouts.pointers(aliases, count)])


def interface_addresses(context: Context, handle: Handle, args: tuple[Any, ...]) -> list[GuestInterface]:
    """Give the guest's interfaces and their addresses."""
    found = ctypes.c_void_p()
    count = native()("virDomainInterfaceAddresses", handle.address, ctypes.byref(found), *args)
    each = layouts.pointers(found.value, count)
    try:
        return [_interface(layouts.at(layouts.INTERFACE, one)) for one in each]
    finally:
        for one in each:
            native().release("virDomainInterfaceFree", one)
        native().free(found.value)


def _interface(raw: tuple[Any, ...]) -> GuestInterface:
    name, hwaddr, count, addresses = raw
    found = [layouts.at(layouts.IP_ADDRESS, addresses, i) for i in range(count)]
    return GuestInterface(
        layouts.plain_text(name),
        layouts.text(hwaddr),
        [IPAddress(kind, layouts.plain_text(address), prefix) for kind, address, prefix in found],
    )


def revert_to_snapshot(context: Context, handle: Handle, args: tuple[Any, ...]) -> None:
    """Take a guest back to a snapshot; libvirt-python wants the guest besides."""
    native()("virDomainRevertToSnapshot", handle.address, *args)


def create_with_flags(context: Context, handle: Handle, args: tuple[Any, ...]) -> DomainRef:
    """Start a guest and give its reference with the new id."""
    if libvirtmod.virDomainCreateWithFlags(handle.raw, *args) < 0:
        raise errors.failed("virDomainCreateWithFlags")
    return _as_it_is(context, handle)


def create_with_files(context: Context, handle: Handle, args: tuple[Any, ...]) -> DomainRef:
    """Start a guest with the caller's files and give its reference with the new id."""
    flags, files = args
    if libvirtmod.virDomainCreateWithFiles(handle.raw, files, flags) < 0:
        raise errors.failed("virDomainCreateWithFiles")
    return _as_it_is(context, handle)


def create_xml_with_files(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> DomainRef:
    """Start a guest from XML with the caller's files."""
    xml, flags, files = args
    raw = libvirtmod.virDomainCreateXMLWithFiles(context.connection, xml, files, flags)
    if raw is None:
        raise errors.failed("virDomainCreateXMLWithFiles")
    return given(context, raw)


def given(context: Context, raw: Any) -> DomainRef:
    """Take a guest that libvirt gave and give its reference."""
    handle = Handle(families()["Domain"], raw)
    ref: DomainRef = handle.ref()
    context.met(handle, ref)
    return ref


def _as_it_is(context: Context, handle: Handle) -> DomainRef:
    ref: DomainRef = handle.ref()
    context.met(handle, ref)
    return ref
