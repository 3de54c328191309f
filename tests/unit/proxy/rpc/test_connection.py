# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a client may send when."""

from __future__ import annotations

import itertools
import random

import pytest

from virtbus.bus.catalogue import PROGRAMS
from virtbus.proxy.rpc.connection import KEEPALIVE, REMOTE, TABLE, Connection, Input, State, Verdict
from virtbus.proxy.rpc.packet import BrokenFrame, Packet, Status, Type, pack
from virtbus.proxy.rpc.replies import PONG

KNOWN = {REMOTE: frozenset({1, 2, 7, 60, 66, 67, 68, 69, 70}), PROGRAMS["qemu"]: frozenset({1})}
PROCEDURES = {Input.AUTH: 66, Input.OPEN: 1, Input.CLOSE: 2, Input.FEATURE: 60, Input.CALL: 7}


def packet(procedure: int, program: int = REMOTE, type: int = Type.CALL, status: int = 0, version: int = 1) -> Packet:
    return Packet(program, version, procedure, type, 5, status, pack(program, version, procedure, type, 5, status))


def connection(state: State) -> Connection:
    core = Connection(KNOWN)
    core.state = state
    return core


@pytest.mark.parametrize(("state", "kind"), list(itertools.product(State, Input)))
def test_every_call_in_every_state(state: State, kind: Input) -> None:
    verdict, answer = connection(state).judge(packet(PROCEDURES[kind]))
    if state is State.CLOSED:
        assert (verdict, answer) == (Verdict.IGNORED, b"")
    elif TABLE[state, kind] is None:
        assert (verdict, answer) == (Verdict.CALL, b"")
    else:
        assert verdict is Verdict.ANSWERED
        assert str(TABLE[state, kind]()).encode() in answer


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (packet(0, program=0, version=0), "Cannot find program 0 version 0"),
        (packet(7, version=99), "Cannot find program 536903814 version 99"),
        (packet(0), "unknown procedure: 0"),
        (packet(-1), "unknown procedure: -1"),
        (packet(107), "unknown procedure: 107"),
        (packet(7, status=Status.ERROR), "Unexpected message status 1"),
        (packet(1, program=KEEPALIVE), "Cannot find program 1801807216 version 1"),
    ],
)
def test_answers(asked: Packet, text: str) -> None:
    verdict, answer = connection(State.OPEN).judge(asked)
    assert verdict is Verdict.ANSWERED
    assert text.encode() in answer
    (back,) = Connection(KNOWN).receive(answer)
    assert (back.program, back.version, back.procedure, back.serial) == (*asked[:3], asked.serial)


@pytest.mark.parametrize("kind", [Type.REPLY, Type.MESSAGE, 77, -1])
def test_other_types_are_passed_over(kind: int) -> None:
    assert connection(State.OPEN).judge(packet(7, type=kind)) == (Verdict.IGNORED, b"")


def test_ping() -> None:
    ping = packet(1, program=KEEPALIVE, type=Type.MESSAGE)
    assert connection(State.OPEN).judge(ping) == (Verdict.ANSWERED, PONG)
    assert connection(State.NEW).judge(ping) == (Verdict.IGNORED, b"")


def test_any_input_in_any_state() -> None:
    """Whatever arrives: packets that are judged, or an end; nothing else."""
    dice = random.Random(4711)
    base = pack(REMOTE, 1, 7, 0, 1, 0, bytes(12))
    for state in State:
        for _ in range(3000):
            raw = bytearray(base)
            for _ in range(dice.randint(1, 4)):
                raw[dice.randrange(len(raw))] = dice.randrange(256)
            core = connection(state)
            try:
                packets = core.receive(bytes(raw))
            except BrokenFrame:
                continue
            for each in packets:
                assert isinstance(core.judge(each)[0], Verdict)
            assert core.state is state
