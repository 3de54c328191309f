# SPDX-License-Identifier: LGPL-2.1-or-later
"""Values in XDR, and bytes that are none."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from virtbus.bus.errors import InvalidArg
from virtbus.bus.refs import DomainRef, SnapshotRef
from virtbus.bus.types import (
    Blob,
    CharArray,
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
    UuidText,
)
from virtbus.proxy.rpc import xdr

DOMAIN = DomainRef("gäst", bytes(range(16)), -1)


def through(kind: Kind, value: Any) -> bytes:
    out = bytearray()
    codec = xdr.of_kind(kind)
    codec.encode(out, value)
    again, end = codec.decode(bytes(out), 0)
    assert end == len(out)
    assert again == value
    assert type(again) is type(value)
    return bytes(out)


@pytest.mark.parametrize(
    ("kind", "value", "raw"),
    [
        (Scalar("int32"), -2, "fffffffe"),
        (Scalar("uint64"), 2**64 - 1, "ff" * 8),
        (Scalar("uchar"), 200, "000000c8"),
        (Text(), "abc", "0000000361626300"),
        (Text(), "", "00000000"),
        (Blob(8), b"\0\1", "0000000200010000"),
        (Nullable(Text()), None, "00000000"),
        (Nullable(Text()), "a", "000000010000000161000000"),
        (Listing(Scalar("int32"), 4), [1, -1], "0000000200000001ffffffff"),
        (UuidText(), "00010203-0405-0607-0809-0a0b0c0d0e0f", "000102030405060708090a0b0c0d0e0f"),
        (CharArray(5), "abc", "0000000400000061000000620000006300000000"),
        (CharArray(3, fixed=True), "ü"[:0] + "ab", "000000610000006200000000"),
        (Stats(4), {"user": 1}, "0000000100000004757365720000000000000001"),
    ],
)
def test_forms(kind: Kind, value: Any, raw: str) -> None:
    assert through(kind, value).hex() == raw


def test_references() -> None:
    through(Record(DomainRef), DOMAIN)
    through(Listing(Record(SnapshotRef), 9), [SnapshotRef("s", DOMAIN)] * 3)


def test_signed_chars() -> None:
    assert through(CharArray(8, fixed=True), "ü")[:8].hex() == "ffffffc3ffffffbc"


def test_parameters() -> None:
    values = {"a": 1, "b": UInt(2), "c": LLong(-3), "d": ULLong(4), "e": 0.5, "f": True, "g": "text"}
    out = through(Parameters(16), values)
    again = xdr.of_kind(Parameters(16)).decode(out, 0)[0]
    assert {k: type(v) for k, v in again.items()} == {k: type(v) for k, v in values.items()}
    through(Parameters(16, repeats=True), [("a", 1), ("a", 2)])


def test_parameters_twice() -> None:
    out = bytearray()
    xdr.of_kind(Parameters(16, repeats=True)).encode(out, [("a", 1), ("b", 2), ("a", 3)])
    with pytest.raises(InvalidArg, match="parameter 'a' occurs multiple times"):
        xdr.of_kind(Parameters(16)).decode(bytes(out), 0)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (Text(4), struct.pack(">I", 5) + b"abcde\0\0\0"),
        (Text(), struct.pack(">I", 500) + b"abc"),
        (Text(), struct.pack(">I", 0xFFFFFFFF)),
        (Text(), struct.pack(">I", 3) + b"a\0b\0"),
        (Text(), struct.pack(">I", 2) + b"\xff\xfe\0\0"),
        (Text(), b"\0\0"),
        (Blob(4), struct.pack(">I", 5) + bytes(8)),
        (Listing(Scalar("int32"), 4), struct.pack(">I", 5) + bytes(20)),
        (Listing(Scalar("int32"), 4), struct.pack(">I", 3) + bytes(4)),
        (Listing(Text(), 1 << 20), struct.pack(">I", 1 << 20)),
        (Listing(Text(), 4), struct.pack(">i", -1)),
        (Nullable(Text()), struct.pack(">I", 2)),
        (Parameters(2), struct.pack(">I", 3) + bytes(64)),
        (Parameters(2), struct.pack(">II4sI", 1, 1, b"a", 9)),
        (Scalar("int64"), bytes(7)),
    ],
)
def test_what_is_none(kind: Kind, raw: bytes) -> None:
    with pytest.raises(xdr.SLACK):
        xdr.of_fields((Field("x", kind),)).decode(raw, 0)


def test_what_does_not_fit() -> None:
    for kind, value in ((Text(2), "abc"), (Blob(2), b"abc"), (Listing(Scalar("int32"), 1), [1, 2])):
        with pytest.raises(xdr.SLACK):
            xdr.of_kind(kind).encode(bytearray(), value)
