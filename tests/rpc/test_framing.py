# SPDX-License-Identifier: LGPL-2.1-or-later
"""Malformed packets: an answer, nothing, or the end of the one connection; never anything else."""

from __future__ import annotations

import array
import os
import random
import socket
import struct
from dataclasses import replace
from typing import Any

import pytest

from tests.rpc.client import CLOSED, KEEPALIVE, REMOTE, Client, Refused, call, packet
from tests.rpc.conftest import DOMAIN, Connect
from tests.rpc.toy import HOLD, Toy
from virtbus.bus.refs import DomainRef
from virtbus.proxy.server import Server

REF = DomainRef("demo", bytes.fromhex(DOMAIN["uuid"]), 1)


async def refusal(client: Client, raw: bytes) -> dict[str, Any]:
    await client.send(raw)
    found = await client.reply()
    assert found is not None
    assert found["status"] == 1
    return {**found["body"], "header": found}


async def lives(client: Client, toy: Toy) -> None:
    toy.methods["GetLibVersion"] = 9_000_000
    assert (await client.call("ConnectGetLibVersion"))["lib_ver"] == 9_000_000


@pytest.mark.parametrize("length", [0, 27, 33_554_437, 0xFFFFFFFF])
async def test_impossible_length(connect: Connect, toy: Toy, length: int) -> None:
    client, other = await connect(), await connect()
    await client.send(struct.pack(">I", length) + bytes(24))
    assert await client.receive() is CLOSED
    await lives(other, toy)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (packet(), "Cannot find program 0 version 0"),
        (packet(4711, 1, 1), "Cannot find program 4711 version 1"),
        (packet(REMOTE, 99, 1), "Cannot find program 536903814 version 99"),
        (packet(REMOTE, 1, 0), "unknown procedure: 0"),
        (packet(REMOTE, 1, -1), "unknown procedure: -1"),
        (packet(REMOTE, 1, 99999), "unknown procedure: 99999"),
        (packet(REMOTE, 1, 107), "unknown procedure: 107"),
        (packet(REMOTE, 1, 3, status=1), "Unexpected message status 1"),
        (packet(REMOTE, 1, 23), "Unable to decode message payload"),
        (packet(REMOTE, 1, 23, body=struct.pack(">I", 400)), "Unable to decode message payload"),
        (packet(REMOTE, 1, 23, body=struct.pack(">I", 4194305) + bytes(4194308)), "Unable to decode message payload"),
        (packet(REMOTE, 1, 23, body=struct.pack(">I", 3) + b"a\0b\0"), "Unable to decode message payload"),
        (packet(REMOTE, 1, 23, body=struct.pack(">I", 2) + b"\xff\xfe\0\0"), "Unable to decode message payload"),
    ],
)
async def test_refused(connect: Connect, toy: Toy, raw: bytes, text: str) -> None:
    client = await connect()
    error = await refusal(client, raw)
    assert (error["code"], error["domain"], error["message"]) == (39, 7, text)
    sent = struct.unpack(">IIi", raw[4:16])
    assert (error["header"]["prog"], error["header"]["vers"], error["header"]["proc"]) == sent
    await lives(client, toy)


@pytest.mark.parametrize("kind", [1, 2, 77, -5])
async def test_types_that_clients_do_not_send(connect: Connect, toy: Toy, kind: int) -> None:
    client = await connect()
    await client.send(packet(REMOTE, 1, 3, type=kind))
    await lives(client, toy)


async def test_long_name(connect: Connect, toy: Toy) -> None:
    """A name as long as the protocol allows gets a short error."""
    from virtbus.bus.errors import NoDomain

    client = await connect()
    toy.methods["DomainLookupByName"] = lambda _message, name: NoDomain(f"no domain with matching name '{name}'")
    await client.send(call("DomainLookupByName", 9, name="x" * 4194304))
    assert not client.buffer
    found = await client.reply()
    assert found is not None
    assert found["body"]["code"] == 42
    assert len(found["body"]["message"]) <= 4096
    await lives(client, toy)


async def test_bytes_left_over(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods["GetType"] = "QEMU"
    await client.send(packet(REMOTE, 1, 3, serial=8, body=b"more"))
    found = await client.reply()
    assert found is not None
    assert found["body"] == {"type": "QEMU"}


@pytest.mark.parametrize(
    ("count", "text"), [(-1, "maxids must be non-negative"), (16385, "maxids > REMOTE_DOMAIN_LIST_MAX")]
)
async def test_counts_out_of_bounds(connect: Connect, count: int, text: str) -> None:
    client = await connect()
    with pytest.raises(Refused, match=text) as caught:
        await client.call("ConnectListDomains", maxids=count)
    assert caught.value.code == 39


async def test_no_room_for_names(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods["ListDomains"] = [1, 2, 3]
    assert await client.call("ConnectListDomains", maxids=0) == {"ids": []}
    assert await client.call("ConnectListDomains", maxids=2) == {"ids": [1, 2]}


async def test_multiplied_counts(connect: Connect, toy: Toy) -> None:
    """Two counts whose product does not fit 32 bits reach the daemon as they are, or are refused."""
    client = await connect()
    with pytest.raises(Refused, match="maxinfo \\* maplen > REMOTE_CPUMAPS_MAX"):
        await client.call("DomainGetVcpus", dom=DOMAIN, maxinfo=16384, maplen=0x7FFFFFFF)
    toy.methods["NodeGetFreePages"] = []
    await client.call("NodeGetFreePages", pages=[1] * 1023, startCell=0, cellCount=4198405, flags=0)


@pytest.mark.parametrize("count", [17, 1000])
async def test_too_many_parameters(connect: Connect, count: int) -> None:
    client = await connect()
    params = [{"field": f"p{n}", "value": {"type": 1, "value": n}} for n in range(count)]
    with pytest.raises(Refused, match="Unable to decode message payload"):
        await client.call("DomainSetMemoryParameters", dom=DOMAIN, params=params, flags=0)


async def test_parameters(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods["SetMemoryParameters"] = None
    await client.call("DomainSetMemoryParameters", dom=DOMAIN, params=[], flags=0)
    one = {"field": "hard_limit", "value": {"type": 4, "value": 1}}
    with pytest.raises(Refused, match="parameter 'hard_limit' occurs multiple times") as caught:
        await client.call("DomainSetMemoryParameters", dom=DOMAIN, params=[one, one], flags=0)
    assert caught.value.code == 8
    wrong = call("DomainSetMemoryParameters", 50, dom=DOMAIN, params=[one], flags=0).replace(
        struct.pack(">iQ", 4, 1), struct.pack(">iQ", 9, 1)
    )
    assert (await refusal(client, wrong))["message"] == "Unable to decode message payload"


async def test_announced_descriptors(connect: Connect, toy: Toy) -> None:
    client, other = await connect(), await connect()
    await client.send(packet(REMOTE, 1, 249, type=4, body=struct.pack(">I", 33)))
    assert await client.receive() is CLOSED
    await lives(other, toy)


@pytest.mark.parametrize("raw", [packet(REMOTE, 1, 249, type=4, body=struct.pack(">I", 32)), packet()[:11]])
async def test_packets_that_do_not_end(connect: Connect, toy: Toy, server: Server, raw: bytes) -> None:
    server.limits = replace(server.limits, frame_time=0.05)
    client = await connect()
    server.limits = replace(server.limits, frame_time=10)
    other = await connect()
    await client.send(raw)
    assert await client.receive() is CLOSED
    await lives(other, toy)


async def test_descriptors_that_a_call_does_not_take(connect: Connect, toy: Toy) -> None:
    """They are closed, and the call is carried out."""
    client = await connect()
    toy.methods["GetType"] = "QEMU"
    reader, writer = os.pipe()
    await client.send(packet(REMOTE, 1, 3, type=4, serial=5, body=struct.pack(">I", 1)))
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writer]))]
    client.sock.sendmsg([b"\0"], rights)
    os.close(writer)
    found = await client.reply()
    assert found is not None
    assert found["status"] == 0
    assert os.read(reader, 1) == b""
    os.close(reader)


async def test_ping_with_calls_in_flight(connect: Connect, toy: Toy, server: Server) -> None:
    """More calls than may be in flight: they wait, a ping does not."""
    client = await connect()
    toy.methods["GetXMLDesc"] = lambda *_args: HOLD
    most = server.limits.max_client_requests
    await client.send(b"".join(call("DomainGetXMLDesc", n, dom=DOMAIN, flags=0) for n in range(1, most + 9)))
    await client.send(packet(KEEPALIVE, 1, 1, type=2))
    found = await client.receive()
    assert found is not None
    assert (found["prog"], found["proc"], found["type"]) == (KEEPALIVE, 2, 2)
    await toy.wait_for(most)
    assert len(toy.calls) == most
    while toy.held:
        toy.held.pop(0)("<domain/>")
    await toy.wait_for(most + 8)
    while toy.held:
        toy.held.pop(0)("<domain/>")
    serials = set()
    for _ in range(most + 8):
        reply = await client.reply()
        assert reply is not None
        serials.add(reply["serial"])
    assert serials == set(range(1, most + 9))


async def test_a_client_that_does_not_read(connect: Connect, toy: Toy, server: Server) -> None:
    """The server stops reading from it; what is kept for it stays small."""
    client, other = await connect(), await connect()
    toy.methods["GetXMLDesc"] = "x" * 100_000
    (session,) = [s for s in server.sessions if s.in_flight == 0 and s.wire.pending == 0][:1]
    raw = call("DomainGetXMLDesc", 1, dom=DOMAIN, flags=0)
    sent = 0
    client.sock.settimeout(0)
    for _ in range(200):
        try:
            for _ in range(500):
                client.sock.send(raw)
                sent += 1
        except BlockingIOError:
            pass
        await lives(other, toy)
    assert max(s.wire.pending for s in server.sessions) < 64 << 20
    assert session is not None


async def test_flipped_bits(connect: Connect, toy: Toy, server: Server) -> None:
    """Damaged packets never end the server, nor other clients' connections."""
    other = await connect()
    dice = random.Random(1)
    toy.methods.update(GetType="QEMU", GetXMLDesc="<a/>", ListAllDomains=[REF], DomainLookupByName=REF)
    good = [
        call("ConnectGetType", 1),
        call("DomainGetXMLDesc", 2, dom=DOMAIN, flags=0),
        call("ConnectListAllDomains", 3, need_results=1, flags=0),
        call("DomainLookupByName", 4, name="demo"),
    ]
    for _ in range(150):
        client = await connect()
        for _ in range(20):
            raw = bytearray(dice.choice(good))
            # The header's length and procedure stay as they are: other procedures are not this test's.
            at = dice.choice([*range(4, 12), *range(16, len(raw))])
            raw[at] ^= 1 << dice.randrange(8)
            client.sock.send(raw)
        client.sock.close()
    await lives(other, toy)


async def test_leaving_in_the_middle(connect: Connect, toy: Toy, server: Server) -> None:
    """Clients that leave within a packet, a call or a reply leave nothing behind."""
    other = await connect()
    toy.methods["GetXMLDesc"] = lambda *_args: HOLD
    for cut in (3, 20, 40):
        client = await connect()
        await client.send(call("DomainGetXMLDesc", 2, dom=DOMAIN, flags=0)[:cut])
        client.sock.close()
    client = await connect()
    await client.send(call("DomainGetXMLDesc", 2, dom=DOMAIN, flags=0))
    await toy.wait_for(1)
    client.sock.close()
    await lives(other, toy)
    toy.held.pop()("<domain/>")
    await lives(other, toy)
    assert len(server.sessions) == 1
