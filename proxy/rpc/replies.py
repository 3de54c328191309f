# SPDX-License-Identifier: LGPL-2.1-or-later
"""Packets that the server sends: replies, errors, events, stream packets."""

from __future__ import annotations

import functools
import struct

from virtbus.bus.catalogue import PROGRAMS
from virtbus.bus.errors import ErrorDomain, LibvirtError, Rpc
from virtbus.bus.types import Nullable, Text
from virtbus.proxy.rpc import xdr
from virtbus.proxy.rpc.limits import HEADER_SIZE
from virtbus.proxy.rpc.packet import HEADER, Packet, Status, Type, pack

TEXT_MAX = 4096
"""Bytes of the longest text in an error; what is longer is cut."""

_TEXT = xdr.of_kind(Nullable(Text()))
_HEAD = struct.Struct(">ii")
_LEVEL = struct.Struct(">iI")
_TAIL = struct.Struct(">iiI")
PONG = pack(PROGRAMS["keepalive"], 1, 2, Type.MESSAGE, 0, Status.OK)
PING = pack(PROGRAMS["keepalive"], 1, 1, Type.MESSAGE, 0, Status.OK)


def error_payload(error: LibvirtError, origin: ErrorDomain = ErrorDomain.RPC) -> bytes:
    """Give an error as the wire has it (virNetMessageError); `origin` stands where it names none."""
    out = bytearray()
    domain = origin if error.origin is None else error.origin
    out += _HEAD.pack(type(error).code, domain)
    _TEXT.encode(out, cut(error.message))
    out += _LEVEL.pack(error.level, 0)
    for text in (error.str1, error.str2, error.str3):
        _TEXT.encode(out, None if text is None else cut(text))
    out += _TAIL.pack(error.int1, error.int2, 0)
    return bytes(out)


def cut(text: str) -> str:
    """Give a text that is sent as part of an error: valid, without NUL, not longer than TEXT_MAX."""
    raw = text.replace("\0", "").encode(errors="replace")
    return raw.decode() if len(raw) <= TEXT_MAX else raw[:TEXT_MAX].decode(errors="ignore")


def reply(call: Packet, payload: bytes = b"") -> bytes:
    """Give the good reply to a call."""
    return pack(call.program, call.version, call.procedure, Type.REPLY, call.serial, Status.OK, payload)


def reply_with_fds(call: Packet, payload: bytes, fds: int) -> bytes:
    """Give the good reply to a call with `fds` descriptors to follow."""
    kind = Type.REPLY_WITH_FDS if fds else Type.REPLY
    return pack(call.program, call.version, call.procedure, kind, call.serial, Status.OK, payload, fds)


def refusal(call: Packet, error: LibvirtError) -> bytes:
    """Give the reply to a call that failed."""
    payload = error_payload(error)
    return pack(call.program, call.version, call.procedure, Type.REPLY, call.serial, Status.ERROR, payload)


def rpc_refusal(call: Packet, text: str) -> bytes:
    """Give the reply to a call that is none: code 39 with this text."""
    return refusal(call, Rpc(text, origin=ErrorDomain.RPC))


def stream(call: Packet, status: int, payload: bytes = b"", type: int = Type.STREAM) -> bytes:
    """Give a packet of the stream that a call opened."""
    return pack(call.program, call.version, call.procedure, type, call.serial, status, payload)


@functools.lru_cache(maxsize=256)
def _message_header(program: int, procedure: int, size: int) -> bytes:
    return HEADER.pack(HEADER_SIZE + size, program, 1, procedure, Type.MESSAGE, 0, Status.OK)


def message(program: int, procedure: int, payload: bytes) -> bytes:
    """Give an event's packet."""
    return _message_header(program, procedure, len(payload)) + payload
