# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames of the legacy RPC: the length word, the header, and the descriptors that follow a packet.

A descriptor comes after its packet with one data byte of its own, which no length word counts.
"""

from __future__ import annotations

import enum
import struct
from typing import NamedTuple

from virtbus.proxy.rpc.limits import FDS_MAX, HEADER_SIZE, PACKET_MAX

HEADER = struct.Struct(">IIIiiIi")
LENGTH = struct.Struct(">I")


class Type(enum.IntEnum):
    """What a packet is."""

    CALL = 0
    REPLY = 1
    MESSAGE = 2
    STREAM = 3
    CALL_WITH_FDS = 4
    REPLY_WITH_FDS = 5
    STREAM_HOLE = 6


class Status(enum.IntEnum):
    """How a call or a stream goes."""

    OK = 0
    ERROR = 1
    CONTINUE = 2


class BrokenFrame(ValueError):
    """Bytes after which the stream of packets has lost its meaning."""


class Packet(NamedTuple):
    """One packet: its header, all its bytes, where the payload begins, and the descriptors that came with it."""

    program: int
    version: int
    procedure: int
    type: int
    serial: int
    status: int
    raw: bytes
    start: int = HEADER_SIZE
    fds: tuple[int, ...] = ()

    @property
    def payload(self) -> bytes:
        """Give what follows the header and the count of descriptors."""
        return self.raw[self.start :]


def pack(
    program: int, version: int, procedure: int, type: int, serial: int, status: int, payload: bytes = b"", fds: int = 0
) -> bytes:
    """Give the bytes of a packet; `fds` is how many descriptors are to follow it."""
    if type in (Type.CALL_WITH_FDS, Type.REPLY_WITH_FDS):
        payload = LENGTH.pack(fds) + payload
    return HEADER.pack(HEADER_SIZE + len(payload), program, version, procedure, type, serial, status) + payload


class Framer:
    """Cut a stream of bytes into packets, and give each the descriptors that follow it.

    BrokenFrame ends the connection.
    """

    __slots__ = ("_buffer", "_fds", "_need", "_waiting", "_wanted")

    def __init__(self) -> None:
        """Start with nothing received."""
        self._buffer = bytearray()
        self._need = 0
        self._fds: list[int] = []
        self._waiting: Packet | None = None
        self._wanted = 0

    @property
    def partial(self) -> bool:
        """Whether a packet has begun that is not complete."""
        return bool(self._buffer) or self._waiting is not None

    def leftover(self) -> list[int]:
        """Give up the descriptors that no packet claimed."""
        left, self._fds = self._fds, []
        return left

    def feed(self, data: bytes, fds: list[int] | None = None) -> list[Packet]:
        """Give the packets that `data` completes."""
        if fds:
            self._fds += fds
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._need:
                return []
            data = bytes(self._buffer)
            self._buffer.clear()
        found: list[Packet] = []
        pos, size = 0, len(data)
        while pos < size:
            if self._waiting is not None:
                pos = self._take_fds(pos, size, found)
                continue
            length = self._length(data, pos, size)
            if not length or size - pos < length:
                self._buffer += data[pos:]
                self._need = length or 4
                break
            self._cut(data if length == size else data[pos : pos + length], found)
            pos += length
        return found

    def _length(self, data: bytes, pos: int, size: int) -> int:
        if size - pos < 4:
            return 0
        length: int = LENGTH.unpack_from(data, pos)[0]
        if not HEADER_SIZE <= length <= PACKET_MAX:
            raise BrokenFrame(f"a packet of {length} bytes")
        return length

    def _cut(self, raw: bytes, found: list[Packet]) -> None:
        _length, program, version, procedure, kind, serial, status = HEADER.unpack_from(raw)
        if kind not in (Type.CALL_WITH_FDS, Type.REPLY_WITH_FDS):
            found.append(Packet(program, version, procedure, kind, serial, status, raw))
            return
        if len(raw) < HEADER_SIZE + 4:
            raise BrokenFrame("a packet without its count of descriptors")
        count: int = LENGTH.unpack_from(raw, HEADER_SIZE)[0]
        if count > FDS_MAX:
            raise BrokenFrame(f"{count} descriptors announced")
        packet = Packet(program, version, procedure, kind, serial, status, raw, HEADER_SIZE + 4)
        if count:
            self._waiting, self._wanted = packet, count
        else:
            found.append(packet)

    def _take_fds(self, pos: int, size: int, found: list[Packet]) -> int:
        """Count the data bytes that carried descriptors, and end the packet with the last of them."""
        taken = min(self._wanted, size - pos)
        self._wanted -= taken
        if not self._wanted and self._waiting is not None:
            packet, self._waiting = self._waiting, None
            count: int = LENGTH.unpack_from(packet.raw, HEADER_SIZE)[0]
            if len(self._fds) < count:
                raise BrokenFrame("descriptors announced did not come")
            found.append(packet._replace(fds=tuple(self._fds[:count])))
            del self._fds[:count]
        return pos + taken
