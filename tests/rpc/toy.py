# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon that a test makes up: it answers calls on peer links with what the test says."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any

from virtbus.bus.api import hypervisor, network, storage
from virtbus.bus.api.domain import Domain
from virtbus.bus.catalogue import Api, Event
from virtbus.bus.errors import ErrorDomain, LibvirtError
from virtbus.bus.errors.wire import SIGNATURE, body_of
from virtbus.bus.link import Link
from virtbus.bus.types import Descriptor, Field, Scalar
from virtbus.bus.wire import kinds
from virtbus.bus.wire.codec import for_signature
from virtbus.bus.wire.message import Fields, Message, Type, build, build_reply
from virtbus.proxy.peers import lost

STAMP = (Field("generation", Scalar("uint64")), Field("sequence", Scalar("uint64")))
APIS: tuple[type[Api], ...] = (
    hypervisor.Manager,
    Domain,
    network.Manager,
    network.Network,
    storage.Manager,
    storage.Volume,
)
ENTRIES = {(api.interface(), e.member): e for api in APIS for e in api.calls.values() if e.bus}
HOLD = object()
"""What a method gives that does not answer yet."""


class Toy:
    """All daemons at once. `methods` has the answers by member: a value, or a function of path and arguments."""

    def __init__(self) -> None:
        self.methods: dict[str, Any] = {}
        self.links: list[Link] = []
        self.identities: list[tuple[str, Mapping[str, Any]]] = []
        self.calls: list[tuple[str, str, tuple[Any, ...]]] = []
        self.held: list[Callable[[Any], None]] = []
        self.ended: list[str] = []
        self.stream_error: LibvirtError | None = None
        self.subscribed = 0
        self.sequence = 0
        self.away = False
        self.arrived = asyncio.Event()

    async def open(self, bus_name: str, identity: Mapping[str, Any]) -> socket.socket:
        if self.away:
            raise lost(111, f"Failed to connect to '{bus_name}'")
        ours, theirs = socket.socketpair()
        link = Link(ours)
        link.on_call = lambda message: self._call(link, message)
        link.start()
        self.links.append(link)
        self.identities.append((bus_name, dict(identity)))
        return theirs

    def _call(self, link: Link, message: Message) -> None:
        member = message.member or ""
        if message.interface == "org.libvirt.Stream1":
            self._end(link, message)
        elif member in ("Subscribe", "Unsubscribe"):
            self.subscribed += 1 if member == "Subscribe" else -1
            self._send(link, message, "", ())
        elif member == "SupportsFeature":
            self._send(link, message, "i", (1,))
        else:
            self._answer(link, message, member)
        self.arrived.set()

    def _answer(self, link: Link, message: Message, member: str) -> None:
        entry = ENTRIES[message.interface or "", member]
        args = tuple(kinds.of_fields(entry.params).decode(bytes(message.body), 0)[0])
        self.calls.append((member, message.path or "", args))

        def give(value: Any) -> None:
            if isinstance(value, LibvirtError):
                self._fail(link, message, value)
                return
            if entry.stream:
                fd, *rest = value
                signature = "ho" + kinds.signature(entry.outs)
                self._send(link, message, signature, (0, f"/org/libvirt/stream/{message.serial}", *rest), [fd])
                return
            values = () if not entry.outs else (value if len(entry.outs) > 1 else (value,))
            fds = [value] if entry.outs and isinstance(entry.outs[0].kind, Descriptor) else []
            if fds:
                values = (0,)
            body = bytearray()
            kinds.of_fields(entry.outs).encode(body, values)
            link.send(
                build_reply(link.next_serial(), message.serial, kinds.signature(entry.outs), bytes(body), len(fds)), fds
            )

        answer = self.methods[member]
        if callable(answer):
            answer = answer(message, *args)
        if answer is HOLD:
            self.held.append(give)
        else:
            give(answer)

    def _end(self, link: Link, message: Message) -> None:
        self.ended.append(message.member or "")
        if self.stream_error is not None and message.member == "Finish":
            self._fail(link, message, self.stream_error)
        else:
            self._send(link, message, "", ())

    def _send(self, link: Link, message: Message, signature: str, values: tuple[Any, ...], fds: Any = ()) -> None:
        body = bytearray()
        for_signature(signature).encode(body, values)
        link.send(build_reply(link.next_serial(), message.serial, signature, bytes(body), len(fds)), fds)
        for fd in fds:
            os.close(fd)

    def _fail(self, link: Link, message: Message, error: LibvirtError) -> None:
        known = Fields(error_name=error.bus_name(), reply_serial=message.serial, signature=SIGNATURE)
        body = body_of(error, ErrorDomain.QEMU)
        link.send(build(Message(Type.ERROR, known, link.next_serial(), 1, body)))

    def emit(self, event: Callable[..., Any], *args: Any) -> None:
        """Send a signal to every link."""
        member: Event = next(e for api in APIS for e in api.events.values() if e.method == event.__name__)
        self.sequence += 1
        codec = kinds.of_fields(STAMP + member.params)
        body = bytearray()
        codec.encode(body, (1, self.sequence, *args))
        part = next(api.daemon for api in APIS if member.method in api.events)
        fields = Fields(
            f"/org/libvirt/{part}1", f"org.libvirt.{part}1.Manager", member.member, signature=codec.signature
        )
        for link in self.links:
            link.send(build(Message(Type.SIGNAL, fields, link.next_serial(), 1, bytes(body))))

    def drop(self) -> None:
        """Go away, as a daemon that was killed."""
        links, self.links = self.links, []
        for link in links:
            link.close()

    async def wait_for(self, count: int) -> None:
        """Return once so many calls have arrived."""
        while len(self.calls) < count:
            self.arrived.clear()
            await asyncio.wait_for(self.arrived.wait(), 10)
