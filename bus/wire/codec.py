# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turn values into D-Bus bytes and back (D-Bus specification, "Marshaling").

A `Codec` is made once for a type and then only runs closures over `struct` formats. `for_signature` makes one from a
signature; `for_fields` makes one from kinds of the catalogue, whose values are the API's own (named tuples for
records, None where nothing is).
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

Encode = Callable[[bytearray, Any], None]
Decode = Callable[[bytes, int], tuple[Any, int]]

ARRAY_MAX = 1 << 26
STRING_LIMIT = 1 << 25
DEPTH_MAX = 32


class Malformed(ValueError):
    """Bytes or values that are no D-Bus data of the expected type."""


class Codec(NamedTuple):
    """How values of one type are written and read; `align` is the type's alignment in bytes."""

    signature: str
    align: int
    encode: Encode
    decode: Decode


class Variant(NamedTuple):
    """A value together with its signature."""

    signature: str
    value: Any


PADDING = [b"\0" * n for n in range(8)]


@functools.cache
def scalar(signature: str, fmt: str, order: str = "<") -> Codec:
    """Give the codec of a number of fixed size."""
    packer = struct.Struct(order + fmt)
    size = packer.size
    mask = size - 1
    pack, unpack = packer.pack, packer.unpack_from

    def encode(out: bytearray, value: Any) -> None:
        gap = -len(out) & mask
        if gap:
            out += PADDING[gap]
        try:
            out += pack(value)
        except struct.error as err:
            raise Malformed(f"{value!r} does not fit the D-Bus type '{signature}'") from err

    def decode(data: bytes, pos: int) -> tuple[Any, int]:
        pos = (pos + mask) & ~mask
        return unpack(data, pos)[0], pos + size

    return Codec(signature, size, encode, decode)


@functools.cache
def boolean(order: str = "<") -> Codec:
    """Give the codec of a truth value."""
    number = scalar("u", "I", order)

    def decode(data: bytes, pos: int) -> tuple[bool, int]:
        value, pos = number.decode(data, pos)
        if value > 1:
            raise Malformed(f"{value} is no truth value")
        return bool(value), pos

    def encode(out: bytearray, value: Any) -> None:
        number.encode(out, 1 if value else 0)

    return Codec("b", 4, encode, decode)


@functools.cache
def string(signature: str = "s", order: str = "<") -> Codec:
    """Give the codec of a string or an object path."""
    packer = struct.Struct(order + "I")
    pack, unpack = packer.pack, packer.unpack_from

    def encode(out: bytearray, value: str) -> None:
        raw = value.encode()
        if b"\0" in raw:
            raise Malformed("a D-Bus string cannot hold the character NUL")
        gap = -len(out) & 3
        if gap:
            out += PADDING[gap]
        out += pack(len(raw)) + raw + b"\0"

    def decode(data: bytes, pos: int) -> tuple[str, int]:
        pos = (pos + 3) & ~3
        end = pos + 4 + unpack(data, pos)[0]
        if end >= len(data):
            raise Malformed("a string reaches past the end of the message")
        return str(data[pos + 4 : end], "utf-8"), end + 1

    return Codec(signature, 4, encode, decode)


@functools.cache
def signature_string() -> Codec:
    """Give the codec of a signature."""

    def encode(out: bytearray, value: str) -> None:
        raw = value.encode()
        out += bytes((len(raw),)) + raw + b"\0"

    def decode(data: bytes, pos: int) -> tuple[str, int]:
        end = pos + 1 + data[pos]
        if end >= len(data):
            raise Malformed("a signature reaches past the end of the message")
        return str(data[pos + 1 : end], "ascii"), end + 1

    return Codec("g", 1, encode, decode)


@functools.cache
def blob(order: str = "<") -> Codec:
    """Give the codec of an array of bytes, as `bytes`."""
    packer = struct.Struct(order + "I")
    pack, unpack = packer.pack, packer.unpack_from

    def encode(out: bytearray, value: bytes) -> None:
        gap = -len(out) & 3
        if gap:
            out += PADDING[gap]
        out += pack(len(value)) + value

    def decode(data: bytes, pos: int) -> tuple[bytes, int]:
        pos = (pos + 3) & ~3
        end = pos + 4 + unpack(data, pos)[0]
        if end > len(data):
            raise Malformed("an array reaches past the end of the message")
        return bytes(data[pos + 4 : end]), end

    return Codec("ay", 4, encode, decode)


def array(item: Codec, order: str = "<", limit: int | None = None) -> Codec:
    """Give the codec of a list of items, at most `limit` of them."""
    packer = struct.Struct(order + "I")
    pack, unpack, pack_into = packer.pack, packer.unpack_from, packer.pack_into
    mask = item.align - 1
    encode_item, decode_item = item.encode, item.decode

    def encode(out: bytearray, value: Any) -> None:
        gap = -len(out) & 3
        if gap:
            out += PADDING[gap]
        place = len(out)
        out += pack(0)
        gap = -len(out) & mask
        if gap:
            out += PADDING[gap]
        start = len(out)
        for element in value:
            encode_item(out, element)
        pack_into(out, place, len(out) - start)

    def decode(data: bytes, pos: int) -> tuple[list[Any], int]:
        pos = (pos + 3) & ~3
        size = unpack(data, pos)[0]
        pos = (pos + 4 + mask) & ~mask
        end = pos + size
        if end > len(data) or size > ARRAY_MAX:
            raise Malformed("an array reaches past the end of the message")
        found: list[Any] = []
        add = found.append
        while pos < end:
            element, pos = decode_item(data, pos)
            add(element)
        if pos != end or (limit is not None and len(found) > limit):
            raise Malformed("an array is longer than it may be")
        return found, pos

    return Codec("a" + item.signature, 4, encode, decode)


def sequence(items: list[Codec]) -> tuple[Encode, Decode]:
    """Give encode and decode for values one after the other, as a tuple."""
    encoders = tuple(i.encode for i in items)
    decoders = tuple(i.decode for i in items)
    if len(items) == 1:
        encode_one, decode_one = encoders[0], decoders[0]

        def encode_single(out: bytearray, value: Any) -> None:
            encode_one(out, value[0])

        def decode_single(data: bytes, pos: int) -> tuple[Any, int]:
            value, pos = decode_one(data, pos)
            return (value,), pos

        return encode_single, decode_single

    def encode(out: bytearray, value: Any) -> None:
        for write, element in zip(encoders, value, strict=True):
            write(out, element)

    def decode(data: bytes, pos: int) -> tuple[Any, int]:
        found = []
        for read in decoders:
            element, pos = read(data, pos)
            found.append(element)
        return tuple(found), pos

    return encode, decode


def structure(items: list[Codec], make: Callable[[Any], Any] | None = None, brackets: str = "()") -> Codec:
    """Give the codec of a structure; `make` builds the value from the tuple of its members."""
    inner_encode, inner_decode = sequence(items)

    def encode(out: bytearray, value: Any) -> None:
        gap = -len(out) & 7
        if gap:
            out += PADDING[gap]
        inner_encode(out, value)

    def decode(data: bytes, pos: int) -> tuple[Any, int]:
        value, pos = inner_decode(data, (pos + 7) & ~7)
        return (value if make is None else make(value)), pos

    inner = "".join(i.signature for i in items)
    return Codec(brackets[0] + inner + brackets[1], 8, encode, decode)


def dictionary(key: Codec, value: Codec, order: str = "<") -> Codec:
    """Give the codec of a dictionary."""
    pairs = array(structure([key, value], brackets="{}"), order)

    def encode(out: bytearray, mapping: Any) -> None:
        pairs.encode(out, mapping.items())

    def decode(data: bytes, pos: int) -> tuple[dict[Any, Any], int]:
        found, pos = pairs.decode(data, pos)
        return dict(found), pos

    return Codec(pairs.signature, 4, encode, decode)


@functools.cache
def variant(order: str = "<", depth: int = 0) -> Codec:
    """Give the codec of a variant, as `Variant`."""
    name = signature_string()

    def encode(out: bytearray, value: Variant) -> None:
        name.encode(out, value.signature)
        for_single(value.signature, order, depth + 1).encode(out, value.value)

    def decode(data: bytes, pos: int) -> tuple[Variant, int]:
        signature, pos = name.decode(data, pos)
        value, pos = for_single(signature, order, depth + 1).decode(data, pos)
        return Variant(signature, value), pos

    return Codec("v", 1, encode, decode)


_FIXED = {"y": "B", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d", "h": "I"}


@functools.lru_cache(maxsize=1024)
def for_signature(signature: str, order: str = "<") -> Codec:
    """Give the codec of a message body: its values are a tuple. Malformed where the signature is none."""
    items = []
    rest = signature
    while rest:
        item, rest = _parse(rest, order, 0)
        items.append(item)
    encode, decode = sequence(items) if items else (_encode_nothing, _decode_nothing)
    return Codec(signature, 8, encode, decode)


def _encode_nothing(out: bytearray, value: Any) -> None:
    if value:
        raise Malformed("values given where the signature is empty")


def _decode_nothing(data: bytes, pos: int) -> tuple[tuple[()], int]:
    return (), pos


@functools.lru_cache(maxsize=1024)
def for_single(signature: str, order: str = "<", depth: int = 0) -> Codec:
    """Give the codec of exactly one complete type."""
    if depth > DEPTH_MAX:
        raise Malformed("values are nested too deeply")
    item, rest = _parse(signature, order, depth)
    if rest:
        raise Malformed(f"'{signature}' is more than one type")
    return item


def _parse(signature: str, order: str, depth: int) -> tuple[Codec, str]:
    if depth > DEPTH_MAX * 2:
        raise Malformed("a signature is nested too deeply")
    head, rest = signature[:1], signature[1:]
    if head in _FIXED:
        return scalar(head, _FIXED[head], order), rest
    simple = {"b": lambda: boolean(order), "s": lambda: string("s", order), "o": lambda: string("o", order)}
    simple |= {"g": signature_string, "v": lambda: variant(order, depth)}
    if head and head in simple:
        return simple[head](), rest
    if head == "a":
        return _parse_array(rest, order, depth + 1)
    if head == "(":
        return _parse_structure(rest, order, depth + 1)
    raise Malformed(f"'{signature}' is no D-Bus signature")


def _parse_array(rest: str, order: str, depth: int) -> tuple[Codec, str]:
    if rest.startswith("{"):
        key, rest = _parse(rest[1:], order, depth)
        value, rest = _parse(rest, order, depth)
        if not rest.startswith("}") or len(key.signature) != 1 or key.signature == "v":
            raise Malformed("a dictionary's type is malformed")
        return dictionary(key, value, order), rest[1:]
    if rest.startswith("y"):
        return blob(order), rest[1:]
    item, rest = _parse(rest, order, depth)
    return array(item, order), rest


def _parse_structure(rest: str, order: str, depth: int) -> tuple[Codec, str]:
    items = []
    while rest and not rest.startswith(")"):
        item, rest = _parse(rest, order, depth)
        items.append(item)
    if not rest or not items:
        raise Malformed("a structure's type is malformed")
    return structure(items), rest[1:]
