# SPDX-License-Identifier: LGPL-2.1-or-later
"""Notice when somebody else takes rules of one of our tables away (a flush, a reload of another firewall).

The kernel tells every change on a netlink group (linux/netfilter/nf_tables.h); what we change ourselves is read over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from collections.abc import Callable, Iterator

log = logging.getLogger(__name__)

NETLINK_NETFILTER, GROUP_NFTABLES, SUBSYSTEM = 12, 7, 10
DELETED = (2, 5, 8)
"""Message types: table, chain and rule deleted."""

NAME_ATTRIBUTE = 1
HEADER, GENERAL = 16, 4
PIECE = 1 << 18
PAUSE = 1.0
"""Seconds between two alarms at least: two who undo each other must not spin."""


class NftWatch:
    """Call `lost` when something of the table is deleted outside of `own()`."""

    def __init__(self, table: str, lost: Callable[[], None]) -> None:
        self._table = table.encode() + b"\0"
        self._lost = lost
        self._socket: socket.socket | None = None
        self._pending: asyncio.TimerHandle | None = None
        self._last = -PAUSE

    def start(self) -> None:
        """Begin to watch; where the kernel does not tell, nothing is noticed and the log says so."""
        listening = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, NETLINK_NETFILTER)
        try:
            listening.bind((0, 1 << (GROUP_NFTABLES - 1)))
        except OSError as error:
            log.warning("changes of firewall rules cannot be watched: %s", error.strerror)
            listening.close()
            return
        self._socket = listening
        asyncio.get_running_loop().add_reader(listening.fileno(), self._readable)

    def stop(self) -> None:
        """Stop watching."""
        if self._pending is not None:
            self._pending.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    @contextlib.contextmanager
    def own(self) -> Iterator[None]:
        """Make a change of our own: what the kernel tells of it is no alarm."""
        self._check()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
        try:
            yield
        finally:
            self._drain()
            if self._socket is not None:
                asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)

    def _readable(self) -> None:
        self._check()

    def _check(self) -> None:
        if self._drain() and self._pending is None:
            loop = asyncio.get_running_loop()
            wait = max(0.0, self._last + PAUSE - loop.time())
            self._pending = loop.call_later(wait, self._alarm)

    def _alarm(self) -> None:
        self._pending = None
        self._last = asyncio.get_running_loop().time()
        self._lost()

    def _drain(self) -> bool:
        """Read what there is; say whether any of it is a deletion in our table, or more came than was kept."""
        found = False
        while self._socket is not None:
            try:
                found |= deletes(self._socket.recv(PIECE), self._table)
            except BlockingIOError:
                break
            except OSError:  # the kernel's queue overflowed: anything may have been in it
                found = True
        return found


def deletes(data: bytes, table: bytes) -> bool:
    """Say whether netlink messages tell of a deletion in a table (its name with the ending zero)."""
    offset = 0
    while offset + HEADER <= len(data):
        length, kind = struct.unpack_from("=IH", data, offset)
        if length < HEADER:
            break
        if kind >> 8 == SUBSYSTEM and kind & 0xFF in DELETED:
            body = data[offset + HEADER + GENERAL : offset + length]
            if _name(body) == table:
                return True
        offset += (length + 3) & ~3
    return False


def _name(body: bytes) -> bytes:
    offset = 0
    while offset + 4 <= len(body):
        length, kind = struct.unpack_from("=HH", body, offset)
        if length < 4:
            break
        if kind & 0x3FFF == NAME_ATTRIBUTE:
            return body[offset + 4 : offset + length]
        offset += (length + 3) & ~3
    return b""
