# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls on a guest's devices that are not done by the rule."""

from __future__ import annotations

import ctypes
from typing import Any

import libvirtmod

from virtbus.bus.api.domain.devices import BlockInfo, BlockJobInfo, DiskError
from virtbus.bus.types import ParamDict, ULLong
from virtbus.drivers.hypervisor import errors, layouts, params
from virtbus.drivers.hypervisor.ctypes_calls import native
from virtbus.drivers.hypervisor.delegate import Context
from virtbus.drivers.hypervisor.handles import Handle

IO_GROUP = "group_name"
_KINDS = ("bytes_sec", "iops_sec")
_WAYS = ("total", "read", "write")
IO_TUNE = (
    *(f"{way}_{kind}" for kind in _KINDS for way in _WAYS),
    *(f"{way}_{kind}_max" for kind in _KINDS for way in _WAYS),
    "size_iops_sec",
    IO_GROUP,
    *(f"{way}_{kind}_max_length" for kind in _KINDS for way in _WAYS),
)
"""The settings of throttling, in libvirt's order."""


def get_block_info(context: Context, handle: Handle, args: tuple[Any, ...]) -> BlockInfo:
    """Give the sizes of a disk; the C structure has them in another order."""
    raw = libvirtmod.virDomainGetBlockInfo(handle.raw, *args)
    if raw is None:
        raise errors.failed("virDomainGetBlockInfo")
    capacity, allocation, physical = raw
    return BlockInfo(allocation, capacity, physical)


def get_block_io_tune(context: Context, handle: Handle, args: tuple[Any, ...]) -> ParamDict:
    """Give the throttling of a disk; of none, what every disk has: the fields, none of them limiting."""
    disk, flags = args
    count = ctypes.c_int()
    name = "virDomainGetBlockIoTune"
    native()(name, handle.address, disk, None, ctypes.byref(count), flags)
    if disk is None:
        return {field: "" if field == IO_GROUP else ULLong(0) for field in IO_TUNE[: count.value]}
    room = params.empty(count.value)
    native()(name, handle.address, disk, room, ctypes.byref(count), flags)
    try:
        return params.read_dict(ctypes.addressof(room), count.value)
    finally:
        native().release("virTypedParamsClear", room, count)


def get_block_job_info(context: Context, handle: Handle, args: tuple[Any, ...]) -> list[BlockJobInfo]:
    """Give the block job of a disk, if it has one."""
    path, flags = args
    room = layouts.room(layouts.BLOCK_JOB_INFO)
    if not native()("virDomainGetBlockJobInfo", handle.address, path, room, flags):
        return []
    return [BlockJobInfo(*layouts.BLOCK_JOB_INFO.unpack(room))]


def get_disk_errors(context: Context, handle: Handle, args: tuple[Any, ...]) -> list[DiskError]:
    """Give the disks that have failed."""
    raw = libvirtmod.virDomainGetDiskErrors(handle.raw, *args)
    if raw is None:
        raise errors.failed("virDomainGetDiskErrors")
    return [DiskError(disk, error) for disk, error in raw.items()]


def fd_associate(context: Context, handle: Handle, args: tuple[Any, ...]) -> None:
    """Keep open files under a name; libvirt duplicates them."""
    name, files, flags = args
    native()("virDomainFDAssociate", handle.address, name, len(files), int_array(files), flags)


def int_array(values: list[int]) -> ctypes.Array[ctypes.c_int]:
    """Give ints in C memory."""
    return (ctypes.c_int * max(len(values), 1))(*values)
