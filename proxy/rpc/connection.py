# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a client may send when: the protocol's connection as a table of states.

`receive` takes bytes and gives packets; `judge` says what each of them is: to be carried out, part of a stream, or
answered here and now. What a state does not list is refused with the text that libvirt has for it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Set
from typing import Final

from virtbus.bus.catalogue import PROGRAMS
from virtbus.bus.errors import ErrorDomain, InternalError, LibvirtError, Rpc
from virtbus.proxy.rpc import replies
from virtbus.proxy.rpc.limits import HEADER_SIZE
from virtbus.proxy.rpc.packet import HEADER, Framer, Packet, Status, Type

REMOTE: Final = PROGRAMS["remote"]
KEEPALIVE: Final = PROGRAMS["keepalive"]
VERSION: Final = 1
PING, PONG = 1, 2
OPEN = 1


class State(enum.Enum):
    """How far a connection is."""

    NEW = "new"
    AUTHENTICATED = "authenticated"
    OPEN = "open"
    CLOSED = "closed"


class Input(enum.Enum):
    """The kinds of call that the states tell apart."""

    AUTH = "auth"
    OPEN = "open"
    CLOSE = "close"
    FEATURE = "feature"
    CALL = "call"


class Verdict(enum.Enum):
    """What to do with a packet."""

    CALL = "call"
    STREAM = "stream"
    ANSWERED = "answered"
    IGNORED = "ignored"
    CLOSE = "close"


_KINDS = {OPEN: Input.OPEN, 2: Input.CLOSE, 60: Input.FEATURE, **dict.fromkeys((66, 67, 68, 69, 70), Input.AUTH)}


def _unauthenticated() -> LibvirtError:
    return Rpc("authentication required", origin=ErrorDomain.RPC)


def _unopened() -> LibvirtError:
    return InternalError("hypervisor connection not open", origin=ErrorDomain.RPC)


def _opened() -> LibvirtError:
    return InternalError("connection already open", origin=ErrorDomain.RPC)


TABLE: Final = {
    (State.NEW, Input.AUTH): None,
    (State.NEW, Input.OPEN): _unauthenticated,
    (State.NEW, Input.CLOSE): _unauthenticated,
    (State.NEW, Input.FEATURE): _unauthenticated,
    (State.NEW, Input.CALL): _unauthenticated,
    (State.AUTHENTICATED, Input.AUTH): None,
    (State.AUTHENTICATED, Input.OPEN): None,
    (State.AUTHENTICATED, Input.CLOSE): None,
    (State.AUTHENTICATED, Input.FEATURE): None,
    (State.AUTHENTICATED, Input.CALL): _unopened,
    (State.OPEN, Input.AUTH): None,
    (State.OPEN, Input.OPEN): _opened,
    (State.OPEN, Input.CLOSE): None,
    (State.OPEN, Input.FEATURE): None,
    (State.OPEN, Input.CALL): None,
}
"""(state, kind of call) → None where it may be carried out, or the error that refuses it."""


class Connection:
    """The protocol's side of one client; no input or output."""

    def __init__(self, programs: Mapping[int, Set[int]]) -> None:
        """Begin with a client of whom nothing is known; `programs` gives the procedures that may be called."""
        self.state = State.NEW
        self._framer = Framer()
        self._programs = programs
        self._remote = programs.get(REMOTE, frozenset())

    @property
    def partial(self) -> bool:
        """Whether a packet has begun and is not complete."""
        return self._framer.partial

    def receive(self, data: bytes, fds: list[int] | None = None) -> list[Packet]:
        """Give the packets that are complete now; BrokenFrame where the stream lost its meaning."""
        return self._framer.feed(data, fds)

    def single(self, data: bytes) -> Packet | None:
        """Give the packet that `data` is, if it is one whole call and may be carried out; None says nothing.

        This is what nearly all that arrives is, so it is told without the detours of `receive` and `judge`.
        """
        if self.state is not State.OPEN or len(data) < HEADER_SIZE or self._framer.partial:
            return None
        length, program, version, procedure, kind, serial, status = HEADER.unpack_from(data)
        if length != len(data) or kind or status or version != VERSION or program != REMOTE or procedure == OPEN:
            return None
        if procedure not in self._remote:
            return None
        return Packet(program, version, procedure, kind, serial, status, data)

    def leftover(self) -> list[int]:
        """Give up descriptors that came and belong to no packet, for closing."""
        return self._framer.leftover()

    def judge(self, packet: Packet) -> tuple[Verdict, bytes]:
        """Say what to do with a packet, and give what to answer if that can be said here."""
        if self.state is State.CLOSED:
            return Verdict.IGNORED, b""
        if packet.program == KEEPALIVE:
            return self._keepalive(packet)
        known = self._programs.get(packet.program)
        if known is None or packet.version != VERSION:
            text = f"Cannot find program {packet.program} version {packet.version}"
            return Verdict.ANSWERED, replies.rpc_refusal(packet, text)
        if packet.type in (Type.CALL, Type.CALL_WITH_FDS):
            return self._call(packet, known)
        if packet.type in (Type.STREAM, Type.STREAM_HOLE) and self.state is State.OPEN:
            return Verdict.STREAM, b""
        return Verdict.IGNORED, b""

    def _keepalive(self, packet: Packet) -> tuple[Verdict, bytes]:
        if packet.type == Type.MESSAGE and packet.procedure == PING and self.state is not State.NEW:
            return Verdict.ANSWERED, replies.PONG
        if packet.type in (Type.CALL, Type.CALL_WITH_FDS):
            text = f"Cannot find program {packet.program} version {packet.version}"
            return Verdict.ANSWERED, replies.rpc_refusal(packet, text)
        return Verdict.IGNORED, b""

    def _call(self, packet: Packet, known: Set[int]) -> tuple[Verdict, bytes]:
        if packet.status != Status.OK:
            return Verdict.ANSWERED, replies.rpc_refusal(packet, f"Unexpected message status {packet.status}")
        if packet.procedure not in known:
            return Verdict.ANSWERED, replies.rpc_refusal(packet, f"unknown procedure: {packet.procedure}")
        kind = _KINDS.get(packet.procedure, Input.CALL) if packet.program == REMOTE else Input.CALL
        refuse = TABLE[self.state, kind]
        if refuse is not None:
            return Verdict.ANSWERED, replies.refusal(packet, refuse())
        return Verdict.CALL, b""
