# SPDX-License-Identifier: LGPL-2.1-or-later
"""One client: its packets, its calls in flight, its links to daemons, its events and streams."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from virtbus.bus.caller import Caller
from virtbus.bus.errors import LibvirtError
from virtbus.bus.wire.message import Message
from virtbus.proxy.auth import Method
from virtbus.proxy.events import Registrations
from virtbus.proxy.peers import Peers
from virtbus.proxy.rpc import replies
from virtbus.proxy.rpc.connection import Connection, State, Verdict
from virtbus.proxy.rpc.keepalive import KeepAlive, Step
from virtbus.proxy.rpc.packet import BrokenFrame, Packet
from virtbus.proxy.streams import Streams
from virtbus.proxy.wire import Bytes, Wire, close_all

if TYPE_CHECKING:
    from virtbus.proxy.server import Server

log = logging.getLogger("virtbus.proxy.session")


class Session:
    """Everything that belongs to one client and ends with it."""

    def __init__(self, server: Server, wire: Wire, caller: Caller, method: Method, default_uri: str = "") -> None:
        """Begin with a client that has just connected."""
        self.server, self.wire, self.caller, self.method = server, wire, caller, method
        self.limits, self.default_uri = server.limits, default_uri
        self.core = Connection(server.programs)
        self.read_only = caller.read_only
        self.uri = ""
        self.primary = ""
        self.in_flight = 0
        self.closing = False
        self.peers = Peers(server.opener, self.signal, self.link_ended, self.link_opened)
        self.events = Registrations(self)
        self.streams = Streams(self)
        self._handlers = server.handlers
        self._waiting: deque[Packet] = deque()
        self._waiting_bytes = 0
        self._paused: set[str] = set()
        self._keepalive: KeepAlive | None = None
        self._progress = 0
        self._frame_timer: asyncio.TimerHandle | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._loop = asyncio.get_running_loop()
        if method is Method.NONE:
            self.core.state = State.AUTHENTICATED
        else:
            self._timers.append(self._loop.call_later(self.limits.auth_time, self._too_late))

    # -- from the client

    def received(self, data: bytes, fds: list[int]) -> None:
        """Take what arrived."""
        if self._keepalive is not None:
            self._keepalive.heard()
        if not fds and self.in_flight < self.limits.max_client_requests:
            packet = self.core.single(data)
            if packet is not None:
                self._run(packet)
                return
        try:
            packets = self.core.receive(data, fds)
        except BrokenFrame as err:
            log.warning("client %s is cut off: %s", self.wire.peer, err)
            self.abort()
            return
        self._progress += len(data) if not packets else self.limits.frame_progress
        for packet in packets:
            self._take(packet)
            if self.closing:
                return
        if self.core.partial:
            self._watch_frame()
        elif fds:
            # Nothing announced these.
            close_all(self.core.leftover())

    def _watch_frame(self) -> None:
        """See that a packet that has begun comes to its end."""
        if self._frame_timer is None:
            self._progress = 0
            self._frame_timer = self._loop.call_later(self.limits.frame_time, self._check_frame)

    def _check_frame(self) -> None:
        self._frame_timer = None
        if not self.core.partial or self._paused:
            return
        if self._progress < self.limits.frame_progress:
            log.warning("client %s does not end its packet and is cut off", self.wire.peer)
            self.abort()
        else:
            self._watch_frame()

    def _take(self, packet: Packet) -> None:
        verdict, answer = self.core.judge(packet)
        if verdict is Verdict.CALL:
            if self.in_flight < self.limits.max_client_requests:
                self._run(packet)
            else:
                self._hold(packet)
            return
        if answer:
            self.wire.send(answer)
        elif verdict is Verdict.STREAM:
            self.streams.received(packet)
        close_all(packet.fds)

    def _hold(self, packet: Packet) -> None:
        self._waiting.append(packet)
        self._waiting_bytes += len(packet.raw)
        if len(self._waiting) >= self.limits.waiting_calls or self._waiting_bytes >= self.limits.waiting_bytes:
            self.pause("calls")

    def _run(self, packet: Packet) -> None:
        self.in_flight += 1
        self._handlers[packet.program][packet.procedure](self, packet)

    def pause(self, reason: str) -> None:
        """Stop reading until `resume` is called for the same reason."""
        if not self._paused:
            self.wire.pause()
        self._paused.add(reason)

    def resume(self, reason: str) -> None:
        """Read again unless there is another reason not to."""
        if reason in self._paused:
            self._paused.discard(reason)
            if not self._paused:
                self.wire.resume()

    # -- to the client

    def answer(self, data: Bytes, fds: Sequence[int] = ()) -> None:
        """Send the one reply to a call, and go on with the next that waits."""
        self.in_flight -= 1
        if self.closing:
            close_all(fds)
            return
        self.send(data, fds)
        if self._waiting:
            self._next()

    def _next(self) -> None:
        while self._waiting and self.in_flight < self.limits.max_client_requests and not self.closing:
            packet = self._waiting.popleft()
            self._waiting_bytes -= len(packet.raw)
            # What waited is judged again: an earlier call may have closed the connection, or opened it.
            self._take(packet)
        if len(self._waiting) < self.limits.waiting_calls // 2:
            self.resume("calls")

    def refuse(self, packet: Packet, error: LibvirtError) -> None:
        """Answer a call with an error."""
        close_all(packet.fds)
        self.answer(replies.refusal(packet, error))

    def send(self, data: Bytes, fds: Sequence[int] = ()) -> None:
        """Send a packet; a client that reads too slowly is cut off, or not read from until it has caught up."""
        self.wire.send(data, fds)
        pending = self.wire.pending
        if pending > self.limits.output_max:
            log.warning("client %s does not read its replies and is cut off", self.wire.peer)
            self.abort()
        elif pending > self.limits.stream_buffer:
            self.pause("output")

    def drained(self) -> None:
        """Note that the client has read everything."""
        self.resume("output")
        self.streams.drained()

    # -- states

    def authenticated(self) -> None:
        """Note that the client has proved who it is."""
        self._cancel_timers()
        self.core.state = State.AUTHENTICATED
        self.server.authenticated(self)

    def opened(self, uri: str, primary: str, buses: Mapping[str, str], *, read_only: bool) -> None:
        """Note which driver the client chose."""
        self.uri, self.primary = uri, primary
        self.read_only = self.read_only or read_only
        self.caller = self.caller.narrowed(read_only=self.read_only)
        self.peers.route(buses, self.caller.identity())

    def become(self, caller: Caller) -> None:
        """Act for somebody else from now on."""
        self.caller = caller.narrowed(read_only=self.read_only)
        self.peers.route(self.peers.buses, self.caller.identity())

    def start_keepalive(self) -> None:
        """Ask the client for signs of life from now on."""
        if self._keepalive is None and self.limits.keepalive_interval > 0:
            self._keepalive = KeepAlive(self.limits.keepalive_count)
            self._timers.append(self._loop.call_later(self.limits.keepalive_interval, self._tick))

    def _tick(self) -> None:
        assert self._keepalive is not None
        self._timers.clear()
        if self._paused:
            self._keepalive.heard()
        step = self._keepalive.tick()
        if step is Step.GIVE_UP:
            log.warning("client %s has gone silent and is cut off", self.wire.peer)
            self.abort()
            return
        if step is Step.PING:
            self.wire.send(replies.PING)
        self._timers.append(self._loop.call_later(self.limits.keepalive_interval, self._tick))

    def _too_late(self) -> None:
        log.warning("client %s did not authenticate in time", self.wire.peer)
        self.abort()

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    # -- from the daemons

    def signal(self, message: Message) -> None:
        """Pass an event on to the client."""
        self.events.signal(message)

    def link_opened(self, bus_name: str) -> None:
        """Ask a daemon for its events again if they are wanted."""
        self.events.link_opened(bus_name)

    def link_ended(self, bus_name: str) -> None:
        """Note that a daemon went away."""
        self.events.link_ended(bus_name)

    # -- the end

    def close(self) -> None:
        """End the connection after what waits is sent."""
        if not self.closing:
            self._end()
            self.wire.close()

    def abort(self) -> None:
        """End the connection now."""
        if not self.closing:
            self._end()
            self.wire.abort()

    def ended(self) -> None:
        """Note that the client is gone."""
        if not self.closing:
            self._end()
        self.server.forget(self)

    def _end(self) -> None:
        self.closing = True
        self.core.state = State.CLOSED
        self._cancel_timers()
        if self._frame_timer is not None:
            self._frame_timer.cancel()
        for packet in self._waiting:
            close_all(packet.fds)
        self._waiting.clear()
        close_all(self.core.leftover())
        self.streams.close()
        self.events.close()
        self.peers.close()

    def __repr__(self) -> str:
        return f"<Session {self.wire.peer} {self.uri}>"
