# SPDX-License-Identifier: LGPL-2.1-or-later
"""The small RPC programs that some daemons serve on a socket of their own: packets and values, without I/O.

Framing and values are those of libvirt's RPC (https://libvirt.org/kbase/internals/rpc.html): a length word that
counts itself, a header of six words, XDR (RFC 4506).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from virtbus.bus.errors import ErrorDomain, LibvirtError, Rpc

LENGTH = struct.Struct(">I")
HEADER = struct.Struct(">IIiiIi")
HEAD = LENGTH.size + HEADER.size
PACKET_MAX = 33_554_436
"""Bytes of the longest packet, with its length word."""

CALL, REPLY, REPLY_WITH_FDS = 0, 1, 5
OK, ERROR = 0, 1
_U32, _U64, _I32 = struct.Struct(">I"), struct.Struct(">Q"), struct.Struct(">i")


class Malformed(Exception):
    """Bytes that are not what the layout says."""


class Header(NamedTuple):
    """The six words at the start of a packet."""

    program: int
    version: int
    procedure: int
    type: int
    serial: int
    status: int


class Reader:
    """Take values from the bytes of a payload, one after another; Malformed where they end too early."""

    def __init__(self, data: bytes, string_max: int) -> None:
        self._data, self._place, self._string_max = data, 0, string_max

    def u32(self) -> int:
        """Take a 32-bit number."""
        return int(_U32.unpack(self.opaque(4))[0])

    def u64(self) -> int:
        """Take a 64-bit number."""
        return int(_U64.unpack(self.opaque(8))[0])

    def string(self) -> str:
        """Take a string of the program's greatest length or less; bytes that are no UTF-8 come as surrogates."""
        length = self.u32()
        if length > self._string_max:
            raise Malformed(f"a string of {length} bytes")
        value = self.opaque(length)
        self.opaque(-length % 4)
        return value.decode("utf-8", "surrogateescape")

    def uuid(self) -> bytes:
        """Take the 16 bytes of a UUID."""
        return self.opaque(16)

    def opaque(self, length: int) -> bytes:
        """Take so many bytes."""
        end = self._place + length
        if end > len(self._data):
            raise Malformed("the payload ends too early")
        value, self._place = self._data[self._place : end], end
        return value


def pack_string(value: str | bytes) -> bytes:
    """Give the XDR form of a string."""
    data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    return _U32.pack(len(data)) + data + bytes(-len(data) % 4)


_READ: Mapping[str, Callable[[Reader], Any]] = {
    "u32": Reader.u32, "u64": Reader.u64, "string": Reader.string, "uuid": Reader.uuid,
}  # fmt: skip
_PACK: Mapping[str, Callable[[Any], bytes]] = {
    "u32": _U32.pack, "u64": _U64.pack, "i32": _I32.pack, "string": pack_string,
}  # fmt: skip


class Procedure(NamedTuple):
    """One procedure: the session's method that does it, and the kinds of its arguments and results.

    The method is a coroutine; it gives the results as a tuple, or an `Answer` where descriptors go along.
    """

    method: str
    args: Sequence[str] = ()
    results: Sequence[str] = ()


class Answer(NamedTuple):
    """Results together with descriptors, which are closed here once they are sent."""

    values: tuple[Any, ...]
    fds: tuple[int, ...] = ()


@dataclass(frozen=True)
class Program:
    """An RPC program: its number, the longest string it takes, and its procedures. `origin`: of its errors."""

    number: int
    version: int
    string_max: int
    origin: ErrorDomain
    procedures: Mapping[int, Procedure] = field(default_factory=dict)

    def find(self, header: Header) -> Procedure:
        """Give the procedure that a call asks for; Rpc errors for another program, version or procedure."""
        if (header.program, header.version) != (self.number, self.version):
            number = _I32.unpack(_U32.pack(header.program))[0]
            raise _plain(f"Cannot find program {number} version {header.version}")
        known = self.procedures.get(header.procedure)
        if known is None:
            raise _plain(f"unknown procedure: {header.procedure}")
        return known

    def arguments(self, procedure: Procedure, payload: bytes) -> list[Any]:
        """Give a call's arguments; an Rpc error where the payload holds something else."""
        reader = Reader(payload, self.string_max)
        try:
            return [_READ[kind](reader) for kind in procedure.args]
        except Malformed:
            raise _plain("Unable to decode message payload") from None


def _plain(text: str) -> LibvirtError:
    error = Rpc(origin=ErrorDomain.RPC)
    error.message, error.str1, error.str2 = text, "%s", text
    error.args = (text,)
    return error


def packet(header: Header, payload: bytes) -> bytes:
    """Give a whole packet."""
    return LENGTH.pack(HEAD + len(payload)) + HEADER.pack(*header) + payload


def reply(header: Header, procedure: Procedure, answer: Answer) -> bytes:
    """Give the packet that answers a call; with descriptors, their number comes before the results."""
    payload = b"".join(_PACK[kind](value) for kind, value in zip(procedure.results, answer.values, strict=True))
    kind = REPLY
    if answer.fds:
        kind, payload = REPLY_WITH_FDS, _U32.pack(len(answer.fds)) + payload
    return packet(header._replace(type=kind, status=OK), payload)


def failure(header: Header, error: LibvirtError, origin: ErrorDomain) -> bytes:
    """Give the packet that answers a call with an error (virNetMessageError); `origin` where the error has none."""
    where = origin if error.origin is None else error.origin
    payload = b"".join((
        _I32.pack(error.code), _I32.pack(where), _optional(error.message), _I32.pack(error.level), _U32.pack(0),
        _optional(error.str1), _optional(error.str2), _optional(error.str3), _I32.pack(error.int1),
        _I32.pack(error.int2), _U32.pack(0),
    ))  # fmt: skip
    return packet(header._replace(type=REPLY, status=ERROR), payload)


def _optional(text: str | None) -> bytes:
    return _U32.pack(0) if text is None else _U32.pack(1) + pack_string(text)
