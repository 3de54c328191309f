# SPDX-License-Identifier: LGPL-2.1-or-later
"""Streams: bytes between a daemon's descriptor and a client's stream packets.

The daemon's side is a socket with plain bytes, and an object on the link with `Finish` and `Abort`. Holes are the
wire's affair alone: those that a client sends become zeros here, and zeros become holes for a client that asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from virtbus.bus.catalogue import Direction
from virtbus.bus.errors import ErrorDomain, LibvirtError, OperationFailed
from virtbus.bus.errors.wire import DBUS, error_from_bus
from virtbus.bus.link import Link
from virtbus.bus.types import Field, Scalar
from virtbus.bus.wire.message import CallTemplate, Message, Type
from virtbus.proxy.peers import lost
from virtbus.proxy.rpc import replies, xdr
from virtbus.proxy.rpc.limits import STREAM_DATA_MAX
from virtbus.proxy.rpc.packet import Packet, Status
from virtbus.proxy.rpc.packet import Type as Kind

if TYPE_CHECKING:
    from virtbus.proxy.session import Session

log = logging.getLogger("virtbus.proxy.streams")

HOLE = xdr.of_fields((Field("length", Scalar("int64")), Field("flags", Scalar("uint32"))))
_FINISH = CallTemplate("org.libvirt.Stream1", "Finish", "")
_ABORT = CallTemplate("org.libvirt.Stream1", "Abort", "")
_ZEROS = bytes(STREAM_DATA_MAX)


class Opened(NamedTuple):
    """A stream as the daemon gave it: the link, the descriptor and the object's path."""

    link: Link
    fd: int
    path: str


class Streams:
    """The open streams of one client, by the serial of the call that opened each."""

    def __init__(self, session: Session) -> None:
        """Hold none."""
        self._session = session
        self._pumps: dict[int, Pump] = {}

    def open(self, call: Packet, opened: Opened, direction: Direction, *, sparse: bool) -> None:
        """Begin to move data; the call has been answered."""
        previous = self._pumps.pop(call.serial, None)
        if previous is not None:
            previous.close()
        pump = Pump(self._session, call, opened, direction, sparse=sparse)
        self._pumps[call.serial] = pump
        pump.start()

    def received(self, packet: Packet) -> None:
        """Take a stream packet; one without a stream is passed over."""
        pump = self._pumps.get(packet.serial)
        if pump is not None and pump.matches(packet):
            pump.received(packet)

    def forget(self, serial: int) -> None:
        """Note that a stream is over."""
        self._pumps.pop(serial, None)

    def drained(self) -> None:
        """Read from the daemons again after the client has caught up."""
        for pump in list(self._pumps.values()):
            pump.drained()

    def close(self) -> None:
        """Abort all streams."""
        for pump in list(self._pumps.values()):
            pump.close()
        self._pumps.clear()


class Pump:
    """One stream."""

    def __init__(self, session: Session, call: Packet, opened: Opened, direction: Direction, *, sparse: bool) -> None:
        """Take over the descriptor."""
        self._session, self._call, self._sparse = session, call, sparse
        self._link, self._path = opened.link, opened.path
        self._sock = socket.socket(fileno=opened.fd)
        self._sock.settimeout(0)
        self._down = direction is not Direction.UPLOAD
        self._loop = asyncio.get_running_loop()
        self._reading = False
        self._writing = False
        self._queue: deque[bytes | memoryview | int] = deque()
        self._queued = 0
        self._finishing = False
        self._closed = False

    def start(self) -> None:
        """Begin to read what the daemon sends."""
        if self._down:
            self._read(wanted=True)

    def matches(self, packet: Packet) -> bool:
        """Say whether a packet belongs to this stream."""
        return (packet.program, packet.procedure) == (self._call.program, self._call.procedure)

    # -- from the daemon to the client

    def _read(self, *, wanted: bool) -> None:
        if wanted == self._reading or self._closed:
            return
        self._reading = wanted
        if wanted:
            self._loop.add_reader(self._sock.fileno(), self._readable)
        else:
            self._loop.remove_reader(self._sock.fileno())

    def _readable(self) -> None:
        try:
            data = self._sock.recv(STREAM_DATA_MAX)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._read(wanted=False)
            self._down = False
        self._deliver(data)

    def _deliver(self, data: bytes) -> None:
        session = self._session
        if self._sparse and data and data == (_ZEROS if len(data) == STREAM_DATA_MAX else _ZEROS[: len(data)]):
            hole = bytearray()
            HOLE.encode(hole, (len(data), 0))
            session.wire.send(replies.stream(self._call, Status.CONTINUE, bytes(hole), Kind.STREAM_HOLE))
        else:
            session.wire.send(replies.stream(self._call, Status.CONTINUE, data))
        if session.wire.pending > session.limits.stream_buffer:
            self._read(wanted=False)

    def drained(self) -> None:
        """Read on after the client has caught up."""
        if self._down and not self._finishing:
            self._read(wanted=True)

    # -- from the client to the daemon

    def received(self, packet: Packet) -> None:
        """Take data, a hole, the end or an abort."""
        if packet.status == Status.ERROR:
            self._abort()
        elif self._finishing:
            return
        elif packet.status == Status.OK:
            self._finishing = True
            self._flush()
        elif packet.type == Kind.STREAM_HOLE:
            self._hole(packet)
        elif packet.start < len(packet.raw):
            self._push(memoryview(packet.raw)[packet.start :])

    def _hole(self, packet: Packet) -> None:
        try:
            (length, _flags), _ = HOLE.decode(packet.raw, packet.start)
        except xdr.SLACK:
            length = -1
        if length < 0 or not self._sparse:
            self._fail(OperationFailed("the stream takes no holes", origin=ErrorDomain.STREAMS))
        elif length:
            self._push(int(length))

    def _push(self, item: memoryview | int) -> None:
        self._queue.append(item)
        self._queued += len(item) if isinstance(item, memoryview) else STREAM_DATA_MAX
        self._flush()

    def _flush(self) -> None:
        try:
            while self._queue:
                item = self._queue[0]
                chunk = _ZEROS[: min(item, STREAM_DATA_MAX)] if isinstance(item, int) else item
                self._advance(item, self._sock.send(chunk))
        except (BlockingIOError, InterruptedError):
            self._write(wanted=True)
            return
        except OSError as err:
            log.debug("a daemon takes no more of a stream: %s", err)
            self._queue.clear()
            self._end(_FINISH, self._refused)
            return
        self._write(wanted=False)
        if self._finishing:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_WR)
            self._end(_FINISH, self._finished)

    def _advance(self, item: bytes | memoryview | int, sent: int) -> None:
        size = item if isinstance(item, int) else len(item)
        if sent == size:
            self._queue.popleft()
        else:
            self._queue[0] = item - sent if isinstance(item, int) else item[sent:]
        if isinstance(item, int):
            self._queued -= STREAM_DATA_MAX if sent == size else 0
        else:
            self._queued -= sent
        if self._queued < self._session.limits.stream_buffer // 2:
            self._session.resume(self._reason)

    def _write(self, *, wanted: bool) -> None:
        if wanted and self._queued > self._session.limits.stream_buffer:
            self._session.pause(self._reason)
        if wanted == self._writing or self._closed:
            return
        self._writing = wanted
        if wanted:
            self._loop.add_writer(self._sock.fileno(), self._flush)
        else:
            self._loop.remove_writer(self._sock.fileno())

    @property
    def _reason(self) -> str:
        return f"stream {self._call.serial}"

    # -- the end

    def _end(self, template: CallTemplate, done: object) -> None:
        """Tell the daemon how the stream ends, once everything that came was passed on."""
        self._finishing = True
        self._read(wanted=False)
        self._write(wanted=False)
        self._session.resume(self._reason)
        self._link.call(template, self._path, b"", done)  # type: ignore[arg-type]

    def _finished(self, reply: Message) -> None:
        if reply.type == Type.ERROR:
            self._fail(_error(reply))
        else:
            self._answer()

    def _refused(self, reply: Message) -> None:
        text = "cannot write to stream"
        self._fail(_error(reply) if reply.type == Type.ERROR else lost(text=text))

    def _abort(self) -> None:
        self._queue.clear()
        self._end(_ABORT, lambda _reply: self._answer())

    def _answer(self) -> None:
        if not self._closed:
            self._session.wire.send(replies.stream(self._call, Status.OK))
            self._session.streams.forget(self._call.serial)
            self._release()

    def _fail(self, error: LibvirtError) -> None:
        if not self._closed:
            self._session.wire.send(replies.stream(self._call, Status.ERROR, replies.error_payload(error)))
            self._session.streams.forget(self._call.serial)
            self._release()

    def close(self) -> None:
        """Abort the stream; nobody is left to be told."""
        if not self._closed:
            self._release()
            if not self._link.closed:
                self._link.call(_ABORT, self._path, b"", lambda _reply: None)

    def _release(self) -> None:
        self._read(wanted=False)
        self._write(wanted=False)
        self._closed = True
        self._queue.clear()
        self._session.resume(self._reason)
        self._sock.close()


def _error(reply: Message) -> LibvirtError:
    if reply.error_name == DBUS + "NoReply":
        return lost()
    return error_from_bus(reply)
