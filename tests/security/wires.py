# SPDX-License-Identifier: LGPL-2.1-or-later
"""Connections to daemons for tests: over the bus, and private ones that carry what no bus would."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

from dbus_next.signature import SignatureTree, SignatureType

from virtbus.bus import daemons
from virtbus.bus.connection import SystemBus
from virtbus.bus.link import Link, settle
from virtbus.bus.wire.codec import Variant, for_signature
from virtbus.bus.wire.message import Fields, Message, Type

Send = Callable[[Fields, bytes], "asyncio.Future[Message]"]
EMPTY: dict[str, Any] = {"s": "", "g": "", "o": "/", "v": Variant("u", 0), "b": False, "d": 0.0}


@contextlib.asynccontextmanager
async def on_bus() -> AsyncIterator[SystemBus]:
    """Give a connection to the bus."""
    bus = await SystemBus.connect()
    try:
        yield bus
    finally:
        bus.link.close()


@contextlib.asynccontextmanager
async def beside_bus(bus: SystemBus, daemon: daemons.Daemon) -> AsyncIterator[Link]:
    """Give a peer connection to a daemon."""
    manager = f"org.libvirt.{daemon.kind}1.Manager"
    reply = await bus.request(daemon.bus_name, daemon.root, manager, "OpenPeer", "a{sv}", ({},))
    link = Link(socket.socket(fileno=reply.fds[0]))
    link.start()
    try:
        yield link
    finally:
        link.close()


def sender(link: Link, destination: str | None = None) -> Send:
    """Give what sends a call with a ready body."""

    def send(fields: Fields, body: bytes) -> asyncio.Future[Message]:
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        link.send_call(Message(Type.METHOD_CALL, fields._replace(destination=destination), body=body), settle(answer))
        return answer

    return send


def empty(kind: SignatureType) -> Any:
    """Give the least value of a type."""
    if kind.token == "a":
        item = kind.children[0].token
        return {"{": {}, "y": b""}.get(item, [])
    if kind.token == "(":
        return tuple(map(empty, kind.children))
    return EMPTY.get(kind.token, 0)


def least(signature: str) -> bytes:
    """Give the body of a message with the least value of each type."""
    body = bytearray()
    for_signature(signature).encode(body, tuple(map(empty, SignatureTree(signature).types)))
    return bytes(body)
