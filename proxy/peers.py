# SPDX-License-Identifier: LGPL-2.1-or-later
"""One client's links to the daemons: opened when first needed, opened again after they ended."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from virtbus.bus.connection import ConnectionFailed, SystemBus
from virtbus.bus.errors import ErrorDomain, LibvirtError, SystemCallError
from virtbus.bus.errors.wire import SIGNATURE, error_from_bus
from virtbus.bus.link import Link, settle
from virtbus.bus.wire.codec import Variant
from virtbus.bus.wire.message import Message, Type, make_call

log = logging.getLogger("virtbus.proxy.peers")

OPENING_MAX = 64
"""Calls of OpenPeer that wait for an answer at once; the bus allows 128 a connection."""

Then = Callable[[Link | None, LibvirtError | None], None]
_SIGNATURES = {"uid": "u", "gid": "u", "pid": "x", "start_time": "t", "read_only": "b"}


def lost(number: int = errno.EIO, text: str = "End of file while reading data") -> LibvirtError:
    """Give libvirt's error for a daemon that went away, or cannot be reached."""
    return SystemCallError(f"{text}: {os.strerror(number)}", origin=ErrorDomain.RPC, int1=number)


class Opener(Protocol):
    """Where links come from."""

    async def open(self, bus_name: str, identity: Mapping[str, Any]) -> socket.socket:
        """Give a connected socket to the daemon for this identity; LibvirtError where there is none."""


class BusOpener:
    """Asks the daemons on the system bus."""

    def __init__(self, address: str | None = None) -> None:
        """Connect to nothing yet."""
        self._address = address
        self._bus: SystemBus | None = None
        self._connecting = asyncio.Lock()
        self._gate = asyncio.Semaphore(OPENING_MAX)

    async def bus(self) -> SystemBus:
        """Give the connection to the bus, a new one where the last ended."""
        async with self._connecting:
            if self._bus is None or self._bus.link.closed:
                self._bus = await SystemBus.connect(self._address)
            return self._bus

    async def open(self, bus_name: str, identity: Mapping[str, Any]) -> socket.socket:
        """Call OpenPeer of the daemon's manager."""
        part = bus_name.removeprefix("org.libvirt.").partition(".")[0]
        values = ({key: Variant(_SIGNATURES.get(key, "s"), value) for key, value in identity.items()},)
        interface = f"org.libvirt.{part}.Manager"
        call = make_call(f"/org/libvirt/{part}", interface, "OpenPeer", "a{sv}", values, destination=bus_name)
        async with self._gate:
            try:
                bus = await self.bus()
            except (ConnectionFailed, OSError) as err:
                log.error("the system bus cannot be reached: %s", err)
                raise lost(errno.ECONNREFUSED, f"Failed to connect to '{bus_name}'") from err
            answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
            bus.link.send_call(call, settle(answer))
            reply = await answer
        if reply.type == Type.ERROR:
            raise self._error(reply, bus_name)
        return socket.socket(fileno=reply.fds[0])

    @staticmethod
    def _error(reply: Message, bus_name: str) -> LibvirtError:
        if reply.signature == SIGNATURE:
            return error_from_bus(reply)
        log.error("%s does not answer: %s: %s", bus_name, reply.error_name, error_from_bus(reply))
        return lost(errno.ECONNREFUSED, f"Failed to connect to '{bus_name}'")


class Peers:
    """The links of one client. `links` has those that are open, by the part of the catalogue that they serve."""

    def __init__(
        self,
        opener: Opener,
        signal: Callable[[Message], None],
        ended: Callable[[str], None],
        opened: Callable[[str], None],
    ) -> None:
        """Hold none; `signal` gets the daemons' signals, `opened` and `ended` the bus name of a link that does so."""
        self.links: dict[str, Link] = {}
        self.buses: Mapping[str, str] = {}
        self._opener, self._signal, self._ended, self._opened = opener, signal, ended, opened
        self._identity: Mapping[str, Any] = {}
        self._open: dict[str, Link] = {}
        self._waiting: dict[str, list[Then]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.closed = False

    def route(self, buses: Mapping[str, str], identity: Mapping[str, Any]) -> None:
        """Say which bus name serves which part, and for whom links are opened from now on."""
        self.drop()
        self.buses, self._identity = dict(buses), dict(identity)

    def bus_name(self, part: str) -> str | None:
        """Give the bus name that serves a part of the catalogue."""
        return self.buses.get(part)

    def with_link(self, part: str, then: Then) -> None:
        """Call `then` with the link to the daemon of a part, opened if need be, or with why there is none."""
        bus_name = self.buses[part]
        link = self._open.get(bus_name)
        if link is not None and not link.closed:
            then(link, None)
            return
        waiting = self._waiting.setdefault(bus_name, [])
        waiting.append(then)
        if len(waiting) == 1:
            task = asyncio.get_running_loop().create_task(self._connect(bus_name))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, bus_name: str) -> None:
        link: Link | None = None
        error: LibvirtError | None = None
        try:
            sock = await self._opener.open(bus_name, self._identity)
        except LibvirtError as err:
            error = err
        else:
            if self.closed:
                sock.close()
                error = lost()
            else:
                link = self._adopt(bus_name, sock)
                self._opened(bus_name)
        for then in self._waiting.pop(bus_name, []):
            then(link, error)

    def _adopt(self, bus_name: str, sock: socket.socket) -> Link:
        link = Link(sock)
        link.on_signal = self._signal
        link.on_closed = lambda: self._closed(bus_name, link)
        link.start()
        self._open[bus_name] = link
        for part, name in self.buses.items():
            if name == bus_name:
                self.links[part] = link
        return link

    def _closed(self, bus_name: str, link: Link) -> None:
        if self._open.get(bus_name) is not link:
            return
        del self._open[bus_name]
        for part in [p for p, known in self.links.items() if known is link]:
            del self.links[part]
        if not self.closed:
            self._ended(bus_name)

    def drop(self) -> None:
        """Close the links; they are opened again when needed."""
        links, self._open = self._open, {}
        self.links.clear()
        for link in links.values():
            link.close()

    def close(self) -> None:
        """Close the links for good."""
        self.closed = True
        self.drop()
