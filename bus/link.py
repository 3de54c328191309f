# SPDX-License-Identifier: LGPL-2.1-or-later
"""One D-Bus connection as a stream of messages: to the system bus, or to a peer without a bus.

Reading happens in the event loop. Writing may happen in any thread: a worker that has an answer sends it at once
instead of waking the loop for it. What a full socket does not take is kept and written by the loop later, in order;
a peer that lets more than `BACKLOG_MAX` bytes pile up is cut off.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import itertools
import logging
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from virtbus.bus.wire.codec import Malformed
from virtbus.bus.wire.message import CallTemplate, Fields, Message, Parser, Type, build, make_call

log = logging.getLogger("virtbus.link")

BACKLOG_MAX = 64 << 20
READ_SIZE = 1 << 16
ANCILLARY = socket.CMSG_SPACE(64 * 4)
Done = Callable[[Message], None]


class Link:
    """A connected socket that speaks D-Bus, after authentication.

    `on_call`, `on_signal` get messages; `on_closed` is called once when the connection ended, whoever ended it.
    """

    def __init__(self, sock: socket.socket, *, initial: bytes = b"") -> None:
        """Take over a connected socket; `initial` is what was read from it already."""
        sock.settimeout(0)
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._parser = Parser()
        self._serials = itertools.count(1)
        self._pending: dict[int, Done] = {}
        self._lock = threading.Lock()
        self._backlog: deque[tuple[memoryview, list[int]]] = deque()
        self._backlog_size = 0
        self._fds: list[int] = []
        self._initial = initial
        self._room = _room()
        self.closed = False
        self.answers: dict[int, bytes] = {}
        """What the other side answered once and for all, kept by whoever called, by a number of his."""
        self.on_call: Callable[[Message], None] = lambda message: None
        self.on_signal: Callable[[Message], None] = lambda message: None
        self.on_closed: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to read."""
        self._loop.add_reader(self._sock.fileno(), self._readable)
        if self._initial:
            self._take(self._initial)

    # -- reading, in the loop

    def _readable(self) -> None:
        try:
            size, ancillary, _flags, _address = self._sock.recvmsg_into([self._room], ANCILLARY)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as err:
            log.debug("a connection broke: %s", err)
            self.close()
            return
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                received = array.array("i", payload[: len(payload) // 4 * 4])
                self._fds.extend(received)
        if not size:
            self.close()
            return
        self._take(self._room[:size])

    def _take(self, data: bytes | memoryview) -> None:
        try:
            messages = self._parser.feed(data)
            for message in messages:
                if message.fields.unix_fds:
                    self._attach(message)
        except Malformed as err:
            log.warning("a connection is closed: %s", err)
            self.close()
            return
        for message in messages:
            self._dispatch(message)
            if self.closed:
                return

    def _attach(self, message: Message) -> None:
        count = message.fields.unix_fds
        if count > len(self._fds):
            raise Malformed("a message announces descriptors that did not come with it")
        message.fds = self._fds[:count]
        del self._fds[:count]

    def _dispatch(self, message: Message) -> None:
        if message.type in (Type.METHOD_RETURN, Type.ERROR):
            done = self._pending.pop(message.reply_serial or 0, None)
            if done is not None:
                done(message)
        elif message.type == Type.METHOD_CALL:
            self.on_call(message)
        elif message.type == Type.SIGNAL:
            self.on_signal(message)

    # -- writing, from any thread

    def next_serial(self) -> int:
        """Give a serial for a message of our own."""
        return next(self._serials) & 0xFFFFFFFF or next(self._serials)

    def send(self, data: bytes, fds: Sequence[int] = ()) -> None:
        """Write a whole message; the descriptors are duplicated as far as they cannot be sent at once."""
        with self._lock:
            if self.closed:
                return
            sent = 0
            if not self._backlog:
                sent = self._send_now(data, fds)
                if sent == len(data):
                    return
            rest = [] if sent else [os.dup(fd) for fd in fds]
            self._backlog.append((memoryview(data)[sent:], rest))
            self._backlog_size += len(data) - sent
            full = self._backlog_size > BACKLOG_MAX
        self._loop.call_soon_threadsafe(self.close if full else self._await_writable)

    def _send_now(self, data: bytes | memoryview, fds: Sequence[int]) -> int:
        try:
            if fds:
                rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
                return self._sock.sendmsg([data], rights)
            return self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as err:
            log.debug("a connection broke while writing: %s", err)
            self._loop.call_soon_threadsafe(self.close)
            return len(data)

    def _await_writable(self) -> None:
        if not self.closed:
            self._loop.add_writer(self._sock.fileno(), self._writable)

    def _writable(self) -> None:
        with self._lock:
            while self._backlog:
                data, fds = self._backlog[0]
                sent = self._send_now(data, fds)
                if sent and fds:
                    _close_all(fds)
                    fds = []
                self._backlog_size -= sent
                if sent < len(data):
                    self._backlog[0] = (data[sent:], fds)
                    return
                self._backlog.popleft()
        self._loop.remove_writer(self._sock.fileno())

    # -- calls

    def call(self, template: CallTemplate, path: str, body: bytes, done: Done, fds: Sequence[int] = ()) -> None:
        """Send a call; `done` gets its reply, or an error message when the connection ends before. Loop only."""
        serial = self.next_serial()
        if self.closed:
            done(_gone(serial))
            return
        self._pending[serial] = done
        self.send(template.build(serial, path, body, len(fds)), fds)

    def send_call(self, message: Message, done: Done) -> None:
        """Send a call that was built before; `done` as with `call`."""
        message.serial = self.next_serial()
        if self.closed:
            done(_gone(message.serial))
            return
        self._pending[message.serial] = done
        self.send(build(message), message.fds)

    async def request(
        self,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        args: Sequence[Any] = (),
        fds: Sequence[int] = (),
    ) -> Message:
        """Call a method of the peer and give its reply, which may be an error message."""
        answer: asyncio.Future[Message] = self._loop.create_future()
        self.send_call(make_call(path, interface, member, signature, args, fds=fds), settle(answer))
        return await answer

    def close(self) -> None:
        """End the connection; every call that waits gets an error. Loop only; further calls do nothing."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
            waiting, self._backlog = self._backlog, deque()
        self._loop.remove_reader(self._sock.fileno())
        self._loop.remove_writer(self._sock.fileno())
        self._sock.close()
        for _data, fds in waiting:
            _close_all(fds)
        _close_all(self._fds)
        pending, self._pending = self._pending, {}
        for serial, done in pending.items():
            done(_gone(serial))
        self.on_closed()


_rooms = threading.local()


def _room() -> memoryview:
    """Give the buffer that this thread's links read into: what arrives is copied before another link reads."""
    if not hasattr(_rooms, "room"):
        _rooms.room = memoryview(bytearray(READ_SIZE))
    room: memoryview = _rooms.room
    return room


def settle(answer: asyncio.Future[Message]) -> Done:
    """Give a callback that puts a reply into a future, unless nobody waits any more."""

    def done(reply: Message) -> None:
        if answer.done():
            _close_all(reply.fds)
        else:
            answer.set_result(reply)

    return done


def _gone(serial: int) -> Message:
    fields = Fields(error_name="org.freedesktop.DBus.Error.NoReply", reply_serial=serial, signature="s")
    text = b"the service went away"
    body = len(text).to_bytes(4, "little") + text + b"\0"
    return Message(Type.ERROR, fields, 0, 0, body)


def _close_all(fds: Sequence[int]) -> None:
    for fd in fds:
        with contextlib.suppress(OSError):
            os.close(fd)
