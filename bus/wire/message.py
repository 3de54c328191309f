# SPDX-License-Identifier: LGPL-2.1-or-later
"""D-Bus messages: their header, built from templates and parsed with a cache (D-Bus specification, "Message Format").

What makes a header costly in Python is the array of fields. Of two calls of the same method on the same object only
the serial and the length of the body differ, and these stand outside that array. So a header's fields are parsed once
for the same bytes, and written from a template that was made once. Replies of this project put the serial they answer
last, for the same reason.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from virtbus.bus.wire.codec import Malformed, for_signature

MESSAGE_MAX = 1 << 27
FIXED = struct.Struct("<cBBBIII")
_FIXED_BIG = struct.Struct(">cBBBIII")
_U32 = struct.Struct("<I")


class Type(enum.IntEnum):
    """What a message is."""

    METHOD_CALL = 1
    METHOD_RETURN = 2
    ERROR = 3
    SIGNAL = 4


NO_REPLY_EXPECTED = 1
NO_AUTO_START = 2
ALLOW_INTERACTIVE = 4

_FIELDS = {
    1: ("path", "o"), 2: ("interface", "s"), 3: ("member", "s"), 4: ("error_name", "s"), 5: ("reply_serial", "u"),
    6: ("destination", "s"), 7: ("sender", "s"), 8: ("signature", "g"), 9: ("unix_fds", "u"),
}  # fmt: skip
_NUMBERS = {name: (number, sig) for number, (name, sig) in _FIELDS.items()}


class Fields(NamedTuple):
    """The header fields of a message; None or "" where a field is absent."""

    path: str | None = None
    interface: str | None = None
    member: str | None = None
    error_name: str | None = None
    reply_serial: int | None = None
    destination: str | None = None
    sender: str | None = None
    signature: str = ""
    unix_fds: int = 0


@dataclass(slots=True)
class Message:
    """One message, its body still encoded. `order` is the byte order of the body: "<" or ">"."""

    type: int
    fields: Fields
    serial: int = 0
    flags: int = 0
    body: bytes = b""
    fds: list[int] = field(default_factory=list)
    order: str = "<"

    @property
    def path(self) -> str | None:
        """Give the object's path."""
        return self.fields.path

    @property
    def interface(self) -> str | None:
        """Give the interface."""
        return self.fields.interface

    @property
    def member(self) -> str | None:
        """Give the method or signal."""
        return self.fields.member

    @property
    def error_name(self) -> str | None:
        """Give the error's name."""
        return self.fields.error_name

    @property
    def reply_serial(self) -> int | None:
        """Give the serial of the call that this answers."""
        return self.fields.reply_serial

    @property
    def sender(self) -> str | None:
        """Give the unique name of the sender."""
        return self.fields.sender

    @property
    def signature(self) -> str:
        """Give the signature of the body."""
        return self.fields.signature

    def values(self) -> tuple[Any, ...]:
        """Decode the body by its own signature; Malformed where it is not that."""
        try:
            found, end = for_signature(self.signature, self.order).decode(self.body, 0)
        except (IndexError, struct.error, UnicodeDecodeError) as err:
            raise Malformed("the body is not what its signature says") from err
        if end != len(self.body):
            raise Malformed("the body is longer than its signature says")
        return tuple(found)


def encode_fields(fields: Fields) -> bytes:
    """Give the array of header fields without its length, in the order of the field numbers."""
    out = bytearray()
    for name, value in zip(Fields._fields, fields, strict=True):
        if value is None or value == "" or (name == "unix_fds" and not value):
            continue
        number, sig = _NUMBERS[name]
        out += b"\0" * (-len(out) % 8) + bytes((number, 1)) + sig.encode() + b"\0"
        for_signature(sig).encode(out, (value,))
    return bytes(out)


def build(message: Message) -> bytes:
    """Give the bytes of a whole message, with its body."""
    array = encode_fields(message.fields)
    head = FIXED.pack(b"l", message.type, message.flags, 1, len(message.body), message.serial, len(array))
    return b"".join((head, array, b"\0" * (-len(array) % 8), message.body))


class CallTemplate:
    """The header of calls of one method, ready but for object, serial and body."""

    __slots__ = ("_destination", "_prefix", "interface", "member", "signature")

    def __init__(self, interface: str, member: str, signature: str, destination: str | None = None) -> None:
        """Prepare the fields that all calls share."""
        self.interface, self.member, self.signature = interface, member, signature
        shared = Fields(interface=interface, member=member, signature=signature, destination=destination)
        array = encode_fields(shared)
        self._prefix = array + b"\0" * (-len(array) % 8)

    def build(self, serial: int, path: str, body: bytes, fds: int = 0, flags: int = 0) -> bytes:
        """Give the bytes of one call."""
        raw = path.encode()
        array = self._prefix + b"\x01\x01o\0" + _U32.pack(len(raw)) + raw + b"\0"
        if fds:
            array += b"\0" * (-len(array) % 8) + b"\x09\x01u\0" + _U32.pack(fds)
        head = FIXED.pack(b"l", 1, flags, 1, len(body), serial, len(array))
        return b"".join((head, array, _PAD[-len(array) % 8], body))


_PAD = [b"\0" * n for n in range(8)]
_reply_prefixes: dict[str, bytes] = {}


def build_reply(
    serial: int, reply_serial: int, signature: str, body: bytes, fds: int = 0, to: str | None = None
) -> bytes:
    """Give the bytes of a method's reply; `to` is the caller's unique name on a bus."""
    if to is not None or fds:
        answer = Fields(reply_serial=reply_serial, destination=to, signature=signature, unix_fds=fds)
        return build(Message(Type.METHOD_RETURN, answer, serial, NO_REPLY_EXPECTED, bytes(body)))
    prefix = _reply_prefixes.get(signature)
    if prefix is None:
        array = encode_fields(Fields(signature=signature))
        prefix = _reply_prefixes[signature] = array + _PAD[-len(array) % 8] + b"\x05\x01u\0"
    head = FIXED.pack(b"l", 2, NO_REPLY_EXPECTED, 1, len(body), serial, len(prefix) + 4)
    return b"".join((head, prefix, _U32.pack(reply_serial), _PAD[-(len(prefix) + 4) % 8], body))


class Parser:
    """Cut a stream of bytes into messages.

    `feed` takes what arrived and gives the messages that are complete. Malformed ends the connection: after it the
    stream's meaning is lost.
    """

    def __init__(self, limit: int = MESSAGE_MAX) -> None:
        """Start with nothing received."""
        self._rest = bytearray()
        self._need = 16
        self._limit = limit
        self._cache: dict[bytes, Fields] = {}

    def feed(self, data: bytes | memoryview) -> list[Message]:
        """Give the messages completed by `data`."""
        if self._rest:
            self._rest += data
            if len(self._rest) < self._need:
                return []
            whole, self._rest = bytes(self._rest), bytearray()
        else:
            whole = bytes(data)
        found: list[Message] = []
        start, length = 0, len(whole)
        while length - start >= 16:
            fixed = FIXED if whole[start] == 0x6C else _FIXED_BIG
            head = fixed.unpack_from(whole, start)
            body, array = head[4], head[6]
            size = 16 + array + (-array & 7) + body
            if head[0] not in (b"l", b"B") or head[3] != 1 or size > self._limit:
                raise Malformed("these bytes are no D-Bus message")
            if length - start < size:
                self._need = size
                break
            found.append(self._message(whole, start, head, start + size))
            start += size
        else:
            self._need = 16
        if start < length:
            self._rest += whole[start:]
        return found

    def _message(self, whole: bytes, start: int, head: tuple[Any, ...], end: int) -> Message:
        order, kind, flags, _version, length, serial, array = head
        body = whole[end - length : end]
        first, last = start + 16, start + 16 + array
        # Replies of this project end with the serial they answer; what is before it is the same each time.
        if kind == 2 and whole[last - 8 : last - 4] == b"\x05\x01u\0" and order == b"l":
            known = self._fields(whole[first : last - 8])
            answers = _U32.unpack_from(whole, last - 4)[0]
            return Message(kind, Fields(None, None, None, None, answers, *known[5:]), serial, flags, body)
        endian = "<" if order == b"l" else ">"
        return Message(kind, self._fields(whole[first:last], endian), serial, flags, body, order=endian)

    def _fields(self, raw: bytes, order: str = "<") -> Fields:
        known = self._cache.get(raw) if order == "<" else None
        if known is None:
            known = parse_fields(raw, order)
            if len(self._cache) > 4096:
                self._cache.clear()
            if order == "<":
                self._cache[raw] = known
        return known


def parse_fields(raw: bytes, order: str = "<") -> Fields:
    """Give the header fields of their encoded array; Malformed where they are not such."""
    found: dict[str, Any] = {}
    pos = 0
    try:
        while pos < len(raw):
            pos = (pos + 7) & ~7
            if pos >= len(raw):
                break
            number = raw[pos]
            (sig,), pos = for_signature("g").decode(raw, pos + 1)
            (value,), pos = for_signature(sig, order).decode(raw, pos)
            name, expected = _FIELDS.get(number, ("", sig))
            if sig != expected:
                raise Malformed(f"header field {number} has the type '{sig}'")
            if name:
                found[name] = value
    except (IndexError, struct.error, UnicodeDecodeError) as err:
        raise Malformed("the header's fields are cut short") from err
    return Fields(**found)


def make_call(
    path: str,
    interface: str,
    member: str,
    signature: str = "",
    values: Sequence[Any] = (),
    *,
    destination: str | None = None,
    fds: Sequence[int] = (),
    flags: int = 0,
) -> Message:
    """Give a method call with its values encoded."""
    body = bytearray()
    for_signature(signature).encode(body, tuple(values))
    known = Fields(path, interface, member, destination=destination, signature=signature, unix_fds=len(fds))
    return Message(Type.METHOD_CALL, known, 0, flags, bytes(body), list(fds))
