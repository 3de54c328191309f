# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tell subscribers what happens: the daemon's events, and the changes that the standard interfaces announce.

Each event carries the daemon's generation (new at every start) and a sequence number without gaps, so that a client
can tell that it missed one and ask for it by `EventsSince`. Signals go to those who subscribed, one by one, and only
to those who may see the object: nothing is broadcast.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

from virtbus.bus.caller import Caller
from virtbus.bus.catalogue import Api, Event
from virtbus.bus.link import Link
from virtbus.bus.types import Field, Scalar
from virtbus.bus.wire import kinds
from virtbus.bus.wire.codec import for_signature
from virtbus.bus.wire.message import Fields, Message, Type, build

JOURNAL_SIZE = 10_000
QUEUE_MAX = 10_000
STAMP = (Field("generation", Scalar("uint64")), Field("sequence", Scalar("uint64")))


class Audience(Protocol):
    """Who decides what a subscriber may be told."""

    def sees_all(self, caller: Caller) -> bool:
        """Say whether this caller may see every object, without asking anybody."""

    async def may_see(self, caller: Caller, event: Event | None, ref: Any) -> bool:
        """Say whether the caller may be told about this object."""


class Noted(NamedTuple):
    """An event in the journal."""

    sequence: int
    member: str
    signature: str
    body: bytes
    event: Event
    ref: Any


class Subscriber:
    """One link that wants signals; on the bus, one connection there."""

    def __init__(self, link: Link, caller: Caller, destination: str | None, audience: Audience) -> None:
        """Tell nothing yet."""
        self.link, self.caller, self.destination = link, caller, destination
        self._audience = audience
        self._waiting: deque[tuple[Fields, bytes, Event | None, Any]] = deque()
        self._task: asyncio.Task[None] | None = None

    def tell(self, fields: Fields, body: bytes, event: Event | None, ref: Any) -> None:
        """Send a signal, at once or after asking whether it may be; order is kept."""
        if self._task is None and self._audience.sees_all(self.caller):
            self._send(fields, body)
            return
        self._waiting.append((fields, body, event, ref))
        if len(self._waiting) > QUEUE_MAX:
            self.link.close()
        elif self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        try:
            while self._waiting and not self.link.closed:
                fields, body, event, ref = self._waiting[0]
                if await self._audience.may_see(self.caller, event, ref):
                    self._send(fields, body)
                self._waiting.popleft()
        finally:
            self._task = None

    def _send(self, fields: Fields, body: bytes) -> None:
        known = fields._replace(destination=self.destination)
        self.link.send(build(Message(Type.SIGNAL, known, self.link.next_serial(), 1, body)))


class Signals:
    """The events of one daemon and who listens to them."""

    def __init__(self, audience: Audience, managers: Callable[[], Iterable[Api]]) -> None:
        """Start a generation; `managers` gives the objects whose classes declare events."""
        self.generation = time.time_ns()
        self.sequence = 0
        self._audience = audience
        self._managers = managers
        self._events: dict[str, tuple[Event, str, str]] = {}
        self._journal: deque[Noted] = deque(maxlen=JOURNAL_SIZE)
        self._subscribers: dict[tuple[int, str | None], Subscriber] = {}
        self._loop = asyncio.get_running_loop()

    def subscribe(self, link: Link, caller: Caller, destination: str | None = None) -> None:
        """Send signals to a link (on a bus: to `destination`) from now on."""
        self._subscribers[id(link), destination] = Subscriber(link, caller, destination, self._audience)

    def unsubscribe(self, link: Link, destination: str | None = None) -> None:
        """Stop sending signals there."""
        self._subscribers.pop((id(link), destination), None)

    def emit(self, event: Callable[..., Any], *args: Any) -> None:
        """Tell an event: `emit(api.network.Manager.network_event_lifecycle, ref, event, detail)`. Loop only."""
        entry, interface, path = self._known(event.__name__)
        self.sequence += 1
        codec = kinds.of_fields(STAMP + entry.params)
        body = bytearray()
        codec.encode(body, (self.generation, self.sequence, *args))
        fields = Fields(path, interface, entry.member, signature=codec.signature)
        noted = Noted(self.sequence, entry.member, codec.signature, bytes(body), entry, args[0] if args else None)
        self._journal.append(noted)
        self._tell(fields, noted.body, entry, noted.ref)

    def emit_threadsafe(self, event: Callable[..., Any], *args: Any) -> None:
        """Tell an event from another thread; order is kept."""
        self._loop.call_soon_threadsafe(self.emit, event, *args)

    def changed(self, obj: Api, *properties: str) -> None:
        """Tell that properties changed (org.freedesktop.DBus.Properties.PropertiesChanged, names only)."""
        self._standard(obj, "Properties", "PropertiesChanged", "sa{sv}as", (obj.interface(), {}, list(properties)))

    def added(self, obj: Api) -> None:
        """Tell that an object came (ObjectManager.InterfacesAdded); its properties are asked for as needed."""
        value: tuple[Any, ...] = (obj.ref.path(), {obj.interface(): {}})
        self._standard(obj, "ObjectManager", "InterfacesAdded", "oa{sa{sv}}", value)

    def removed(self, obj: Api) -> None:
        """Tell that an object went (ObjectManager.InterfacesRemoved)."""
        self._standard(obj, "ObjectManager", "InterfacesRemoved", "oas", (obj.ref.path(), [obj.interface()]))

    def since(self, generation: int, sequence: int) -> list[Noted]:
        """Give the events after `sequence`; all that are kept where the generation is another one."""
        return [n for n in self._journal if generation != self.generation or n.sequence > sequence]

    def _standard(self, obj: Api, interface: str, member: str, signature: str, values: tuple[Any, ...]) -> None:
        path = obj.ref.path() if interface == "Properties" else f"/org/libvirt/{obj.daemon}1"
        body = bytearray()
        for_signature(signature).encode(body, values)
        fields = Fields(path, f"org.freedesktop.DBus.{interface}", member, signature=signature)
        self._tell(fields, bytes(body), None, obj.ref)

    def _tell(self, fields: Fields, body: bytes, event: Event | None, ref: Any) -> None:
        for key, subscriber in list(self._subscribers.items()):
            if subscriber.link.closed:
                del self._subscribers[key]
            else:
                subscriber.tell(fields, body, event, ref)

    def _known(self, name: str) -> tuple[Event, str, str]:
        if name not in self._events:
            for manager in self._managers():
                for method, entry in manager.events.items():
                    self._events[method] = (entry, manager.interface(), f"/org/libvirt/{manager.daemon}1")
        return self._events[name]
