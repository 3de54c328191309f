# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls on a guest's devices that are not done by the rule."""

from __future__ import annotations

import ctypes
from typing import Any

import libvirtmod
from virtbus.bus.api.domain.devices import BlockInfo, BlockJobInfo, DiskError
from virtbus.drivers.hypervisor import errors, layouts
from virtbus.drivers.hypervisor.ctypes_calls import native
from virtbus.drivers.hypervisor.delegate import Context
from virtbus.drivers.hypervisor.handles import Handle


def get_block_info(context: Context, handle: Handle, args: tuple[Any, ...]) -> BlockInfo:
    """Give the sizes of a disk; the C structure has them in another order."""
    raw = libvirtmod.virDomainGetBlockInfo(handle.raw, *args)
    if raw is None:
        raise errors.failed("virDomainGetBlockInfo")
    capacity, allocation, physical = raw
    return BlockInfo(allocation, capacity, physical)


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
