# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames: whole, in pieces, several at once, with descriptors, broken."""

from __future__ import annotations

import struct

import pytest

from virtbus.proxy.rpc.limits import PACKET_MAX
from virtbus.proxy.rpc.packet import BrokenFrame, Framer, Type, pack

CALL = pack(0x20008086, 1, 7, Type.CALL, 3, 0, b"body")


def test_one() -> None:
    (packet,) = Framer().feed(CALL)
    assert (packet.program, packet.version, packet.procedure, packet.serial) == (0x20008086, 1, 7, 3)
    assert packet.payload == b"body"


def test_byte_by_byte() -> None:
    framer = Framer()
    found = [p for at in range(len(CALL)) for p in framer.feed(CALL[at : at + 1])]
    assert [p.payload for p in found] == [b"body"]
    assert not framer.partial


def test_many_in_odd_pieces() -> None:
    stream = CALL * 20
    for size in (5, 31, 33, 64, 100):
        framer = Framer()
        found = [p for at in range(0, len(stream), size) for p in framer.feed(stream[at : at + size])]
        assert len(found) == 20


@pytest.mark.parametrize("length", [0, 1, 27, PACKET_MAX + 1, 0xFFFFFFFF])
def test_impossible_length(length: int) -> None:
    with pytest.raises(BrokenFrame):
        Framer().feed(struct.pack(">I", length) + b"\0" * 40)


def test_descriptors_follow() -> None:
    raw = pack(1, 1, 1, Type.CALL_WITH_FDS, 0, 0, b"", 2)
    framer = Framer()
    assert framer.feed(raw) == []
    assert framer.feed(b"\0", [10]) == []
    assert framer.partial
    (packet,) = framer.feed(b"\0" + CALL[:3], [11])
    assert packet.fds == (10, 11)
    (after,) = framer.feed(CALL[3:])
    assert after.payload == b"body"


def test_descriptors_missing() -> None:
    framer = Framer()
    framer.feed(pack(1, 1, 1, Type.CALL_WITH_FDS, 0, 0, b"", 1))
    with pytest.raises(BrokenFrame):
        framer.feed(b"\0")


def test_too_many_descriptors() -> None:
    with pytest.raises(BrokenFrame):
        Framer().feed(pack(1, 1, 1, Type.CALL_WITH_FDS, 0, 0, b"", 33))


def test_descriptors_that_nobody_announced() -> None:
    framer = Framer()
    (packet,) = framer.feed(CALL, [7])
    assert packet.fds == ()
    assert framer.leftover() == [7]
