# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lists of references, which are long and change little: each reference is encoded and decoded once, then remembered.

In an array of structures each begins at a multiple of eight bytes, so a reference's bytes are the same wherever it
stands.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from virtbus.bus.types import Kind, Record, Scalar, Text, UuidBytes, fields_of
from virtbus.bus.wire.codec import ARRAY_MAX, PADDING, Codec, Decode, Encode, Malformed

MEMORY_MAX = 1 << 16
"""References remembered by one codec; then it begins anew."""
_U32 = struct.Struct("<I")


def suits(kind: Kind, order: str) -> bool:
    """Say whether a list of this kind can be handled here: flat references in little-endian order."""
    if order != "<" or not isinstance(kind, Record) or not kind.is_reference:
        return False
    return all(_step(f.kind) for f in fields_of(kind.cls))


def listing(kind: Record, item: Codec, limit: int) -> Codec:
    """Give the codec of a list of references."""
    return Codec("a" + item.signature, 4, _encoder(item), _decoder(kind, item, limit))


def _encoder(item: Codec) -> Encode:
    memory: dict[Any, bytes] = {}

    def remembered(ref: Any) -> bytes:
        if len(memory) >= MEMORY_MAX:
            memory.clear()
        piece = bytearray()
        item.encode(piece, ref)
        piece += PADDING[-len(piece) & 7]
        memory[ref] = bytes(piece)
        return memory[ref]

    def encode(out: bytearray, refs: Any) -> None:
        out += PADDING[-len(out) & 3] + b"\0\0\0\0"
        place = len(out) - 4
        out += PADDING[-len(out) & 7]
        start = len(out)
        refs = list(refs)
        known = memory.get
        out += b"".join([known(ref) or remembered(ref) for ref in refs[:-1]])
        if refs:
            item.encode(out, refs[-1])  # nothing may follow the last one, not even padding
        _U32.pack_into(out, place, len(out) - start)

    return encode


def _decoder(kind: Record, item: Codec, limit: int) -> Decode:
    memory: dict[bytes, Any] = {}
    end_of = _ends([Text(), *(f.kind for f in fields_of(kind.cls))])

    def remembered(raw: bytes) -> Any:
        if len(memory) >= MEMORY_MAX:
            memory.clear()
        value, end = item.decode(raw, 0)
        if end != len(raw):
            raise Malformed("a reference is longer than its parts")
        memory[raw] = value
        return value

    def decode(data: bytes, pos: int) -> tuple[list[Any], int]:
        pos = (pos + 3) & ~3
        size = _U32.unpack_from(data, pos)[0]
        pos = (pos + 11) & ~7
        last = pos + size
        if last > len(data) or size > ARRAY_MAX:
            raise Malformed("an array reaches past the end of the message")
        found: list[Any] = []
        while pos < last:
            end = end_of(data, pos)
            raw = data[pos:end]
            found.append(memory.get(raw) or remembered(raw))
            pos = last if end >= last else (end + 7) & ~7
        if (found and end != last) or len(found) > limit:
            raise Malformed("an array is longer than it may be")
        return found, last

    return decode


def _step(kind: Kind) -> str:
    """Give how a member is stepped over: "s" string, "b" bytes, "i" four bytes; "" where it cannot be."""
    if isinstance(kind, Text):
        return "s"
    if isinstance(kind, UuidBytes):
        return "b"
    return "i" if isinstance(kind, Scalar) and kind.name in ("int32", "uint32") else ""


def _ends(members: list[Kind]) -> Callable[[bytes, int], int]:
    """Give the function that finds where a reference ends which begins at a position."""
    steps = [{"s": 5, "b": 4, "i": 0}[_step(kind)] for kind in members]
    unpack = _U32.unpack_from

    def end_of(data: bytes, pos: int) -> int:
        for more in steps:
            pos = (pos + 3) & ~3
            pos += unpack(data, pos)[0] + more if more else 4
        return pos

    return end_of
