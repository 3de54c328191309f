# SPDX-License-Identifier: LGPL-2.1-or-later
"""Streams: up, down, both ways; finished, aborted, failed; with holes."""

from __future__ import annotations

import asyncio
import os
import socket
import struct

from tests.rpc.client import REMOTE, Client, packet, procedure
from tests.rpc.conftest import DOMAIN, Connect
from tests.rpc.toy import Toy
from virtbus.bus.errors import ErrorDomain, SystemCallError

VOLUME = {"pool": "p", "name": "v", "key": "k"}
STREAM, HOLE = 3, 6


def pair(toy: Toy, member: str, *rest: object) -> socket.socket:
    ours, theirs = socket.socketpair()
    toy.methods[member] = (theirs.detach(), *rest)
    ours.settimeout(0)
    return ours


def part(name: str, serial: int, status: int, body: bytes = b"", type: int = STREAM) -> bytes:
    return packet(REMOTE, 1, procedure(name)["number"], type, serial, status, body)


async def read_all(sock: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(sock, 1 << 20), 10)
        if not more:
            break
        found += more
    return found


async def start(client: Client, name: str, **args: object) -> int:
    await client.call(name, **args)
    return client.serial


async def test_download(connect: Connect, toy: Toy) -> None:
    client = await connect()
    theirs = pair(toy, "Download")
    serial = await start(client, "StorageVolDownload", vol=VOLUME, offset=0, length=0, flags=0)
    data = os.urandom(1 << 20)

    async def feed() -> None:
        await asyncio.get_running_loop().sock_sendall(theirs, data)
        theirs.close()

    feeding = asyncio.create_task(feed())
    found = b""
    while True:
        each = await client.stream()
        assert (each["serial"], each["status"], each["proc"]) == (serial, 2, 209)
        chunk = bytes.fromhex(each["body"])
        assert len(chunk) <= 262120
        if not chunk:
            break
        found += chunk
    assert found == data
    await feeding
    await client.send(part("StorageVolDownload", serial, 0))
    end = await client.stream()
    assert (end["status"], end["body"]) == (0, None)
    assert toy.ended == ["Finish"]


async def test_upload(connect: Connect, toy: Toy) -> None:
    client = await connect()
    theirs = pair(toy, "Upload")
    serial = await start(client, "StorageVolUpload", vol=VOLUME, offset=0, length=0, flags=0)
    data = os.urandom(3 << 20)
    reading = asyncio.create_task(read_all(theirs, len(data) + 1))
    for at in range(0, len(data), 300_000):
        await client.send(part("StorageVolUpload", serial, 2, data[at : at + 300_000]))
    await client.send(part("StorageVolUpload", serial, 0))
    assert (await client.stream())["status"] == 0
    assert await reading == data
    theirs.close()


async def test_upload_fails_at_the_end(connect: Connect, toy: Toy) -> None:
    client = await connect()
    theirs = pair(toy, "Upload")
    toy.stream_error = SystemCallError(
        "cannot write to stream: No space left on device", origin=ErrorDomain.STREAMS, int1=28
    )
    serial = await start(client, "StorageVolUpload", vol=VOLUME, offset=0, length=0, flags=0)
    await client.send(part("StorageVolUpload", serial, 0))
    end = await client.stream()
    assert (end["status"], end["body"]["code"], end["body"]["domain"]) == (1, 38, 38)
    theirs.close()


async def test_upload_fails_midway(connect: Connect, toy: Toy) -> None:
    client = await connect()
    theirs = pair(toy, "Upload")
    toy.stream_error = SystemCallError(
        "cannot write to stream: No space left on device", origin=ErrorDomain.STREAMS, int1=28
    )
    serial = await start(client, "StorageVolUpload", vol=VOLUME, offset=0, length=0, flags=0)
    theirs.close()
    await client.send(part("StorageVolUpload", serial, 2, b"x"))
    end = await client.stream()
    assert (end["status"], end["body"]["code"]) == (1, 38)
    await client.send(part("StorageVolUpload", serial, 2, b"ignored"))
    assert (await client.call("ConnectSupportsFeature", feature=14))["supported"] == 1


async def test_abort(connect: Connect, toy: Toy) -> None:
    client = await connect()
    theirs = pair(toy, "Download")
    serial = await start(client, "StorageVolDownload", vol=VOLUME, offset=0, length=0, flags=0)
    await client.send(part("StorageVolDownload", serial, 1))
    assert (await client.stream())["status"] == 0
    assert toy.ended == ["Abort"]
    assert await read_all(theirs, 1) == b""
    theirs.close()


async def test_console(connect: Connect, toy: Toy) -> None:
    client = await connect()
    theirs = pair(toy, "OpenConsole")
    serial = await start(client, "DomainOpenConsole", dom=DOMAIN, dev_name=None, flags=0)
    theirs.send(b"login: ")
    assert bytes.fromhex((await client.stream())["body"]) == b"login: "
    await client.send(part("DomainOpenConsole", serial, 2, b"root\n"))
    assert await read_all(theirs, 5) == b"root\n"
    theirs.close()
    assert (await client.stream())["body"] == ""
    await client.send(part("DomainOpenConsole", serial, 0))
    assert (await client.stream())["status"] == 0


async def test_screenshot(connect: Connect, toy: Toy) -> None:
    client = await connect()
    theirs = pair(toy, "Screenshot", "image/png")
    found = await client.call("DomainScreenshot", dom=DOMAIN, screen=0, flags=0)
    assert found == {"mime": "image/png"}
    theirs.close()
    assert (await client.stream())["body"] == ""


async def test_holes_up(connect: Connect, toy: Toy) -> None:
    client = await connect()
    theirs = pair(toy, "Upload")
    serial = await start(client, "StorageVolUpload", vol=VOLUME, offset=0, length=0, flags=1)
    assert toy.calls[-1][2] == (0, 0, 0)
    size = 1 << 20
    reading = asyncio.create_task(read_all(theirs, size + 2))
    await client.send(part("StorageVolUpload", serial, 2, b"a"))
    await client.send(part("StorageVolUpload", serial, 2, struct.pack(">qI", size, 0), HOLE))
    await client.send(part("StorageVolUpload", serial, 2, b"b"))
    assert await reading == b"a" + bytes(size) + b"b"
    await client.send(part("StorageVolUpload", serial, 2, struct.pack(">qI", -5, 0), HOLE))
    assert (await client.stream())["status"] == 1
    theirs.close()


async def test_holes_down(connect: Connect, toy: Toy) -> None:
    client = await connect()
    theirs = pair(toy, "Download")
    await start(client, "StorageVolDownload", vol=VOLUME, offset=0, length=0, flags=1)
    theirs.send(bytes(4096))
    hole = await client.stream()
    assert (hole["type"], hole["body"]) == (HOLE, {"length": 4096, "flags": 0})
    theirs.close()


async def test_client_leaves(connect: Connect, toy: Toy) -> None:
    client = await connect()
    theirs = pair(toy, "Download")
    await start(client, "StorageVolDownload", vol=VOLUME, offset=0, length=0, flags=0)
    client.sock.close()
    assert await read_all(theirs, 1) == b""
    theirs.close()


async def test_packets_without_a_stream(connect: Connect) -> None:
    client = await connect()
    for status in (0, 1, 2):
        await client.send(part("StorageVolUpload", 999, status, b"x"))
    assert (await client.call("ConnectSupportsFeature", feature=14))["supported"] == 1
