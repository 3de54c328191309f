# SPDX-License-Identifier: LGPL-2.1-or-later
"""A proxy without sockets of its own: clients and daemons are on socket pairs."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
import uvloop

from tests.rpc.client import Client
from tests.rpc.toy import Toy
from virtbus.bus import daemons
from virtbus.bus.caller import Caller
from virtbus.proxy.auth import Method
from virtbus.proxy.listen.unix import UnixWire
from virtbus.proxy.rpc.limits import Limits
from virtbus.proxy.server import Server

ROOT = Caller(uid=0, gid=0, pid=1, start_time=1, user="root", transport="unix")
Connect = Callable[..., Awaitable[Client]]


@pytest.fixture(scope="session")
def event_loop_policy() -> Any:
    """The loop that the proxy runs in."""
    return uvloop.EventLoopPolicy()


@pytest.fixture
async def toy() -> Toy:
    return Toy()


@pytest.fixture
async def server(toy: Toy) -> AsyncIterator[Server]:
    made = Server(daemons.load(), toy, limits=Limits(keepalive_interval=0))
    yield made
    made.close()
    toy.drop()


@pytest.fixture
async def connect(server: Server) -> AsyncIterator[Connect]:
    clients: list[Client] = []

    async def make(
        uri: str | None = "qemu:///system",
        caller: Caller = ROOT,
        method: Method = Method.NONE,
        read_only: bool = False,
        flags: int = 0,
    ) -> Client:
        ours, theirs = socket.socketpair()
        wire = UnixWire(ours, "test")
        wire.attach(server.connected(wire, replace(caller, read_only=read_only), method, ""))
        client = Client(theirs)
        clients.append(client)
        if uri is not None:
            await client.call("ConnectOpen", name=uri, flags=flags)
        return client

    yield make
    for client in clients:
        client.sock.close()


DOMAIN: dict[str, Any] = {"name": "demo", "uuid": "3c1f0a527f6b4e0e9f0a5b8d7c6e1a01", "id": 1}
