# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts, sizes and slow senders at the edge of what is allowed, and beyond it."""

from __future__ import annotations

import socket
import struct
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from tests.rpc.client import REMOTE, Refused, call, packet
from tests.rpc.conftest import DOMAIN, Connect
from tests.rpc.test_framing import lives, refusal
from tests.rpc.toy import Toy
from virtbus.bus.errors import NoDomain
from virtbus.proxy.server import Server

MOST = 0x7FFFFFFF
FLAT = 2 << 20
"""Bytes that refusing a call may take; the client of these tests itself takes one MiB to read."""


def parameter(field: str, kind: int = 4, value: Any = 1) -> dict[str, Any]:
    return {"field": field, "value": {"type": kind, "value": value}}


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("DomainGetVcpus", {"maxinfo": 16384, "maplen": MOST}),
        ("DomainGetVcpus", {"maxinfo": 4, "maplen": MOST // 2}),
        ("DomainGetVcpus", {"maxinfo": MOST, "maplen": 2}),
        ("DomainGetVcpuPinInfo", {"ncpumaps": 16384, "maplen": MOST, "flags": 0}),
        ("DomainGetVcpuPinInfo", {"ncpumaps": 2, "maplen": MOST // 2 + 1, "flags": 0}),
        ("DomainGetEmulatorPinInfo", {"maplen": MOST, "flags": 0}),
        ("DomainGetCPUStats", {"nparams": 17, "start_cpu": 0, "ncpus": 1, "flags": 0}),
        ("DomainGetCPUStats", {"nparams": 16, "start_cpu": 0, "ncpus": MOST, "flags": 0}),
        ("DomainMemoryStats", {"maxStats": MOST, "flags": 0}),
        ("DomainGetDiskErrors", {"maxerrors": MOST, "flags": 0}),
    ],
)
async def test_products_beyond_the_bounds(connect: Connect, toy: Toy, name: str, args: dict[str, Any]) -> None:
    """They are refused before a daemon hears of them, and before memory is taken for them."""
    client = await connect()
    tracemalloc.start()
    try:
        with pytest.raises(Refused) as caught:
            await client.call(name, dom=DOMAIN, **args)
        assert tracemalloc.get_traced_memory()[1] < FLAT
    finally:
        tracemalloc.stop()
    assert caught.value.code in (1, 8, 39)
    assert toy.calls == []
    await lives(client, toy)


async def test_free_memory_of_too_many_cells(connect: Connect, toy: Toy) -> None:
    client = await connect()
    with pytest.raises(Refused, match="maxcells > REMOTE_NODE_MAX_CELLS"):
        await client.call("NodeGetCellsFreeMemory", startCell=0, maxcells=MOST)
    assert toy.calls == []


async def test_as_many_parameters_as_may_be(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods["SetMemoryParameters"] = None
    params = [parameter(f"p{n}") for n in range(16)]
    await client.call("DomainSetMemoryParameters", dom=DOMAIN, params=params, flags=0)
    assert len(toy.calls[-1][2][0]) == 16


@pytest.mark.parametrize("field", ["", "a\nb", "ä", "n" * 80])
async def test_odd_names_of_parameters(connect: Connect, toy: Toy, field: str) -> None:
    """They reach the daemon as they are, who knows which there are."""
    client = await connect()
    toy.methods["SetMemoryParameters"] = None
    await client.call("DomainSetMemoryParameters", dom=DOMAIN, params=[parameter(field)], flags=0)
    assert list(toy.calls[-1][2][0]) == [field]


async def test_padding_that_is_not_zero(connect: Connect, toy: Toy) -> None:
    client = await connect()
    raw = packet(REMOTE, 1, 23, serial=7, body=struct.pack(">I", 1) + b"a\1\2\3")
    toy.methods["DomainLookupByName"] = lambda _message, name: NoDomain(f"no domain with matching name '{name}'")
    error = await refusal(client, raw)
    assert (error["code"], error["str2"]) == (42, "no domain with matching name 'a'")
    await lives(client, toy)


async def test_who_sends_byte_by_byte_is_dropped(connect: Connect, toy: Toy, server: Server) -> None:
    """Some bytes now and then are no progress; those beside him notice nothing."""
    server.limits = replace(server.limits, frame_time=0.05)
    slow = await connect(uri=None)
    server.limits = replace(server.limits, frame_time=10)
    other = await connect()
    raw = call("ConnectOpen", 1, name="x" * 100_000, flags=0)
    for at in range(len(raw)):
        try:
            await slow.send(raw[at : at + 1])
        except ConnectionError:
            break
        await lives(other, toy)
    else:
        pytest.fail("the whole packet was taken")
    assert len(server.sessions) == 1


async def test_descriptors_that_never_come_free_their_slot(connect: Connect, toy: Toy, server: Server) -> None:
    server.limits = replace(server.limits, frame_time=0.05)
    client = await connect()
    assert len(server.sessions) == 1
    await client.send(packet(REMOTE, 1, 249, type=4, body=struct.pack(">I", 32)))
    assert await client.receive() is None
    assert len(server.sessions) == 0


@pytest.mark.parametrize("count", [1, 20])
async def test_leaving_while_opening(connect: Connect, toy: Toy, server: Server, count: int) -> None:
    """Clients that leave before they hear whether they may come in leave nothing behind."""
    other = await connect()
    for _ in range(count):
        client = await connect(uri=None)
        await client.send(call("ConnectOpen", 1, name="qemu:///system", flags=0))
        client.sock.shutdown(socket.SHUT_RDWR)
        assert await client.receive() is None
    await lives(other, toy)
    await lives(other, toy)
    assert len(server.sessions) == 1
