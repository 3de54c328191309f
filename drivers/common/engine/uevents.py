# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the kernel, or udev once it is done with a device, tells of devices that come, change and go."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Callable
from typing import NamedTuple

NETLINK_KOBJECT_UEVENT = 15
KERNEL, UDEV = 1, 2
MESSAGE_MAX = 65536
BUFFER = 8 * 1024 * 1024
UDEV_RUNS = "/run/udev/control"
_UDEV_HEAD = struct.Struct(">8sI")
_UDEV_PLACE = struct.Struct("=III")
_UDEV_MAGIC = 0xFEEDCAFE
SO_RCVBUFFORCE = 33


class Uevent(NamedTuple):
    """A change: add, remove, change, move, bind, unbind; the device's path begins with /sys/."""

    action: str
    path: str
    properties: dict[str, str]


class Uevents:
    """Listen; `told` is called for each change, `lost` when some may have been missed."""

    def __init__(self, told: Callable[[Uevent], None], lost: Callable[[], None]) -> None:
        self._told, self._lost = told, lost
        self._sock: socket.socket | None = None

    def start(self) -> None:
        """Listen from now on: to udev where it runs, else to the kernel."""
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        sock.bind((0, UDEV if os.path.exists(UDEV_RUNS) else KERNEL))
        self._sock = sock
        asyncio.get_running_loop().add_reader(sock, self._readable)

    def stop(self) -> None:
        """Listen no more."""
        if self._sock is not None:
            asyncio.get_running_loop().remove_reader(self._sock)
            self._sock.close()
            self._sock = None

    def _readable(self) -> None:
        while self._sock is not None:
            try:
                data, ancillary, _flags, _sender = self._sock.recvmsg(MESSAGE_MAX, socket.CMSG_SPACE(12))
            except BlockingIOError:
                return
            except OSError:
                # The kernel had more to tell than the buffer holds.
                self._lost()
                return
            event = decode(data) if _from_root(ancillary) else None
            if event is not None:
                self._told(event)


def _from_root(ancillary: list[tuple[int, int, bytes]]) -> bool:
    """Say whether root or the kernel sent a message: anybody may send to a netlink socket."""
    return any(kind == socket.SCM_CREDENTIALS and struct.unpack("=iII", raw[:12])[1] == 0 for _, kind, raw in ancillary)


def decode(data: bytes) -> Uevent | None:
    """Give the change that a message tells of; None for what is none."""
    if data.startswith(b"libudev\0"):
        if len(data) < 24 or _UDEV_HEAD.unpack_from(data)[1] != _UDEV_MAGIC:
            return None
        _size, start, length = _UDEV_PLACE.unpack_from(data, 12)
        body = data[start : start + length]
    else:
        body = data.partition(b"\0")[2]
    texts = [text.decode("utf-8", "replace").partition("=") for text in body.split(b"\0") if text]
    properties = {key: value for key, _, value in texts}
    action, path = properties.get("ACTION"), properties.get("DEVPATH")
    return Uevent(action, f"/sys{path}", properties) if action and path else None
