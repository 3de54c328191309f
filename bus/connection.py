# SPDX-License-Identifier: LGPL-2.1-or-later
"""A connection to the message bus: dbus-next's addresses and authentication under our own messages.

dbus-next is kept out of the data path: it loses the connection when a socket is full, and hides who sent a message.
What is left of it here is reading bus addresses and the authentication dialogue (D-Bus specification,
"Authentication Protocol").
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from typing import Any

from dbus_next._private.address import get_system_bus_address, parse_address
from dbus_next.auth import AuthExternal

from virtbus.bus.errors.wire import error_from_bus
from virtbus.bus.link import Link, settle
from virtbus.bus.wire.codec import for_signature
from virtbus.bus.wire.message import NO_REPLY_EXPECTED, Fields, Message, Type, build, make_call

BUS = "org.freedesktop.DBus"
BUS_PATH = "/org/freedesktop/DBus"
DO_NOT_QUEUE = 4
PRIMARY_OWNER = 1
ALREADY_OWNER = 4
LINE_MAX = 16384


class ConnectionFailed(Exception):
    """The bus cannot be reached, or does not take this process in."""


class SystemBus:
    """A connection to the system bus, with a name of its own."""

    def __init__(self, link: Link) -> None:
        """Wrap a link on which authentication is over; `connect` makes one."""
        self.link = link
        self.name = ""
        self._loop = asyncio.get_running_loop()
        self._owner_watchers: dict[str, list[Callable[[str], None]]] = {}
        self._signal_handlers: list[tuple[str, str, Callable[[Message], None]]] = []
        link.on_signal = self._signal
        link.on_call = self._unserved

    @classmethod
    async def connect(cls, address: str | None = None) -> SystemBus:
        """Give a connection to the bus at `address` (the system bus); ConnectionFailed says why there is none."""
        where = address or get_system_bus_address()
        sock = await _open(where)
        bus = cls(Link(sock, initial=await _authenticate(sock)))
        bus.link.start()
        (name,) = (await bus.request(BUS, BUS_PATH, BUS, "Hello")).values()
        # A refused Hello must not pass for a name: the 257th connection of a user gets text instead of one.
        if not isinstance(name, str) or not name.startswith(":"):
            raise ConnectionFailed(f"the bus at {where} gave no unique name but {name!r}")
        bus.name = name
        return bus

    async def request(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        args: Sequence[Any] = (),
        fds: Sequence[int] = (),
    ) -> Message:
        """Call a method and give its reply; an error reply is raised as LibvirtError."""
        answer: asyncio.Future[Message] = self._loop.create_future()
        call = make_call(path, interface, member, signature, args, destination=destination, fds=fds)
        self.link.send_call(call, settle(answer))
        reply = await answer
        if reply.type == Type.ERROR:
            raise error_from_bus(reply)
        return reply

    async def own_name(self, name: str) -> bool:
        """Take a well-known name; False where another has it."""
        (result,) = (await self.request(BUS, BUS_PATH, BUS, "RequestName", "su", (name, DO_NOT_QUEUE))).values()
        return result in (PRIMARY_OWNER, ALREADY_OWNER)

    async def release_name(self, name: str) -> None:
        """Give a well-known name back."""
        await self.request(BUS, BUS_PATH, BUS, "ReleaseName", "s", (name,))

    async def credentials(self, sender: str) -> dict[str, Any]:
        """Give what the bus knows of a connection: UnixUserID, ProcessID, LinuxSecurityLabel and the like."""
        reply = await self.request(BUS, BUS_PATH, BUS, "GetConnectionCredentials", "s", (sender,))
        (found,) = reply.values()
        known = {key: variant.value for key, variant in found.items()}
        if "ProcessFD" in known:
            known["ProcessFD"] = reply.fds[known["ProcessFD"]] if reply.fds else None
        return known

    async def watch_owner(self, name: str, changed: Callable[[str], None]) -> None:
        """Call `changed` with the new owner (or "") whenever the owner of `name` changes."""
        watchers = self._owner_watchers.setdefault(name, [])
        watchers.append(changed)
        if len(watchers) == 1:
            rule = f"type='signal',sender='{BUS}',member='NameOwnerChanged',arg0='{name}'"
            await self.request(BUS, BUS_PATH, BUS, "AddMatch", "s", (rule,))

    async def unwatch_owner(self, name: str) -> None:
        """Stop watching a name."""
        if self._owner_watchers.pop(name, None):
            rule = f"type='signal',sender='{BUS}',member='NameOwnerChanged',arg0='{name}'"
            await self.request(BUS, BUS_PATH, BUS, "RemoveMatch", "s", (rule,))

    async def subscribe(self, sender: str, interface: str, member: str, handler: Callable[[Message], None]) -> None:
        """Call `handler` for each signal of that sender (a well-known name), interface and member."""
        self._signal_handlers.append((interface, member, handler))
        rule = f"type='signal',sender='{sender}',interface='{interface}',member='{member}'"
        await self.request(BUS, BUS_PATH, BUS, "AddMatch", "s", (rule,))

    def send(self, message: Message) -> None:
        """Send a message as it is: a reply or a signal."""
        message.serial = self.link.next_serial()
        self.link.send(build(message), message.fds)

    def _unserved(self, message: Message) -> None:
        """Answer a call where no service does, so that nobody waits for one: only a ping is no error."""
        if message.flags & NO_REPLY_EXPECTED:
            return
        answer = Fields(reply_serial=message.serial, destination=message.sender)
        if message.interface == f"{BUS}.Peer" and message.member == "Ping":
            self.send(Message(Type.METHOD_RETURN, answer))
            return
        body = bytearray()
        for_signature("s").encode(body, (f"there is no object at '{message.path}'",))
        answer = answer._replace(error_name=f"{BUS}.Error.UnknownObject", signature="s")
        self.send(Message(Type.ERROR, answer, body=bytes(body)))

    def _signal(self, message: Message) -> None:
        if message.sender == BUS and message.member == "NameOwnerChanged":
            name, _old, new = message.values()
            for changed in list(self._owner_watchers.get(name, ())):
                changed(new)
        for interface, member, handler in self._signal_handlers:
            if message.interface == interface and message.member == member:
                handler(message)


async def _open(address: str) -> socket.socket:
    loop = asyncio.get_running_loop()
    reasons = []
    for transport, options in parse_address(address):
        if transport != "unix" or not {"path", "abstract"} & options.keys():
            reasons.append(f"{transport} is no transport for the system bus")
            continue
        where = options.get("path") or "\0" + options["abstract"]
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(0)
        try:
            await loop.sock_connect(sock, where)
        except OSError as err:
            sock.close()
            reasons.append(f"{where}: {os.strerror(err.errno or 0)}")
            continue
        return sock
    raise ConnectionFailed(f"no message bus at {address}: {'; '.join(reasons)}")


async def _authenticate(sock: socket.socket) -> bytes:
    loop = asyncio.get_running_loop()
    dialogue = AuthExternal()
    await loop.sock_sendall(sock, b"\0")
    line = dialogue._authentication_start(negotiate_unix_fd=True)
    received = b""
    while line != "BEGIN":
        await loop.sock_sendall(sock, line.encode() + b"\r\n")
        while b"\r\n" not in received:
            more = await loop.sock_recv(sock, 4096)
            if not more or len(received) > LINE_MAX:
                raise ConnectionFailed("the bus closed the connection during authentication")
            received += more
        answer, _, received = received.partition(b"\r\n")
        line = dialogue._receive_line(answer.decode())
    await loop.sock_sendall(sock, b"BEGIN\r\n")
    return received
