# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors on D-Bus: what an error message of this project holds, and back.

The body of an error is its text (so that every client can show it) and then the rest of libvirt's virError:
origin (virErrorDomain), level, str1, str2, str3 ("" for none), int1, int2.
"""

from __future__ import annotations

from typing import Any

from virtbus.bus.errors import ErrorDomain, InternalError, LibvirtError, OperationFailed, by_bus_name
from virtbus.bus.wire.codec import Malformed, for_signature
from virtbus.bus.wire.message import Message

SIGNATURE = "suusssii"
DBUS = "org.freedesktop.DBus.Error."
TEXT_MAX = 4000
"""Characters of the longest text that is sent: what an error repeats of a caller's words may be of any length."""


class BusError(Exception):
    """An error of D-Bus itself, not of libvirt: an unknown object, method or property, or wrong arguments."""

    def __init__(self, name: str, message: str) -> None:
        self.name, self.message = DBUS + name, message[:TEXT_MAX]
        super().__init__(message)


def body_of(error: LibvirtError, origin: ErrorDomain) -> bytes:
    """Give the encoded body of an error; `origin` stands where the error names none."""
    out = bytearray()
    texts = [(text or "").replace("\0", "")[:TEXT_MAX] for text in (error.message, error.str1, error.str2, error.str3)]
    where = origin if error.origin is None else error.origin
    values: tuple[Any, ...] = (texts[0], int(where), int(error.level), *texts[1:], error.int1, error.int2)
    for_signature(SIGNATURE).encode(out, values)
    return bytes(out)


def error_from_bus(message: Message) -> LibvirtError:
    """Give the error that an error message reports."""
    name = message.error_name or ""
    cls = by_bus_name(name)
    try:
        values = message.values()
    except (Malformed, ValueError):
        values = ()
    if cls is not None and message.signature == SIGNATURE:
        text, origin, level, str1, str2, str3, int1, int2 = values
        extra = {"str1": str1 or None, "str2": str2 or None, "str3": str3 or None, "int1": int1, "int2": int2}
        return LibvirtError.whole(cls.code, text, origin, level, **extra)
    text = values[0] if values and isinstance(values[0], str) else name
    if name == DBUS + "InvalidArgs":
        return InternalError(text)
    return OperationFailed(text)
