# SPDX-License-Identifier: LGPL-2.1-or-later
"""Events: who wants which, and the messages made of the daemons' signals.

A signal is turned into the wire's form once, however many clients are told: the same body gives the same bytes, and
only the callback id in front differs.
"""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from virtbus.bus.api import hypervisor
from virtbus.bus.catalogue import PROGRAMS, Event
from virtbus.bus.errors import ErrorDomain as Origin
from virtbus.bus.errors import InternalError, InvalidArg, LibvirtError
from virtbus.bus.errors.wire import error_from_bus
from virtbus.bus.link import Link
from virtbus.bus.types import Field, Scalar
from virtbus.bus.wire import kinds
from virtbus.bus.wire.message import CallTemplate, Message, Type
from virtbus.proxy.peers import lost
from virtbus.proxy.rpc import layout, replies, xdr
from virtbus.proxy.rpc.packet import LENGTH

if TYPE_CHECKING:
    from virtbus.proxy.session import Session

log = logging.getLogger("virtbus.proxy.events")

STAMP = (Field("generation", Scalar("uint64")), Field("sequence", Scalar("uint64")))
MONITOR = "monitor"


class Rendered(NamedTuple):
    """A signal in the wire's form: the object's path, the message after its callback id, the old message."""

    path: str
    callback: bytes
    legacy: bytes
    args: tuple[Any, ...]


class Source:
    """One kind of event: how its signal is read and its messages are written."""

    def __init__(self, family: str, entry: Event) -> None:
        """Compile the codecs."""
        self.family = MONITOR if entry.number < 0 else family
        self.number = max(entry.number, 0)
        self.entry = entry
        self.program = PROGRAMS[entry.program]
        messages = layout.of_event(entry)
        self._decode = kinds.of_fields(STAMP + entry.params).decode
        self._callback = xdr.of_fields(messages.callback[1:]).encode
        self._legacy = xdr.of_fields(messages.legacy).encode if messages.legacy else None
        names = [p.name for p in entry.params]
        self._order = [names.index(f.name) for f in messages.callback[1:]]
        self._plain = [names.index(f.name) for f in messages.legacy or ()]

    @functools.lru_cache(maxsize=64)  # noqa: B019 sources live as long as the process
    def render(self, body: bytes) -> Rendered:
        """Give a signal's messages."""
        args = self._decode(body, 0)[0][2:]
        callback, legacy = bytearray(), bytearray()
        self._callback(callback, tuple(args[at] for at in self._order))
        if self._legacy is not None:
            self._legacy(legacy, tuple(args[at] for at in self._plain))
        return Rendered(args[0].path(), bytes(callback), bytes(legacy), args)


@functools.cache
def sources() -> dict[str, Source]:
    """Give every kind of event by its signal's name."""
    return {entry.member: Source(api.daemon, entry) for api, entry in layout.events()}


@functools.cache
def numbers(family: str) -> frozenset[int]:
    """Give the event numbers that a family has."""
    return frozenset(source.number for source in sources().values() if source.family == family)


class Registration(NamedTuple):
    """What a client asked to be told: one kind of event, of one object (its path) or all."""

    family: str
    number: int
    path: str | None
    callback_id: int
    legacy: bool = False
    matches: Callable[[str], bool] | None = None


TEXTS = {
    "hypervisor": "domain", "network": "network", "storage": "storage pool", "nodedev": "node device",
    "secret": "secret", MONITOR: "qemu monitor",
}  # fmt: skip
"""What libvirt's texts call the families."""


class Registrations:
    """The events that one client wants."""

    def __init__(self, session: Session) -> None:
        """Want none."""
        self._session = session
        self._wanted: list[Registration] = []
        self._subscribed: dict[str, list[Callable[[LibvirtError | None], None]] | None] = {}
        self._monitors: dict[int, bytes] = {}

    # -- asking

    def add(self, registration: Registration, done: Callable[[LibvirtError | None], None]) -> None:
        """Enter a registration, ask the daemon for its events if need be, then call `done`."""
        same = registration[:3] + registration[4:5]
        if registration.family != MONITOR and any(r[:3] + r[4:5] == same for r in self._wanted):
            raise InvalidArg("event callback already tracked", origin=Origin.NONE)
        self._wanted.append(registration)

        def subscribed(error: LibvirtError | None) -> None:
            if error is not None and registration in self._wanted:
                self._wanted.remove(registration)
            done(error)

        self._subscribe(part_of(registration.family), subscribed)

    def discard(self, registration: Registration) -> None:
        """Drop a registration if it is still there."""
        if registration in self._wanted:
            self._drop(registration)

    def ask_monitor(
        self, registration: Registration, args: tuple[Any, ...], done: Callable[[LibvirtError | None], None]
    ) -> None:
        """Ask the hypervisor's daemon to tell QEMU's own events, now that its signals come here."""
        link = self._session.peers.links.get("hypervisor")
        if link is None:
            done(lost())
            return
        entry = hypervisor.Manager.calls["domain_monitor_event_register"]
        body = bytearray()
        kinds.of_fields(entry.params).encode(body, args)
        template = CallTemplate(hypervisor.Manager.interface(), entry.member, kinds.signature(entry.params))

        def answered(reply: Message) -> None:
            if reply.type == Type.METHOD_RETURN:
                self._monitors[registration.callback_id] = bytes(reply.body)
                done(None)
            else:
                done(error_from_bus(reply))

        link.call(template, "/org/libvirt/hypervisor1", bytes(body), answered)

    def remove(self, family: str, callback_id: int) -> None:
        """Drop a registration by its callback id."""
        for registration in self._wanted:
            if registration.family == family and registration.callback_id == callback_id and not registration.legacy:
                self._drop(registration)
                return
        name = TEXTS["nodedev" if family == "secret" else family]
        raise InternalError(f"{name} event callback {callback_id} not registered", origin=Origin.RPC)

    def remove_legacy(self, number: int) -> None:
        """Drop an old registration by its event's number."""
        for registration in self._wanted:
            if registration.legacy and registration.number == number:
                self._drop(registration)
                return
        raise InternalError(f"domain event {number} not registered", origin=Origin.RPC)

    def _drop(self, registration: Registration) -> None:
        self._wanted.remove(registration)
        daemons_id = self._monitors.pop(registration.callback_id, None) if registration.family == MONITOR else None
        if daemons_id is not None:
            self._tell_monitor(daemons_id)
        bus_name = self._session.peers.bus_name(part_of(registration.family))
        if bus_name is not None and not self._wants(bus_name):
            part = part_of(registration.family)
            link = self._session.peers.links.get(part)
            self._subscribed.pop(bus_name, None)
            if link is not None:
                link.call(_template(part, "Unsubscribe"), f"/org/libvirt/{part}1", b"", _ignore)

    def _tell_monitor(self, daemons_id: bytes) -> None:
        link = self._session.peers.links.get("hypervisor")
        if link is not None:
            template = CallTemplate(hypervisor.Manager.interface(), "DomainMonitorEventDeregister", "i")
            link.call(template, "/org/libvirt/hypervisor1", daemons_id, _ignore)

    def _subscribe(self, part: str, then: Callable[[LibvirtError | None], None]) -> None:
        bus_name = self._session.peers.bus_name(part) or ""
        if bus_name in self._subscribed:
            waiting = self._subscribed[bus_name]
            if waiting is None:
                then(None)
            else:
                waiting.append(then)
            return
        self._subscribed[bus_name] = [then]

        def linked(link: Link | None, error: LibvirtError | None) -> None:
            if link is None:
                self._settle(bus_name, error)
            else:
                link.call(_template(part, "Subscribe"), f"/org/libvirt/{part}1", b"", answered)

        def answered(reply: Message) -> None:
            self._settle(bus_name, None if reply.type == Type.METHOD_RETURN else error_from_bus(reply))

        self._session.peers.with_link(part, linked)

    def _settle(self, bus_name: str, error: LibvirtError | None) -> None:
        waiting = self._subscribed.pop(bus_name, None) or []
        if error is None:
            self._subscribed[bus_name] = None
        for then in waiting:
            then(error)

    # -- the daemons

    def link_opened(self, bus_name: str) -> None:
        """Subscribe anew where the last link had been subscribed."""
        if bus_name not in self._subscribed and self._wants(bus_name):
            part = next(p for p, name in self._session.peers.buses.items() if name == bus_name)
            self._subscribe(part, functools.partial(_note, bus_name))

    def link_ended(self, bus_name: str) -> None:
        """Note that a daemon went away; where its events are wanted, reach for it again."""
        if self._subscribed.pop(bus_name, None) is None and self._wants(bus_name):
            part = next(p for p, name in self._session.peers.buses.items() if name == bus_name)
            self._session.peers.with_link(part, lambda _link, _error: None)

    def _wants(self, bus_name: str) -> bool:
        bus = self._session.peers.bus_name
        return any(bus(part_of(r.family)) == bus_name for r in self._wanted)

    def signal(self, message: Message) -> None:
        """Tell the client of an event if it asked for that."""
        source = sources().get(message.member or "")
        if source is None or not self._wanted:
            return
        for wanted in [r for r in self._wanted if r.family == source.family and r.number == source.number]:
            self._tell(wanted, source, message)

    def _tell(self, wanted: Registration, source: Source, message: Message) -> None:
        try:
            rendered = source.render(bytes(message.body))
        except xdr.SLACK as err:
            log.error("the signal %s cannot be passed on: %s", message.member, err)
            return
        if wanted.path is not None and wanted.path != rendered.path:
            return
        if wanted.matches is not None and not wanted.matches(rendered.args[1]):
            return
        session = self._session
        if session.wire.pending > session.limits.event_queue_max:
            log.warning("client %s does not read its events and is cut off", session.wire.peer)
            session.abort()
        elif wanted.legacy:
            assert source.entry.legacy is not None
            session.wire.send(replies.message(source.program, source.entry.legacy, rendered.legacy))
        else:
            payload = LENGTH.pack(wanted.callback_id) + rendered.callback
            session.wire.send(replies.message(source.program, source.entry.callback, payload))

    def close(self) -> None:
        """Want nothing any more."""
        self._wanted.clear()


def part_of(family: str) -> str:
    """Give the part of the catalogue that a family of events comes from."""
    return "hypervisor" if family == MONITOR else family


def matcher(pattern: str | None, flags: int) -> Callable[[str], bool] | None:
    """Give what tells the monitor events that a client asked for: by name, or by pattern (1), in any case (2)."""
    if pattern is None:
        return None
    if flags & 1:
        try:
            found = re.compile(pattern, re.IGNORECASE if flags & 2 else 0)
        except re.error as err:
            raise InvalidArg(f"Invalid regex '{pattern}'", origin=Origin.NONE) from err
        return lambda name: found.search(name) is not None
    if flags & 2:
        return lambda name: name.casefold() == pattern.casefold()
    return lambda name: name == pattern


@functools.cache
def _template(part: str, member: str) -> CallTemplate:
    return CallTemplate(f"org.libvirt.{part}1.Manager", member, "")


def _note(bus_name: str, error: LibvirtError | None) -> None:
    if error is not None:
        log.warning("no events come from %s: %s", bus_name, error)


def _ignore(_reply: Message) -> None:
    """Take a reply of which nothing depends."""
