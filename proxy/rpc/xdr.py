# SPDX-License-Identifier: LGPL-2.1-or-later
"""The catalogue's kinds in XDR, as the legacy protocol writes them (RFC 4506).

A codec is made once for a kind and then only runs closures over `struct` formats; numbers and UUIDs that stand side
by side are packed and unpacked in one go. chars take four bytes each, in arrays too.
"""

from __future__ import annotations

import functools
import struct
import uuid
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from virtbus.bus.errors import InvalidArg
from virtbus.bus.types import (
    Blob,
    CharArray,
    CharBlob,
    Field,
    Kind,
    Listing,
    LLong,
    Nullable,
    Parameters,
    Record,
    Scalar,
    Stats,
    Text,
    UInt,
    ULLong,
    UuidBytes,
    UuidText,
    fields_of,
)

Encode = Callable[[bytearray, Any], None]
Decode = Callable[[bytes, int], tuple[Any, int]]


class Malformed(ValueError):
    """Bytes that are not what the procedure takes, or values that it cannot carry."""


MEMORY_MAX = 1 << 16
"""References whose bytes a list's codec remembers; then it begins anew."""


class Codec(NamedTuple):
    """How values of one kind are written and read.

    `format` is set where the value is one item of a `struct` format, so that neighbours can share one.
    """

    encode: Encode
    decode: Decode
    format: str = ""


_LENGTH = struct.Struct(">I")
_PAD = (b"", b"\0\0\0", b"\0\0", b"\0")
_FORMATS = {
    "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q", "char": "i", "uchar": "I", "short": "i",
    "ushort": "I", "double": "d", "flag": "i",
}  # fmt: skip
SLACK = (ValueError, IndexError, struct.error, TypeError, OverflowError)
"""What decoding or encoding raises where bytes or values are not as they should be."""


@functools.cache
def of_kind(kind: Kind) -> Codec:
    """Give the codec of one kind; TypeError where it has no form in XDR."""
    make = _MAKERS.get(type(kind))
    if make is None:
        raise TypeError(f"{kind!r} has no form in XDR")
    return make(kind)


@functools.cache
def of_fields(fields: tuple[Field, ...]) -> Codec:
    """Give the codec of values one after the other; the value is a tuple."""
    return _sequence([of_kind(f.kind) for f in fields], tuple)


def _sequence(items: Sequence[Codec], make: Callable[[Any], Any]) -> Codec:
    """Give the codec of neighbours, those with a format in one go where they are next to each other."""
    if items and all(i.format for i in items):
        return _fixed("".join(i.format for i in items), make)
    if len(items) == 1:
        return _single(items[0], make)
    steps = _fuse(items)
    encoders = tuple((begin, end, encode) for begin, end, encode, _ in steps)
    decoders = tuple((end - begin > 1, decode) for begin, end, _, decode in steps)

    def encode(out: bytearray, value: Any) -> None:
        for begin, end, write in encoders:
            write(out, value[begin] if end - begin == 1 else value[begin:end])

    def decode(data: bytes, pos: int) -> tuple[Any, int]:
        found: list[Any] = []
        for several, read in decoders:
            value, pos = read(data, pos)
            if several:
                found += value
            else:
                found.append(value)
        return make(found), pos

    return Codec(encode, decode)


def _fuse(items: Sequence[Codec]) -> list[tuple[int, int, Encode, Decode]]:
    """Give steps (first item, end, encode, decode), a run of two or more fixed items as one step."""
    steps: list[tuple[int, int, Encode, Decode]] = []
    at = 0
    while at < len(items):
        end = at
        while end < len(items) and items[end].format:
            end += 1
        if end - at > 1:
            run = _fixed("".join(i.format for i in items[at:end]), tuple)
            steps.append((at, end, run.encode, run.decode))
        else:
            end = at + 1
            steps.append((at, end, items[at].encode, items[at].decode))
        at = end
    return steps


def _fixed(fmt: str, make: Callable[[Any], Any]) -> Codec:
    packer = struct.Struct(">" + fmt)
    size, pack, unpack = packer.size, packer.pack, packer.unpack_from

    def encode(out: bytearray, value: Any) -> None:
        out += pack(*value)

    def decode(data: bytes, pos: int) -> tuple[Any, int]:
        return make(unpack(data, pos)), pos + size

    def decode_plain(data: bytes, pos: int) -> tuple[Any, int]:
        return unpack(data, pos), pos + size

    return Codec(encode, decode_plain if make is tuple else decode)


def _single(item: Codec, make: Callable[[Any], Any]) -> Codec:
    write, read = item.encode, item.decode

    def encode(out: bytearray, value: Any) -> None:
        write(out, value[0])

    def decode(data: bytes, pos: int) -> tuple[Any, int]:
        value, pos = read(data, pos)
        return make((value,)), pos

    return Codec(encode, decode)


def _item(fmt: str) -> Codec:
    packer = struct.Struct(">" + fmt)
    size, pack, unpack = packer.size, packer.pack, packer.unpack_from

    def encode(out: bytearray, value: Any) -> None:
        out += pack(value)

    def decode(data: bytes, pos: int) -> tuple[Any, int]:
        return unpack(data, pos)[0], pos + size

    return Codec(encode, decode, fmt)


def _scalar(kind: Scalar) -> Codec:
    return _item(_FORMATS[kind.name])


def _text(kind: Text) -> Codec:
    pack, unpack, limit = _LENGTH.pack, _LENGTH.unpack_from, kind.limit

    def encode(out: bytearray, value: str) -> None:
        raw = value.encode()
        size = len(raw)
        if size > limit:
            raise Malformed(f"a string of {size} bytes")
        out += pack(size) + raw + _PAD[size & 3]

    def decode(data: bytes, pos: int) -> tuple[str, int]:
        size = unpack(data, pos)[0]
        pos += 4
        end = pos + size
        raw = data[pos:end]
        if size > limit or end > len(data) or 0 in raw:
            raise Malformed("a string is cut short, too long or holds NUL")
        return raw.decode(), end + (-size & 3)

    return Codec(encode, decode)


def _blob(kind: Blob) -> Codec:
    pack, unpack, limit = _LENGTH.pack, _LENGTH.unpack_from, kind.limit

    def encode(out: bytearray, value: bytes) -> None:
        size = len(value)
        if size > limit:
            raise Malformed(f"{size} bytes where at most {limit} may be")
        out += pack(size) + value + _PAD[size & 3]

    def decode(data: bytes, pos: int) -> tuple[bytes, int]:
        size = unpack(data, pos)[0]
        pos += 4
        end = pos + size
        if size > limit or end > len(data):
            raise Malformed("bytes are cut short or too many")
        return data[pos:end], end + (-size & 3)

    return Codec(encode, decode)


def _spread(raw: bytes) -> bytes:
    """Give bytes as chars of four bytes each, the sign carried on as C does."""
    return b"".join((b"\xff\xff\xff" if b > 127 else b"\0\0\0") + bytes((b,)) for b in raw)


def _char_array(kind: CharArray) -> Codec:
    if kind.fixed:
        return _fixed_chars(kind.size)
    chars = _char_blob(CharBlob(kind.size))

    def encode(out: bytearray, value: str) -> None:
        chars.encode(out, value.encode() + b"\0")

    def decode(data: bytes, pos: int) -> tuple[str, int]:
        raw, pos = chars.decode(data, pos)
        return raw.rstrip(b"\0").decode(), pos

    return Codec(encode, decode)


def _fixed_chars(size: int) -> Codec:
    def encode(out: bytearray, value: str) -> None:
        raw = value.encode()[: size - 1]
        out += _spread(raw) + b"\0\0\0\0" * (size - len(raw))

    def decode(data: bytes, pos: int) -> tuple[str, int]:
        end = pos + 4 * size
        if end > len(data):
            raise Malformed("an array of chars is cut short")
        return data[pos + 3 : end : 4].partition(b"\0")[0].decode(), end

    return Codec(encode, decode)


def _char_blob(kind: CharBlob) -> Codec:
    limit = kind.limit

    def encode(out: bytearray, value: bytes) -> None:
        if len(value) > limit:
            raise Malformed(f"{len(value)} chars where at most {limit} may be")
        out += _LENGTH.pack(len(value)) + _spread(value)

    def decode(data: bytes, pos: int) -> tuple[bytes, int]:
        size = _LENGTH.unpack_from(data, pos)[0]
        pos += 4
        end = pos + 4 * size
        if size > limit or end > len(data):
            raise Malformed("an array of chars is cut short or too long")
        return data[pos + 3 : end : 4], end

    return Codec(encode, decode)


def _uuid_text(_kind: UuidText) -> Codec:
    def encode(out: bytearray, value: str) -> None:
        out += uuid.UUID(value).bytes

    def decode(data: bytes, pos: int) -> tuple[str, int]:
        return str(uuid.UUID(bytes=data[pos : pos + 16])), pos + 16

    return Codec(encode, decode)


def _nullable(kind: Nullable) -> Codec:
    write, read = of_kind(kind.item)[:2]
    unpack = _LENGTH.unpack_from

    def encode(out: bytearray, value: Any) -> None:
        if value is None:
            out += b"\0\0\0\0"
        else:
            out += b"\0\0\0\x01"
            write(out, value)

    def decode(data: bytes, pos: int) -> tuple[Any, int]:
        there = unpack(data, pos)[0]
        if there > 1:
            raise Malformed(f"{there} where a truth value must be")
        return read(data, pos + 4) if there else (None, pos + 4)

    return Codec(encode, decode)


def _listing(kind: Listing) -> Codec:
    item, limit = of_kind(kind.item), kind.limit
    if item.format and len(item.format) == 1:
        return _numbers(item.format, limit)
    write, read, unpack = item.encode, item.decode, _LENGTH.unpack_from
    if isinstance(kind.item, Record) and kind.item.is_reference:
        write = _remembering(write)

    def encode(out: bytearray, value: Any) -> None:
        if len(value) > limit:
            raise Malformed(f"{len(value)} items where at most {limit} may be")
        out += _LENGTH.pack(len(value))
        for element in value:
            write(out, element)

    def decode(data: bytes, pos: int) -> tuple[list[Any], int]:
        count = unpack(data, pos)[0]
        pos += 4
        if count > limit or count * 4 > len(data) - pos:
            raise Malformed(f"{count} items where at most {limit} may be")
        found: list[Any] = []
        for _ in range(count):
            element, pos = read(data, pos)
            found.append(element)
        return found, pos

    return Codec(encode, decode)


def _numbers(fmt: str, limit: int) -> Codec:
    width = struct.calcsize(">" + fmt)

    def encode(out: bytearray, value: Any) -> None:
        if len(value) > limit:
            raise Malformed(f"{len(value)} items where at most {limit} may be")
        out += struct.pack(f">I{len(value)}{fmt}", len(value), *value)

    def decode(data: bytes, pos: int) -> tuple[list[Any], int]:
        count = _LENGTH.unpack_from(data, pos)[0]
        pos += 4
        if count > limit:
            raise Malformed(f"{count} items where at most {limit} may be")
        return list(struct.unpack_from(f">{count}{fmt}", data, pos)), pos + count * width

    return Codec(encode, decode)


def _remembering(write: Encode) -> Encode:
    """Give an encoder that keeps the bytes of references: lists of them are long and change little."""
    memory: dict[Any, bytes] = {}

    def encode(out: bytearray, ref: Any) -> None:
        known = memory.get(ref)
        if known is None:
            if len(memory) >= MEMORY_MAX:
                memory.clear()
            piece = bytearray()
            write(piece, ref)
            known = memory[ref] = bytes(piece)
        out += known

    return encode


def _record(kind: Record) -> Codec:
    make: Callable[[Any], Any] = kind.cls._make  # type: ignore[attr-defined]
    return _sequence([of_kind(f.kind) for f in fields_of(kind.cls)], make)


_PARAM_TYPES: dict[type, tuple[int, str]] = {
    int: (1, "i"), UInt: (2, "I"), LLong: (3, "q"), ULLong: (4, "Q"), float: (5, "d"), bool: (6, "i"),
}  # fmt: skip


def _param_value() -> Codec:
    text = of_kind(Text())
    packers = {cls: (number, struct.Struct(">i" + fmt).pack) for cls, (number, fmt) in _PARAM_TYPES.items()}
    readers: dict[int, tuple[Callable[[Any], Any], Decode]] = {
        number: (cls, _item(fmt).decode) for cls, (number, fmt) in _PARAM_TYPES.items()
    }
    readers[7] = (str, text.decode)

    def encode(out: bytearray, value: Any) -> None:
        known = packers.get(type(value))
        if known is None:
            out += b"\0\0\0\x07"
            text.encode(out, value)
        else:
            out += known[1](known[0], value)

    def decode(data: bytes, pos: int) -> tuple[Any, int]:
        known = readers.get(_LENGTH.unpack_from(data, pos)[0])
        if known is None:
            raise Malformed("a typed parameter is of no known type")
        value, pos = known[1](data, pos + 4)
        return known[0](value), pos

    return Codec(encode, decode)


def _parameters(kind: Parameters) -> Codec:
    pairs = _pairs(_param_value(), kind.limit or 1024)
    if kind.repeats:
        return pairs

    def encode(out: bytearray, value: Any) -> None:
        pairs.encode(out, list(value.items()))

    def decode(data: bytes, pos: int) -> tuple[dict[str, Any], int]:
        found, pos = pairs.decode(data, pos)
        unique = dict(found)
        if len(unique) != len(found):
            names = [name for name, _value in found]
            twice = next(name for name in names if names.count(name) > 1)
            raise InvalidArg(f"parameter '{twice}' occurs multiple times")
        return unique, pos

    return Codec(encode, decode)


def _pairs(value: Codec, limit: int) -> Codec:
    text = of_kind(Text())
    read_text, read_value, write_text, write_value = text.decode, value.decode, text.encode, value.encode

    def encode(out: bytearray, pairs: Any) -> None:
        if len(pairs) > limit:
            raise Malformed(f"{len(pairs)} parameters where at most {limit} may be")
        out += _LENGTH.pack(len(pairs))
        for name, element in pairs:
            write_text(out, name)
            write_value(out, element)

    def decode(data: bytes, pos: int) -> tuple[list[tuple[str, Any]], int]:
        count = _LENGTH.unpack_from(data, pos)[0]
        pos += 4
        if count > limit or count * 12 > len(data) - pos:
            raise Malformed(f"{count} parameters where at most {limit} may be")
        found = []
        for _ in range(count):
            name, pos = read_text(data, pos)
            element, pos = read_value(data, pos)
            found.append((name, element))
        return found, pos

    return Codec(encode, decode)


def _stats(kind: Stats) -> Codec:
    pairs = _pairs(_item("Q"), kind.limit)

    def encode(out: bytearray, value: Any) -> None:
        pairs.encode(out, list(value.items()))

    def decode(data: bytes, pos: int) -> tuple[dict[str, int], int]:
        found, pos = pairs.decode(data, pos)
        return dict(found), pos

    return Codec(encode, decode)


_MAKERS: dict[type, Callable[[Any], Codec]] = {
    Scalar: _scalar,
    Text: _text,
    CharArray: _char_array,
    CharBlob: _char_blob,
    Blob: _blob,
    UuidBytes: lambda _kind: _item("16s"),
    UuidText: _uuid_text,
    Nullable: _nullable,
    Listing: _listing,
    Record: _record,
    Parameters: _parameters,
    Stats: _stats,
}
