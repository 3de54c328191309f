# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls on a guest's processors that are not done by the rule: maps of CPUs stay maps."""

from __future__ import annotations

import ctypes
from typing import Any

from virtbus.bus.api.domain.tuning import IOThreadInfo, SchedulerType, VcpuPlace
from virtbus.drivers.hypervisor import layouts
from virtbus.drivers.hypervisor.ctypes_calls import native
from virtbus.drivers.hypervisor.delegate import Context
from virtbus.drivers.hypervisor.handles import Handle
from virtbus.drivers.hypervisor.special_host import host_cpus

VCPU_MAXIMUM = 4
AFFECT_MASK = 3


def _map_size(context: Context) -> int:
    return (host_cpus(context) + 7) // 8


def get_vcpus(context: Context, handle: Handle, args: tuple[Any, ...]) -> list[VcpuPlace]:
    """Give where each virtual processor runs, and where it may."""
    most = max(native().quietly("virDomainGetVcpusFlags", handle.address, VCPU_MAXIMUM), 1)
    size = _map_size(context)
    info, maps = layouts.room(layouts.VCPU_INFO, most), ctypes.create_string_buffer(most * size)
    count = native()("virDomainGetVcpus", handle.address, info, most, maps, size)
    base = ctypes.addressof(info)
    infos = [layouts.at(layouts.VCPU_INFO, base, i) for i in range(count)]
    return [VcpuPlace(*(*info, maps.raw[i * size : (i + 1) * size])) for i, info in enumerate(infos)]


def get_vcpu_pin_info(context: Context, handle: Handle, args: tuple[Any, ...]) -> list[bytes]:
    """Give the map of host CPUs of each virtual processor."""
    (flags,) = args
    wanted = VCPU_MAXIMUM | flags & AFFECT_MASK
    most = max(native().quietly("virDomainGetVcpusFlags", handle.address, wanted), 1)
    size = _map_size(context)
    maps = ctypes.create_string_buffer(most * size)
    count = native()("virDomainGetVcpuPinInfo", handle.address, most, maps, size, flags)
    return [maps.raw[i * size : (i + 1) * size] for i in range(count)]


def get_emulator_pin_info(context: Context, handle: Handle, args: tuple[Any, ...]) -> bytes:
    """Give the map of host CPUs of the emulator's threads."""
    (flags,) = args
    size = _map_size(context)
    room = ctypes.create_string_buffer(size)
    native()("virDomainGetEmulatorPinInfo", handle.address, room, size, flags)
    return room.raw


def get_iothread_info(context: Context, handle: Handle, args: tuple[Any, ...]) -> list[IOThreadInfo]:
    """Give the IOThreads and their maps of host CPUs."""
    (flags,) = args
    found = ctypes.c_void_p()
    count = native()("virDomainGetIOThreadInfo", handle.address, ctypes.byref(found), flags)
    each = layouts.pointers(found.value, count)
    try:
        raws = [layouts.at(layouts.IOTHREAD_INFO, one) for one in each]
        return [IOThreadInfo(number, ctypes.string_at(cpus, size)) for number, cpus, size in raws]
    finally:
        for one in each:
            native().release("virDomainIOThreadInfoFree", one)
        native().free(found.value)


def pin_vcpu(context: Context, handle: Handle, args: tuple[Any, ...]) -> None:
    """Bind a virtual processor to host CPUs."""
    vcpu, cpus = args
    native()("virDomainPinVcpu", handle.address, vcpu, _map(cpus), len(cpus))


def pin_vcpu_flags(context: Context, handle: Handle, args: tuple[Any, ...]) -> None:
    """Bind a virtual processor to host CPUs, live or stored."""
    vcpu, cpus, flags = args
    native()("virDomainPinVcpuFlags", handle.address, vcpu, _map(cpus), len(cpus), flags)


def pin_emulator(context: Context, handle: Handle, args: tuple[Any, ...]) -> None:
    """Bind the emulator's threads to host CPUs."""
    cpus, flags = args
    native()("virDomainPinEmulator", handle.address, _map(cpus), len(cpus), flags)


def pin_iothread(context: Context, handle: Handle, args: tuple[Any, ...]) -> None:
    """Bind an IOThread to host CPUs."""
    number, cpus, flags = args
    native()("virDomainPinIOThread", handle.address, number, _map(cpus), len(cpus), flags)


def get_scheduler_type(context: Context, handle: Handle, args: tuple[Any, ...]) -> SchedulerType:
    """Give the scheduler's name and how many parameters it has."""
    count = ctypes.c_int()
    name = native()("virDomainGetSchedulerType", handle.address, ctypes.byref(count))
    return SchedulerType(native().text(name), count.value)


def _map(cpus: bytes) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(cpus, max(len(cpus), 1))
