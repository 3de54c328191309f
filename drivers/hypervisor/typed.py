# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls that give or take typed parameters, done in C so that each keeps its type and its order."""

from __future__ import annotations

import ctypes
from typing import Any

from virtbus.bus.api.domain.lifecycle import CPUStats, JobStats
from virtbus.bus.catalogue import Call
from virtbus.bus.errors import InternalError
from virtbus.bus.types import ParamDict, Parameters
from virtbus.drivers.hypervisor import params
from virtbus.drivers.hypervisor.ctypes_calls import native
from virtbus.drivers.hypervisor.delegate import Context, Plan, public_name
from virtbus.drivers.hypervisor.handles import Handle

FILLED = (
    "DomainGetMemoryParameters", "DomainGetBlkioParameters", "DomainGetNumaParameters",
    "DomainGetInterfaceParameters", "DomainBlockStatsFlags", "NodeGetMemoryParameters",
)  # fmt: skip
"""The caller provides memory, after asking how much."""

SCHEDULED = ("DomainGetSchedulerParameters", "DomainGetSchedulerParametersFlags")
"""As FILLED, but the function refuses to tell how much."""

ALLOCATED = (
    "DomainGetPerfEvents", "DomainGetGuestVcpus", "DomainGetLaunchSecurityInfo", "DomainGetGuestInfo",
    "NodeGetSevInfo", "NetworkPortGetParameters",
)  # fmt: skip
"""libvirt provides memory."""

SCHEDULER_MAX = 16


def address_of(context: Context, handle: Handle | None) -> int:
    """Give the C pointer that a call acts on: the object's, or a manager's connection."""
    return context.connection_address if handle is None else handle.address


def plan_for(entry: Call) -> Plan | None:
    """Give the plan of a call with typed parameters; None for any other."""
    if entry.name in FILLED:
        return filled(entry, 0)
    if entry.name in SCHEDULED:
        return filled(entry, SCHEDULER_MAX)
    if entry.name in ALLOCATED:
        return allocated(entry)
    positions = [i for i, p in enumerate(entry.params) if isinstance(p.kind, Parameters)]
    return given(entry, positions[0]) if positions else None


def filled(entry: Call, size: int) -> Plan:
    """Give the plan of a getter that fills memory of ours; `size` is how much to offer, 0 to ask first."""
    name, before = public_name(entry), _before_flags(entry)

    def plan(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> ParamDict:
        head, flags = (address_of(context, handle), *_texts(args[:before])), args[before:]
        count = ctypes.c_int(size)
        if not size:
            native()(name, *head, None, ctypes.byref(count), *flags)
        if not count.value:
            return {}
        room, offered = params.empty(count.value), count.value
        native()(name, *head, room, ctypes.byref(count), *flags)
        try:
            return params.read_dict(ctypes.addressof(room), min(count.value, offered))
        finally:
            native().release("virTypedParamsClear", room, min(count.value, offered))

    return plan


def allocated(entry: Call) -> Plan:
    """Give the plan of a getter that allocates."""
    name, before = public_name(entry), _before_flags(entry)

    def plan(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> ParamDict:
        head, flags = (address_of(context, handle), *args[:before]), args[before:]
        return taken(name, head, flags)

    return plan


def taken(name: str, head: tuple[Any, ...], flags: tuple[Any, ...]) -> ParamDict:
    """Call a getter that allocates, give what it found and free it."""
    found, count = ctypes.c_void_p(), ctypes.c_int()
    native()(name, *head, ctypes.byref(found), ctypes.byref(count), *flags)
    try:
        return params.read_dict(found.value, count.value)
    finally:
        native().release("virTypedParamsFree", found, count)


def given(entry: Call, position: int) -> Plan:
    """Give the plan of a setter: the parameters at one position, as they came."""
    name = public_name(entry)

    def plan(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> None:
        memory = params.Memory(args[position])
        around = args[:position], args[position + 1 :]
        native()(name, address_of(context, handle), *around[0], memory.buffer, memory.count, *around[1])

    return plan


def get_job_stats(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> JobStats:
    """Give the kind of job on a guest and its figures."""
    kind = ctypes.c_int()
    head = (address_of(context, handle), ctypes.byref(kind))
    return JobStats(params=taken("virDomainGetJobStats", head, args), type=kind.value)


def get_cpu_stats(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> list[CPUStats]:
    """Give the CPU times of a guest, a record for each host CPU asked for; empty ones where only the number was."""
    start, ncpus, flags = args
    name, at = "virDomainGetCPUStats", address_of(context, handle)
    if not ncpus:
        return [CPUStats({}) for _ in range(native()(name, at, None, 0, 0, 0, flags))]
    width = native()(name, at, None, 0, start, 1, flags)
    room = params.empty(max(width, 1) * ncpus)
    used = native()(name, at, room, width, start, ncpus, flags)
    if used > width:
        raise InternalError("more CPU statistics than libvirt promised")
    base = ctypes.addressof(room)
    step = width * params.SIZE
    # A host CPU that is offline leaves its record empty.
    return [CPUStats(_present(base + i * step, used)) for i in range(ncpus)]


def _present(address: int, count: int) -> ParamDict:
    return {name: value for name, value in params.read(address, count) if name}


def _before_flags(entry: Call) -> int:
    index = entry.flags_index
    return len(entry.params) if index is None else index


def _texts(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(a.encode() if isinstance(a, str) else a for a in args)
