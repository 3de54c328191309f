# SPDX-License-Identifier: LGPL-2.1-or-later
"""Say what a value of the API is, apart from any encoding.

The catalogue (`virtbus.bus.api`) is written in ordinary Python annotations. `kind_of` turns an annotation into a
`Kind`: a small immutable description that the D-Bus codec, the XDR codec and the introspection each read with a
visitor of their own. Nothing here knows a byte order or a signature.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, Protocol, runtime_checkable

STRING_MAX = 4_194_304
"""Bytes of the longest string that the legacy protocol carries (REMOTE_STRING_MAX)."""


class Kind:
    """What one value is."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Scalar(Kind):
    """A number or truth value: int32 uint32 int64 uint64 char uchar short ushort double flag."""

    name: str


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """A UTF-8 string of at most `limit` bytes."""

    limit: int = STRING_MAX


@dataclass(frozen=True, slots=True)
class CharArray(Kind):
    """A string that the legacy protocol carries as chars of four bytes each: `size` of them, or up to `size`."""

    size: int
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class CharBlob(Kind):
    """Bytes that the legacy protocol carries as chars of four bytes each."""

    limit: int


@dataclass(frozen=True, slots=True)
class Blob(Kind):
    """Bytes, at most `limit`."""

    limit: int


@dataclass(frozen=True, slots=True)
class UuidBytes(Kind):
    """A UUID as its 16 bytes, the form that references hold."""


@dataclass(frozen=True, slots=True)
class UuidText(Kind):
    """A UUID as text with dashes, the form that people type."""


@dataclass(frozen=True, slots=True)
class Nullable(Kind):
    """A value that may be absent (None)."""

    item: Kind


@dataclass(frozen=True, slots=True)
class Listing(Kind):
    """A list of at most `limit` items."""

    item: Kind
    limit: int


@dataclass(frozen=True, slots=True)
class Record(Kind):
    """A named tuple; a `Reference` travels on D-Bus with its object path in front."""

    cls: type

    @property
    def is_reference(self) -> bool:
        """Whether the record names an object."""
        return hasattr(self.cls, "path")


@dataclass(frozen=True, slots=True)
class Parameters(Kind):
    """Typed parameters: names with values of libvirt's seven types.

    A `dict` where a key stands once; with `repeats`, a list of pairs (a key may come again, order counts).
    """

    limit: int
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Stats(Kind):
    """Pairs of a number and a counter, as CPU and memory statistics use: field name to unsigned 64-bit value."""

    limit: int


@dataclass(frozen=True, slots=True)
class Descriptor(Kind):
    """A file descriptor, passed beside the message."""


@dataclass(frozen=True, slots=True)
class Descriptors(Kind):
    """Several file descriptors, passed beside the message."""

    limit: int


@dataclass(frozen=True, slots=True)
class Max:
    """The bound of a list, written in an annotation: `Annotated[list[str], Max(16384)]`."""

    limit: int


@runtime_checkable
class Reference(Protocol):
    """A record that names an object on the bus."""

    def path(self) -> str:
        """Give the object's path on the bus."""


Int32 = Annotated[int, Scalar("int32")]
UInt32 = Annotated[int, Scalar("uint32")]
Int64 = Annotated[int, Scalar("int64")]
UInt64 = Annotated[int, Scalar("uint64")]
Char = Annotated[int, Scalar("char")]
UChar = Annotated[int, Scalar("uchar")]
UShort = Annotated[int, Scalar("ushort")]
Double = Annotated[float, Scalar("double")]
Flag = Annotated[bool, Scalar("flag")]
Uuid = Annotated[bytes, UuidBytes()]
UuidStr = Annotated[str, UuidText()]
Fd = Annotated[int, Descriptor()]
Fds = Annotated[list[int], Descriptors(32)]
CpuMap = Annotated[bytes, Blob(2048)]


class UInt(int):
    """An int that travels as a typed parameter of type uint."""


class LLong(int):
    """An int that travels as a typed parameter of type llong."""


class ULLong(int):
    """An int that travels as a typed parameter of type ullong."""


ParamValue = int | float | bool | str | UInt | LLong | ULLong
"""A typed parameter's value. The class tells the wire type: int, UInt, LLong, ULLong, float, bool, str."""

ParamDict = dict[str, ParamValue]
ParamList = list[tuple[str, ParamValue]]


class Field(NamedTuple):
    """One argument, result or member of a record."""

    name: str
    kind: Kind


def kind_of(annotation: Any) -> Kind:
    """Give the kind that a resolved annotation stands for; TypeError where it stands for none."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _annotated(*typing.get_args(annotation))
    if origin in (typing.Union, types.UnionType):
        return Nullable(kind_of(_without_none(annotation)))
    plain = {str: Text(), bool: Scalar("flag"), float: Scalar("double")}.get(annotation)
    if plain is not None:
        return plain
    if isinstance(annotation, type) and hasattr(annotation, "_fields"):
        return Record(annotation)
    raise TypeError(f"{annotation!r} has no kind: annotate it with one of virtbus.bus.types")


def _annotated(base: Any, mark: Any) -> Kind:
    if isinstance(mark, Max):
        (item,) = typing.get_args(base)
        return Listing(kind_of(item), mark.limit)
    if isinstance(mark, Kind):
        return mark
    raise TypeError(f"{mark!r} is no mark of virtbus.bus.types")


def _without_none(annotation: Any) -> Any:
    choices = [c for c in typing.get_args(annotation) if c is not type(None)]
    if len(choices) != 1:
        raise TypeError(f"{annotation!r} mixes types")
    return choices[0]


_fields_cache: dict[type, tuple[Field, ...]] = {}


def fields_of(record: type) -> tuple[Field, ...]:
    """Give the members of a record class in order."""
    known = _fields_cache.get(record)
    if known is None:
        hints = typing.get_type_hints(record, include_extras=True)
        names: tuple[str, ...] = record._fields  # type: ignore[attr-defined]
        known = tuple(Field(name, kind_of(hints[name])) for name in names)
        _fields_cache[record] = known
    return known
