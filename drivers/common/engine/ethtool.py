# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a network device can do by itself, as the kernel's ethtool interface tells (linux/ethtool.h)."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import socket
import struct

SIOCETHTOOL = 0x8946
_VALUES = {"rx": 0x14, "tx": 0x16, "sg": 0x18, "tso": 0x1E, "gso": 0x23, "gro": 0x2B}
_GET_FLAGS = 0x25
_FLAGS = {"lro": 1 << 15, "rxvlan": 1 << 8, "txvlan": 1 << 7, "ntuple": 1 << 27, "rxhash": 1 << 28}


def features(name: str) -> list[str]:
    """Give the names of what a device can do, in libvirt's order; none for a device that is gone."""
    found = [feature for feature, command in _VALUES.items() if _ask(name, command)]
    flags = _ask(name, _GET_FLAGS)
    return found + [feature for feature, bit in _FLAGS.items() if flags & bit]


def _ask(name: str, command: int) -> int:
    value = ctypes.create_string_buffer(struct.pack("=II", command, 0))
    request = struct.pack("@16sP16x", name.encode()[:15], ctypes.addressof(value))
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCETHTOOL, request)
        return int(struct.unpack("=II", value.raw[:8])[1])
    return 0
