# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kinds of values that attributes and texts hold, with libvirt's refusals.

Most are `Value(read, write)`; `read` gets the text and the place it stands at, for the error.
"""

from __future__ import annotations

import re
import uuid as _uuid
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from virtbus.bus.errors import ErrorDomain, InternalError, XmlDetail, XmlError
from virtbus.drivers.common.xml.parse import Element, local_name

T = TypeVar("T")


class Place(NamedTuple):
    """Where a value stands: in an attribute, or (without a name) in the element's text."""

    element: Element
    attribute: str

    def refuse(self, value: str, expected: str = "") -> XmlError:
        """Give libvirt's error for a value that does not fit here."""
        tag = local_name(self.element)
        more = f" Expected {expected}" if expected else ""
        where = f"attribute '{self.attribute}' in element '{tag}'" if self.attribute else f"element '{tag}'"
        return XmlError(f"Invalid value for {where}: '{value}'.{more}", origin=ErrorDomain.XML)


class Value(Generic[T]):
    """A kind of value: text to value, and back."""

    __slots__ = ("read", "write")

    def __init__(self, read: Callable[[str, Place], T], write: Callable[[T], str] = str) -> None:
        self.read = read
        self.write = write


TEXT: Value[str] = Value(lambda text, _place: text)
"""Any text as it is."""


def choice(*allowed: str) -> Value[str]:
    """Give a kind that takes only these words."""

    def read(text: str, place: Place) -> str:
        if text not in allowed:
            raise place.refuse(text)
        return text

    return Value(read)


def truth(yes: str, no: str) -> Value[bool]:
    """Give a kind for one of two words."""

    def read(text: str, place: Place) -> bool:
        if text not in (yes, no):
            raise place.refuse(text)
        return text == yes

    return Value(read, lambda value: yes if value else no)


YES_NO = truth("yes", "no")
ON_OFF = truth("on", "off")

_INTEGER = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+\Z")


def to_int(text: str, low: int, high: int) -> int | None:
    """Give a decimal number as C's strtol reads it, None for other text or a number out of range."""
    if not _INTEGER.match(text) or len(text) > 64:
        return None
    value = int(text)
    return value if low <= value <= high else None


def number(low: int, high: int, expected: str) -> Value[int]:
    """Give a kind for whole numbers within bounds; `expected` is libvirt's word for them."""

    def read(text: str, place: Place) -> int:
        value = to_int(text, low, high)
        if value is None:
            raise place.refuse(text, expected)
        return value

    return Value(read)


INT = number(-(2**31), 2**31 - 1, "integer value")
UINT = number(0, 2**32 - 1, "non-negative integer value")
POSITIVE = number(1, 2**32 - 1, "positive integer value")
ULONG = number(0, 2**64 - 1, "non-negative integer value")


def _read_uuid(text: str, _place: Place) -> _uuid.UUID:
    value = to_uuid(text)
    if value is None:
        raise InternalError("malformed uuid element")
    return value


def to_uuid(text: str) -> _uuid.UUID | None:
    """Give a UUID as libvirt reads it: blanks around it, dashes anywhere between bytes; None for other text."""
    digits = text.strip(" \t\n\v\f\r")
    if not digits or digits[0] == "-" or not re.fullmatch(r"(-?[0-9a-fA-F]){32}", digits):
        return None
    return _uuid.UUID(hex=digits.replace("-", ""))


UUID: Value[_uuid.UUID] = Value(_read_uuid)
"""A UUID, an InternalError "malformed uuid element" for other text."""

_MAC = re.compile(r"[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}\Z")


def to_mac(text: str) -> str | None:
    """Give a MAC address in its written form, with small letters and two digits a byte; None for other text."""
    if not _MAC.match(text):
        return None
    return ":".join(f"{int(part, 16):02x}" for part in text.split(":"))


def check_name(name: str, *, origin: ErrorDomain = ErrorDomain.XML, invalid: str = "/\n") -> None:
    """Refuse a name with characters that no file name may have."""
    for char in invalid:
        if char in name:
            raise XmlDetail(f"invalid char in name: {char}", origin=origin)


def control_characters(value: Any) -> bool:
    """Say whether a text holds characters that could end a line of a generated file."""
    return isinstance(value, str) and any(ord(char) < 32 or ord(char) == 127 for char in value)
