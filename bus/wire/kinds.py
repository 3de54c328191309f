# SPDX-License-Identifier: LGPL-2.1-or-later
"""The catalogue's kinds on D-Bus: their signatures and codecs.

Nothing (None) has no form on D-Bus: for a string it is the empty one, for anything else an array of none or one.
A reference travels with its object path in front: `(osayi)` is a guest's path, name, UUID and id.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any

from virtbus.bus.types import (
    Blob,
    CharArray,
    CharBlob,
    Descriptor,
    Descriptors,
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
from virtbus.bus.wire import codec, reflists
from virtbus.bus.wire.codec import Codec, Malformed

_SCALARS = {
    "int32": ("i", "i"), "uint32": ("u", "I"), "int64": ("x", "q"), "uint64": ("t", "Q"), "char": ("i", "i"),
    "uchar": ("y", "B"), "short": ("n", "h"), "ushort": ("q", "H"), "double": ("d", "d"),
}  # fmt: skip


@functools.cache
def of_kind(kind: Kind, order: str = "<") -> Codec:
    """Give the codec of one kind."""
    make = _MAKERS.get(type(kind))
    if make is None:
        raise TypeError(f"{kind!r} has no form on D-Bus")
    return make(kind, order)


@functools.cache
def of_fields(fields: tuple[Field, ...], order: str = "<") -> Codec:
    """Give the codec of arguments or results one after the other; the value is a tuple."""
    items = [of_kind(f.kind, order) for f in fields]
    if not items:
        return codec.for_signature("", order)
    encode, decode = codec.sequence(items)
    return Codec("".join(i.signature for i in items), 8, encode, decode)


def signature(fields: tuple[Field, ...]) -> str:
    """Give the D-Bus signature of arguments or results."""
    return of_fields(fields).signature


def has_descriptors(fields: tuple[Field, ...]) -> bool:
    """Say whether descriptors pass beside these values."""
    return any(isinstance(f.kind, (Descriptor, Descriptors)) for f in fields)


def _scalar(kind: Scalar, order: str) -> Codec:
    if kind.name == "flag":
        return codec.boolean(order)
    return codec.scalar(*_SCALARS[kind.name], order)


def _uuid_text(_kind: UuidText, order: str) -> Codec:
    text = codec.string("s", order)

    def encode(out: bytearray, value: str) -> None:
        text.encode(out, value)

    def decode(data: bytes, pos: int) -> tuple[str, int]:
        value, pos = text.decode(data, pos)
        try:
            return str(uuid.UUID(value)), pos
        except ValueError as err:
            raise Malformed(f"'{value}' is no UUID") from err

    return Codec("s", 4, encode, decode)


def _uuid_bytes(_kind: UuidBytes, order: str) -> Codec:
    raw = codec.blob(order)

    def decode(data: bytes, pos: int) -> tuple[bytes, int]:
        value, pos = raw.decode(data, pos)
        if len(value) != 16:
            raise Malformed("a UUID has 16 bytes")
        return value, pos

    return Codec("ay", 4, raw.encode, decode)


def _bounded(limit: int, order: str) -> Codec:
    raw = codec.blob(order)

    def decode(data: bytes, pos: int) -> tuple[bytes, int]:
        value, pos = raw.decode(data, pos)
        if len(value) > limit:
            raise Malformed(f"an array of {len(value)} bytes is longer than {limit}")
        return value, pos

    return Codec("ay", 4, raw.encode, decode)


def _nullable(kind: Nullable, order: str) -> Codec:
    item = of_kind(kind.item, order)
    if isinstance(kind.item, Text):

        def encode_text(out: bytearray, value: str | None) -> None:
            item.encode(out, value or "")

        def decode_text(data: bytes, pos: int) -> tuple[str | None, int]:
            value, pos = item.decode(data, pos)
            return value or None, pos

        return Codec("s", 4, encode_text, decode_text)
    several = codec.array(item, order, 1)

    def encode(out: bytearray, value: Any) -> None:
        several.encode(out, () if value is None else (value,))

    def decode(data: bytes, pos: int) -> tuple[Any, int]:
        found, pos = several.decode(data, pos)
        return (found[0] if found else None), pos

    return Codec(several.signature, 4, encode, decode)


def _listing(kind: Listing, order: str) -> Codec:
    if isinstance(kind.item, Record) and reflists.suits(kind.item, order):
        return reflists.listing(kind.item, of_kind(kind.item, order), kind.limit)
    return codec.array(of_kind(kind.item, order), order, kind.limit)


def _record(kind: Record, order: str) -> Codec:
    members = [of_kind(f.kind, order) for f in fields_of(kind.cls)]
    make: Callable[[Any], Any] = kind.cls._make  # type: ignore[attr-defined]
    if not kind.is_reference:
        return codec.structure(members, make)
    whole = codec.structure([codec.string("o", order), *members], lambda value: make(value[1:]))
    encode_whole = whole.encode

    def encode(out: bytearray, value: Any) -> None:
        encode_whole(out, (value.path(), *value))

    return Codec(whole.signature, 8, encode, whole.decode)


_PARAM_TYPES: dict[type, str] = {
    int: "i", UInt: "u", LLong: "x", ULLong: "t", float: "d", bool: "b", str: "s",
}  # fmt: skip
_PARAM_CLASSES: dict[str, type] = {sig: cls for cls, sig in _PARAM_TYPES.items()}


def _param_value(order: str) -> Codec:
    by_class = {cls: codec.for_single(sig, order) for cls, sig in _PARAM_TYPES.items()}
    by_signature = {sig: (codec.for_single(sig, order), cls) for sig, cls in _PARAM_CLASSES.items()}
    name = codec.signature_string()

    def encode(out: bytearray, value: Any) -> None:
        item = by_class[type(value)]
        name.encode(out, item.signature)
        item.encode(out, value)

    def decode(data: bytes, pos: int) -> tuple[Any, int]:
        sig, pos = name.decode(data, pos)
        known = by_signature.get(sig)
        if known is None:
            raise Malformed(f"a typed parameter cannot be of the type '{sig}'")
        value, pos = known[0].decode(data, pos)
        return known[1](value), pos

    return Codec("v", 1, encode, decode)


def _parameters(kind: Parameters, order: str) -> Codec:
    key, value = codec.string("s", order), _param_value(order)
    if kind.repeats:
        return codec.array(codec.structure([key, value]), order, kind.limit)
    return codec.dictionary(key, value, order)


def _stats(_kind: Stats, order: str) -> Codec:
    return codec.dictionary(codec.string("s", order), codec.scalar("t", "Q", order), order)


_MAKERS: dict[type, Callable[[Any, str], Codec]] = {
    Scalar: _scalar,
    Text: lambda _kind, order: codec.string("s", order),
    CharArray: lambda _kind, order: codec.string("s", order),
    CharBlob: lambda kind, order: _bounded(kind.limit, order),
    Blob: lambda kind, order: _bounded(kind.limit, order),
    UuidBytes: _uuid_bytes,
    UuidText: _uuid_text,
    Nullable: _nullable,
    Listing: _listing,
    Record: _record,
    Parameters: _parameters,
    Stats: _stats,
    Descriptor: lambda _kind, order: codec.scalar("h", "I", order),
    Descriptors: lambda _kind, order: codec.array(codec.scalar("h", "I", order), order),
}
