# SPDX-License-Identifier: LGPL-2.1-or-later
"""Typed parameters between C memory and Python, each with its exact type.

libvirt-python hands out plain integers and so loses which of libvirt's four integer types a value had, and guesses
it when setting. The layout is that of `virTypedParameter`: a field name of 80 bytes, a type, a value of eight bytes.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Iterable
from typing import Any

from virtbus.bus.types import LLong, ParamDict, ParamList, ParamValue, UInt, ULLong

_ENTRY = struct.Struct("@80si4x8s")
SIZE = _ENTRY.size
INT, UINT, LLONG, ULLONG, DOUBLE, BOOLEAN, STRING = range(1, 8)

_PLAIN: dict[int, tuple[struct.Struct, Callable[[Any], ParamValue]]] = {
    INT: (struct.Struct("@i4x"), int),
    UINT: (struct.Struct("@I4x"), UInt),
    LLONG: (struct.Struct("@q"), LLong),
    ULLONG: (struct.Struct("@Q"), ULLong),
    DOUBLE: (struct.Struct("@d"), float),
    BOOLEAN: (struct.Struct("@b7x"), bool),
}
_TYPE_OF = {int: INT, UInt: UINT, LLong: LLONG, ULLong: ULLONG, float: DOUBLE, bool: BOOLEAN}


def read(address: int | None, count: int) -> ParamList:
    """Give `count` parameters that lie at an address, in order."""
    if not address or count <= 0:
        return []
    raw = ctypes.string_at(address, count * SIZE)
    return [_entry(*_ENTRY.unpack_from(raw, i * SIZE)) for i in range(count)]


def read_dict(address: int | None, count: int) -> ParamDict:
    """Give `count` parameters that lie at an address, by name."""
    return dict(read(address, count))


def _entry(field: bytes, kind: int, value: bytes) -> tuple[str, ParamValue]:
    name = field.partition(b"\0")[0].decode()
    if kind == STRING:
        (pointer,) = struct.unpack("@Q", value)
        return name, ctypes.string_at(pointer).decode(errors="replace") if pointer else ""
    layout, make = _PLAIN[kind]
    return name, make(layout.unpack(value)[0])


class Memory:
    """Parameters laid out for C; the memory lives as long as this object."""

    def __init__(self, params: ParamDict | ParamList) -> None:
        pairs: Iterable[tuple[str, ParamValue]] = params.items() if isinstance(params, dict) else params
        self._kept: list[Any] = []
        entries = b"".join(self._laid_out(name, value) for name, value in pairs)
        self.count = len(entries) // SIZE
        self.buffer = ctypes.create_string_buffer(entries, max(len(entries), 1))

    def _laid_out(self, name: str, value: ParamValue) -> bytes:
        kind = _TYPE_OF.get(type(value))
        field = name.encode()[:79]
        if kind is not None:
            return _ENTRY.pack(field, kind, _PLAIN[kind][0].pack(value))
        text = ctypes.create_string_buffer(str(value).encode())
        self._kept.append(text)
        return _ENTRY.pack(field, STRING, struct.pack("@Q", ctypes.addressof(text)))


def empty(count: int) -> ctypes.Array[ctypes.c_char]:
    """Give zeroed memory for `count` parameters, for C to fill."""
    return ctypes.create_string_buffer(max(count, 1) * SIZE)
