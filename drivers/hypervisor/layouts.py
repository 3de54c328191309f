# SPDX-License-Identifier: LGPL-2.1-or-later
"""How libvirt's public structures lie in memory, for those that are read without libvirt-python."""

from __future__ import annotations

import ctypes
import struct
from typing import Any

NODE_INFO = struct.Struct("@32sL6I")
VCPU_INFO = struct.Struct("@IiQi4x")
BLOCK_JOB_INFO = struct.Struct("@i4xLQQ")
MEMORY_STAT = struct.Struct("@i4xQ")
IOTHREAD_INFO = struct.Struct("@I4xPi4x")
FS_INFO = struct.Struct("@PPPNP")
INTERFACE = struct.Struct("@PPI4xP")
IP_ADDRESS = struct.Struct("@i4xPI4x")
DHCP_LEASE = struct.Struct("@Pqi4xPPPI4xPP")
STATS_RECORD = struct.Struct("@PPi4x")
_POINTER = struct.Struct("@P")


def room(layout: struct.Struct, count: int = 1) -> ctypes.Array[ctypes.c_char]:
    """Give zeroed memory for structures."""
    return ctypes.create_string_buffer(layout.size * max(count, 1))


def at(layout: struct.Struct, address: int, index: int = 0) -> tuple[Any, ...]:
    """Give the members of the structure at an address, or of the one `index` places further."""
    return layout.unpack(ctypes.string_at(address + index * layout.size, layout.size))


def pointers(address: int | None, count: int) -> list[int]:
    """Give the pointers of an array in memory."""
    if not address:
        return []
    return list(struct.unpack(f"@{count}N", ctypes.string_at(address, count * _POINTER.size)))


def text(address: int | None) -> str | None:
    """Give the string at an address; None for a null pointer."""
    return ctypes.string_at(address).decode(errors="replace") if address else None


def plain_text(address: int | None) -> str:
    """Give the string at an address, empty for a null pointer."""
    return text(address) or ""
