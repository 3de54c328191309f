# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client that speaks packets: it builds valid and invalid ones from the facts alone, not from the code under test."""

from __future__ import annotations

import array
import asyncio
import socket
import struct
from typing import Any

from tests.facts.check_wire import Facts

FACTS = Facts()
REMOTE, QEMU, KEEPALIVE = 0x20008086, 0x20008087, 0x6B656570
CLOSED = None


def procedure(name: str, program: str = "remote") -> dict[str, Any]:
    return next(p for p in FACTS.j["programs"][program]["procedures"] if p["name"] == name)


def packet(
    prog: int = 0, vers: int = 0, proc: int = 0, type: int = 0, serial: int = 0, status: int = 0, body: bytes = b""
) -> bytes:
    return struct.pack(">IIIiiIi", 28 + len(body), prog, vers, proc, type, serial, status) + body


def call(name: str, serial: int, program: str = "remote", /, **args: Any) -> bytes:
    entry = procedure(name, program)
    body = FACTS.enc_type(entry["args"], args) if entry["args"] else b""
    return packet(FACTS.j["programs"][program]["number"], 1, entry["number"], 0, serial, 0, body)


class Refused(Exception):
    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.code, self.domain, self.error = error["code"], error["domain"], error


class Client:
    """One connection; packets that are no replies are kept in `events` and `streams`."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.settimeout(0)
        self.loop = asyncio.get_running_loop()
        self.serial = 0
        self.buffer = b""
        self.events: list[dict[str, Any]] = []
        self.streams: list[dict[str, Any]] = []
        self.fds: list[int] = []

    async def send(self, data: bytes) -> None:
        await self.loop.sock_sendall(self.sock, data)

    async def _readable(self) -> None:
        ready = self.loop.create_future()
        self.loop.add_reader(self.sock.fileno(), lambda: ready.done() or ready.set_result(None))
        try:
            await asyncio.wait_for(ready, 10)
        finally:
            self.loop.remove_reader(self.sock.fileno())

    async def more(self) -> bool:
        while True:
            try:
                data, ancillary, _flags, _address = self.sock.recvmsg(1 << 20, 256)
            except BlockingIOError:
                await self._readable()
                continue
            except ConnectionError:
                return False
            for _level, _kind, payload in ancillary:
                self.fds += array.array("i", payload)
            self.buffer += data
            return bool(data)

    async def receive(self) -> dict[str, Any] | None:
        """Give the next packet, decoded; CLOSED at the end."""
        while len(self.buffer) < 4 or len(self.buffer) < struct.unpack(">I", self.buffer[:4])[0]:
            if not await self.more():
                return CLOSED
        size = struct.unpack(">I", self.buffer[:4])[0]
        raw, self.buffer = self.buffer[:size], self.buffer[size:]
        try:
            found = FACTS.decode_packet(raw, "s2c")
        except Exception:
            found = dict(
                zip(
                    ("prog", "vers", "proc", "type", "serial", "status"),
                    struct.unpack(">IIiiIi", raw[4:28]),
                    strict=True,
                )
            )
            found["body"] = FACTS.dec_type("virNetMessageError", raw, 28)[0]
        for _ in range(found.get("fds", 0)):
            while not self.buffer:
                await self.more()
            self.buffer = self.buffer[1:]
        return dict(found)

    async def reply(self) -> dict[str, Any] | None:
        while True:
            found = await self.receive()
            if found is CLOSED or found["type"] in (1, 5):
                return found
            (self.events if found["type"] == 2 else self.streams).append(found)

    async def call(self, name: str, program: str = "remote", /, **args: Any) -> Any:
        self.serial += 1
        await self.send(call(name, self.serial, program, **args))
        found = await self.reply()
        assert found is not None, "the connection was closed"
        assert found["serial"] == self.serial
        if found["status"] == 1:
            raise Refused(found["body"])
        return found["body"]

    async def event(self) -> dict[str, Any]:
        while not self.events:
            found = await self.receive()
            assert found is not None
            (self.events if found["type"] == 2 else self.streams).append(found)
        return self.events.pop(0)

    async def stream(self) -> dict[str, Any]:
        while not self.streams:
            found = await self.receive()
            assert found is not None
            (self.events if found["type"] == 2 else self.streams).append(found)
        return self.streams.pop(0)
