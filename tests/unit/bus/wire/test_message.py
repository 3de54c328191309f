# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages: ours read by dbus-next, dbus-next's read by us, and streams cut anywhere."""

from __future__ import annotations

import io

import pytest
from dbus_next import Message as TheirMessage
from dbus_next import MessageType, Variant
from dbus_next._private.unmarshaller import Unmarshaller
from hypothesis import given
from hypothesis import strategies as st

from virtbus.bus.wire.codec import Malformed
from virtbus.bus.wire.message import CallTemplate, Fields, Message, Parser, Type, build, build_reply, make_call


def read_by_them(data: bytes) -> TheirMessage:
    """Give a message as dbus-next reads it."""
    return Unmarshaller(io.BytesIO(data)).unmarshall()


def test_a_call_from_a_template_is_what_others_read() -> None:
    body = (5).to_bytes(4, "little")
    data = CallTemplate("org.libvirt.network1.Network", "GetXMLDesc", "u").build(7, "/org/libvirt/x", body)
    seen = read_by_them(data)
    assert (seen.path, seen.interface, seen.member) == ("/org/libvirt/x", "org.libvirt.network1.Network", "GetXMLDesc")
    assert (seen.serial, seen.signature, seen.body) == (7, "u", [5])


@pytest.mark.parametrize("to", [None, ":1.7"])
def test_a_reply_is_what_others_read(to: str | None) -> None:
    seen = read_by_them(build_reply(9, 1234, "s", b"\2\0\0\0hi\0", to=to))
    assert (seen.message_type, seen.reply_serial, seen.body) == (MessageType.METHOD_RETURN, 1234, ["hi"])
    assert seen.destination == to


def test_a_message_of_others_is_read() -> None:
    theirs = TheirMessage(
        path="/a/b", interface="x.y", member="M", signature="sa{sv}", body=["q", {"k": Variant("i", 3)}]
    )
    theirs.serial = 12
    (seen,) = Parser().feed(theirs._marshall())
    assert (seen.serial, seen.path, seen.interface, seen.member) == (12, "/a/b", "x.y", "M")
    assert seen.values() == ("q", {"k": ("i", 3)})


@given(cuts=st.lists(st.integers(1, 200), max_size=12))
def test_a_stream_may_be_cut_anywhere(cuts: list[int]) -> None:
    data = b"".join(build(make_call("/p", "i.f", f"M{n}", "us", (n, "x" * n))) for n in range(5))
    parser, found, start = Parser(), [], 0
    for cut in [*cuts, len(data)]:
        found += parser.feed(data[start : start + cut])
        start += cut
    assert [m.member for m in found] == [f"M{n}" for n in range(5)]


@given(st.binary(min_size=16, max_size=200))
def test_any_bytes_give_messages_or_a_refusal(data: bytes) -> None:
    parser = Parser()
    try:
        for message in parser.feed(b"l" + data):
            assert isinstance(message, Message)
    except Malformed:
        return


@pytest.mark.parametrize("first", [b"x" + b"\0" * 15, b"l\1\0\2" + b"\0" * 12, b"l\1\0\1\xff\xff\xff\xff" + b"\0" * 8])
def test_what_is_no_message_ends_the_stream(first: bytes) -> None:
    with pytest.raises(Malformed):
        Parser().feed(first)


def test_an_error_keeps_its_name() -> None:
    fields = Fields(error_name="org.libvirt.Error.NoDomain", reply_serial=3, signature="s")
    (seen,) = Parser().feed(build(Message(Type.ERROR, fields, 1, 0, b"\1\0\0\0x\0")))
    assert (seen.error_name, seen.reply_serial, seen.values()) == ("org.libvirt.Error.NoDomain", 3, ("x",))
