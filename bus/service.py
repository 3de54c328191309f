# SPDX-License-Identifier: LGPL-2.1-or-later
"""Publish a driver's objects: every call is looked up, judged, made and answered here.

The same objects are served on the system bus and on peer links. A call goes through one gate: look up the entry →
decode → permission → the driver's method → filter → encode. Only the driver's method knows what the call does.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import struct
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

from virtbus.bus import holding
from virtbus.bus.caller import Caller, acting
from virtbus.bus.catalogue import Api, Call
from virtbus.bus.errors import ErrorDomain, InternalError, LibvirtError
from virtbus.bus.errors.wire import SIGNATURE, BusError, body_of
from virtbus.bus.link import Link
from virtbus.bus.openstreams import OpenStreams
from virtbus.bus.signals import Audience, Signals
from virtbus.bus.standard import Standard
from virtbus.bus.streams import StreamEnd
from virtbus.bus.types import Descriptor, Descriptors
from virtbus.bus.wire import kinds
from virtbus.bus.wire.codec import Malformed, for_signature
from virtbus.bus.wire.message import ALLOW_INTERACTIVE, NO_REPLY_EXPECTED, Fields, Message, Type, build, build_reply

log = logging.getLogger("virtbus.service")

Answer = Callable[[Any, BaseException | None], None]
BROKEN = (Malformed, ValueError, IndexError, KeyError, TypeError, struct.error)


class Driver(Protocol):
    """What a daemon serves. `objects` need not be quick; `find` is asked at every call."""

    origin: ErrorDomain
    manager: Api

    def find(self, path: str) -> Api | None:
        """Give the object at a path."""

    def objects(self) -> Iterable[Api]:
        """Give every object, managers included."""

    def missing(self, path: str) -> LibvirtError:
        """Give the error for a path of ours at which nothing is."""

    async def start(self, bus: Signals) -> None:
        """Load what is stored, start what starts by itself."""

    async def stop(self) -> None:
        """Let go of everything that need not outlive the daemon."""


class Blocking(Protocol):
    """An object whose calls run elsewhere than in the event loop: it has `submit` besides what Api has."""

    def submit(self, entry: Call, args: tuple[Any, ...], done: Answer) -> None:
        """Make the call in a thread and call `done` there with its value or error."""


class Judge(Audience, Protocol):
    """Who decides on permissions (`virtbus.policy.authorise`)."""

    def allowed_at_once(self, caller: Caller, entry: Call, args: tuple[Any, ...], obj: Api | None = None) -> bool:
        """Say whether the call is allowed without asking anybody; raise where it is refused so."""

    async def check(
        self, caller: Caller, entry: Call, args: tuple[Any, ...], obj: Api, *, interactive: bool = False
    ) -> None:
        """Raise AccessDenied or OperationDenied where the caller may not make the call.

        `interactive`: somebody may be asked for a password.
        """

    async def filter(
        self,
        caller: Caller,
        entry: Call,
        value: Any,
        find: Callable[[str], Api | None],
        obj: Api | None = None,
        args: tuple[Any, ...] = (),
    ) -> Any:
        """Give a list without the objects that the caller may not see, or the count of those he may."""

    def may_assert(self, caller: Caller) -> bool:
        """Say whether the caller may open a peer link in somebody else's name."""


class Service:
    """The objects of one driver on any number of links."""

    def __init__(self, driver: Driver, judge: Judge, signals: Signals) -> None:
        """Serve nothing yet: `serve` adds links."""
        self.driver, self.judge = driver, judge
        self.signals: Signals = signals
        self.standard = Standard(driver, self)
        self._held: list[Callable[[], None]] | None = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.streams = OpenStreams()
        self.calls = 0

    def open(self) -> None:
        """Answer the calls that came while the driver was starting, and all that come from now on."""
        held, self._held = self._held or [], None
        for run in held:
            run()

    def serve(self, link: Link, caller: Caller) -> None:
        """Serve a peer, who is the same caller for as long as the link lives."""
        link.on_call = functools.partial(self.receive, link, caller)
        self.streams.follow(link)
        before = link.on_closed

        def closed() -> None:
            before()
            holding.gone(link, None)

        link.on_closed = closed

    def receive(self, link: Link, caller: Caller, message: Message) -> None:
        """Take one call."""
        if self._held is not None:
            self._held.append(functools.partial(self.receive, link, caller, message))
            return
        self.calls += 1
        reply = Reply(link, message, self.driver.origin)
        try:
            self._dispatch(reply, caller)
        except (LibvirtError, BusError) as err:
            reply.fail(err)
        except BROKEN as err:
            log.debug("a call of %s.%s was refused: %s", message.interface, message.member, err)
            reply.fail(BusError("InvalidArgs", f"the arguments of {message.member} are not what it takes"))

    def find(self, path: str) -> Api:
        """Give the object at a path; what is raised where there is none is what the caller is told."""
        manager = self.driver.manager
        if path == f"/org/libvirt/{manager.daemon}1":
            return manager
        obj = self.driver.find(path)
        if obj is not None:
            return obj
        if path.startswith("/org/libvirt/") and path.count("/") > 4:
            raise self.driver.missing(path)
        raise BusError("UnknownObject", f"there is no object at '{path}'")

    def _dispatch(self, reply: Reply, caller: Caller) -> None:
        message = reply.message
        path, member = message.path or "", message.member or ""
        special = self.standard.handler(message.interface, member)
        if special is not None:
            self.spawn(special(reply, caller), reply)
            return
        if self.streams.handles(message):
            self.spawn(self.streams.handle(reply), reply)
            return
        obj = self.find(path)
        entry = entry_of(type(obj), message.interface, member)
        args = _decode(entry, message)
        if self.judge.allowed_at_once(caller, entry, args, obj):
            self._run(reply, caller, obj, entry, args)
        else:
            self.spawn(self._judged(reply, caller, obj, entry, args), reply)

    async def _judged(self, reply: Reply, caller: Caller, obj: Api, entry: Call, args: tuple[Any, ...]) -> None:
        interactive = bool(reply.message.flags & ALLOW_INTERACTIVE)
        await self.judge.check(caller, entry, args, obj, interactive=interactive)
        # The object may have gone, and another come in its place, while somebody was asked.
        again = self.find(reply.message.path or "")
        if entry.filter:
            reply.filter = functools.partial(self._filtered, reply, caller, again, entry, args)
        self._run(reply, caller, again, entry, args)

    def _run(self, reply: Reply, caller: Caller, obj: Api, entry: Call, args: tuple[Any, ...]) -> None:
        holding.serving(reply.link, reply.message.sender)
        submit = getattr(obj, "submit", None)
        if submit is not None:
            submit(entry, args, functools.partial(self._answer, reply, entry))
        else:
            self.spawn(self._call(reply, caller, obj, entry, args), reply)

    async def _call(self, reply: Reply, caller: Caller, obj: Api, entry: Call, args: tuple[Any, ...]) -> None:
        with acting(caller):
            self._answer(reply, entry, await getattr(obj, entry.method)(*args), None)

    async def perform(self, obj: Api, entry: Call, args: tuple[Any, ...]) -> Any:
        """Make a call that was judged already and give its value."""
        submit = getattr(obj, "submit", None)
        if submit is None:
            return await getattr(obj, entry.method)(*args)
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Any] = loop.create_future()

        def done(value: Any, error: BaseException | None) -> None:
            loop.call_soon_threadsafe(_settle, waiting, value, error)

        submit(entry, args, done)
        return await waiting

    def _answer(self, reply: Reply, entry: Call, value: Any, error: BaseException | None) -> None:
        if error is not None:
            reply.fail(error)
        elif isinstance(value, StreamEnd):
            reply.later(lambda: self.streams.open(reply, entry, value))
        elif reply.filter is not None:
            asking, reply.filter = reply.filter, None
            reply.later(lambda: self.spawn(asking(value), reply))
        else:
            reply.result(entry, value)

    async def _filtered(
        self, reply: Reply, caller: Caller, obj: Api, entry: Call, args: tuple[Any, ...], value: Any
    ) -> None:
        reply.result(entry, await self.judge.filter(caller, entry, value, self.driver.find, obj, args))

    def forget(self, link: Link, sender: str) -> None:
        """Let go of what a connection on the bus held, now that it left."""
        self.signals.unsubscribe(link, sender)
        self.streams.leave(link, sender)
        holding.gone(link, sender)

    def spawn(self, work: Coroutine[Any, Any, None], reply: Reply) -> None:
        """Run a coroutine whose failure is the call's answer."""
        task = asyncio.get_running_loop().create_task(_guarded(work, reply))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _settle(waiting: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    if waiting.done():
        return
    if error is not None:
        waiting.set_exception(error)
    else:
        waiting.set_result(value)


async def _guarded(work: Coroutine[Any, Any, None], reply: Reply) -> None:
    try:
        await work
    except Exception as err:
        reply.fail(err)


class Reply:
    """The answer to one call, which may be given in any thread, once."""

    __slots__ = ("_loop", "filter", "link", "message", "origin")

    def __init__(self, link: Link, message: Message, origin: ErrorDomain) -> None:
        """Prepare to answer `message` on the link it came from."""
        self.link, self.message, self.origin = link, message, origin
        self.filter: Callable[[Any], Coroutine[Any, Any, None]] | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def wanted(self) -> bool:
        """Whether the caller waits for an answer."""
        return not self.message.flags & NO_REPLY_EXPECTED

    def later(self, work: Callable[[], None]) -> None:
        """Go on in the event loop; a failure there is the answer."""

        def guarded() -> None:
            try:
                work()
            except Exception as err:
                self.fail(err)

        self._loop.call_soon_threadsafe(guarded)

    def result(self, entry: Call, value: Any) -> None:
        """Answer with what the driver's method gave."""
        outs = entry.outs
        values = () if not outs else (tuple(value) if len(outs) > 1 or _apart(entry, value) else (value,))
        fds: list[int] = []
        if entry_codecs(entry).descriptors_out:
            values, fds = _take_descriptors(values, outs)
        body = bytearray()
        try:
            entry_codecs(entry).outs.encode(body, values)
        except BROKEN as err:
            self.fail(err)
            return
        self.send(entry_codecs(entry).outs.signature, bytes(body), fds)

    def values(self, signature: str, *values: Any, fds: list[int] | None = None) -> None:
        """Answer with plain values."""
        body = bytearray()
        for_signature(signature).encode(body, values)
        self.send(signature, bytes(body), fds or [])

    def send(self, signature: str, body: bytes, fds: list[int]) -> None:
        """Answer with an encoded body; the descriptors of call and answer are closed here."""
        serial = self.link.next_serial()
        if self.wanted:
            data = build_reply(serial, self.message.serial, signature, body, len(fds), self.message.sender)
            self.link.send(data, fds)
        close_all(fds + self.message.fds)

    def fail(self, error: BaseException) -> None:
        """Answer with an error; one that is not for callers is written to the log, and they get a short text."""
        if isinstance(error, BusError):
            body = bytearray()
            for_signature("s").encode(body, (error.message,))
            self._send_error(error.name, "s", bytes(body))
            return
        if not isinstance(error, LibvirtError):
            name = f"{self.message.interface}.{self.message.member}"
            log.error("%s failed unexpectedly", name, exc_info=error)
            error = InternalError(f"unexpected failure of {name}; the log of the daemon says more")
        self._send_error(error.bus_name(), SIGNATURE, body_of(error, self.origin))

    def _send_error(self, name: str, signature: str, body: bytes) -> None:
        close_all(self.message.fds)
        if not self.wanted:
            return
        known = Fields(
            error_name=name, reply_serial=self.message.serial, destination=self.message.sender, signature=signature
        )
        self.link.send(build(Message(Type.ERROR, known, self.link.next_serial(), NO_REPLY_EXPECTED, body)))


class Codecs:
    """The codecs of one entry, and whether descriptors pass."""

    def __init__(self, entry: Call) -> None:
        """Compile them."""
        self.params = kinds.of_fields(entry.params)
        self.outs = kinds.of_fields(entry.outs)
        self.descriptors_in = kinds.has_descriptors(entry.params)
        self.descriptors_out = kinds.has_descriptors(entry.outs)


@functools.cache
def entry_codecs(entry: Call) -> Codecs:
    """Give the codecs of an entry, compiled once."""
    return Codecs(entry)


_entries: dict[tuple[type, str | None, str], Call] = {}


def entry_of(cls: type[Api], interface: str | None, member: str) -> Call:
    """Give the entry that a class has for a D-Bus member; BusError where it has none."""
    known = _entries.get((cls, interface, member))
    if known is not None:
        return known
    if interface is not None and interface != cls.interface():
        raise BusError("UnknownInterface", f"the object has no interface '{interface}'")
    for entry in cls.calls.values():
        if entry.bus and entry.member == member:
            _entries[cls, interface, member] = entry
            return entry
    raise BusError("UnknownMethod", f"{cls.interface()} has no method '{member}'")


def _apart(entry: Call, value: Any) -> bool:
    return (
        len(entry.outs) == 1 and isinstance(value, tuple) and not hasattr(value, "path") and hasattr(value, "_fields")
    )


def _decode(entry: Call, message: Message) -> tuple[Any, ...]:
    codecs = entry_codecs(entry)
    if message.signature != codecs.params.signature:
        wanted = codecs.params.signature
        raise BusError("InvalidArgs", f"{entry.member} takes '{wanted}', not '{message.signature}'")
    codec = codecs.params if message.order == "<" else kinds.of_fields(entry.params, message.order)
    args, end = codec.decode(message.body, 0)
    if end != len(message.body):
        raise Malformed("bytes are left after the arguments")
    if codecs.descriptors_in:
        return _give_descriptors(args, entry, message)
    return tuple(args)


def _give_descriptors(args: tuple[Any, ...], entry: Call, message: Message) -> tuple[Any, ...]:
    found = list(args)
    for position, param in enumerate(entry.params):
        if isinstance(param.kind, Descriptor):
            found[position] = message.fds[found[position]]
        elif isinstance(param.kind, Descriptors):
            found[position] = [message.fds[index] for index in found[position]]
    return tuple(found)


def _take_descriptors(values: tuple[Any, ...], outs: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[int]]:
    fds: list[int] = []
    found = list(values)
    for position, out in enumerate(outs):
        if isinstance(out.kind, Descriptor):
            fds.append(found[position])
            found[position] = len(fds) - 1
        elif isinstance(out.kind, Descriptors):
            start = len(fds)
            fds.extend(found[position])
            found[position] = list(range(start, len(fds)))
    return tuple(found), fds


def close_all(fds: Iterable[int]) -> None:
    """Close descriptors that were handed on."""
    for fd in fds:
        os.close(fd)
