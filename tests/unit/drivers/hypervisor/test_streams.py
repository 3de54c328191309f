# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bytes between a libvirt stream and a socket: all arrive, both ends may end first, and nothing spins."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from typing import Any

import libvirt
import pytest

from virtbus.drivers.hypervisor.eventloop import HANGUP, READABLE, WRITABLE, event_loop
from virtbus.drivers.hypervisor.streams import LATER, Pump


class Pipe:
    """A stream as libvirt-python has them, over a socket, watched by libvirt's event loop."""

    def __init__(self) -> None:
        self.inner, self.outer = socket.socketpair()
        self.inner.settimeout(0)
        self.watch: int | None = None
        self.how = ""
        self.calls = 0

    def recv(self, size: int) -> Any:
        try:
            return self.inner.recv(size)
        except BlockingIOError:
            return LATER

    def send(self, data: bytes) -> int:
        try:
            return self.inner.send(data)
        except BlockingIOError:
            return LATER

    def eventAddCallback(self, events: int, told: Callable[..., None], opaque: Any) -> None:
        def woken(watch: int, fd: int, found: int, nothing: Any) -> None:
            self.calls += 1
            told(self, found, opaque)

        self.watch = libvirt.virEventAddHandle(self.inner.fileno(), events, woken, None)

    def eventUpdateCallback(self, events: int) -> None:
        assert self.watch is not None
        libvirt.virEventUpdateHandle(self.watch, events)

    def eventRemoveCallback(self) -> None:
        assert self.watch is not None
        libvirt.virEventRemoveHandle(self.watch)
        self.watch = None

    def finish(self) -> None:
        self.how = "finished"

    def abort(self) -> None:
        self.how = "aborted"


class Pumped:
    """A pump at work, and both its ends."""

    def __init__(self, *, reads: bool = True) -> None:
        self.pipe = Pipe()
        ours, self.client = socket.socketpair()
        ours.settimeout(0)
        self.pump = Pump(self.pipe, ours, reads=reads)
        self.far = self.pipe.outer
        event_loop().post(self.pump.start)

    async def ended(self, how: Callable[[Callable[[Any], None]], None]) -> Any:
        loop = asyncio.get_running_loop()
        answer = loop.create_future()

        def told(error: Any) -> None:
            loop.call_soon_threadsafe(answer.set_result, error)

        event_loop().post(lambda: how(told))
        return await asyncio.wait_for(answer, 10)


def read_all(sock: socket.socket) -> bytes:
    found = b""
    while data := sock.recv(65536):
        found += data
    return found


def write_all(sock: socket.socket, data: bytes) -> None:
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)


DATA = os.urandom(3_000_000)


async def test_download_arrives_whole() -> None:
    pumped = Pumped()
    writing = asyncio.to_thread(write_all, pumped.far, DATA)
    found, _ = await asyncio.gather(asyncio.to_thread(read_all, pumped.client), writing)
    assert found == DATA
    assert await pumped.ended(pumped.pump.finish) is None
    assert pumped.pipe.how == "finished"


async def test_download_of_a_source_that_is_gone_arrives_whole() -> None:
    pumped = Pumped()

    def write_and_leave() -> None:
        pumped.far.sendall(DATA)
        pumped.far.close()

    found, _ = await asyncio.gather(asyncio.to_thread(read_all, pumped.client), asyncio.to_thread(write_and_leave))
    assert found == DATA


async def test_upload_arrives_whole_before_it_is_finished() -> None:
    pumped = Pumped(reads=False)

    def send() -> None:
        pumped.client.sendall(DATA)

    reading = asyncio.create_task(asyncio.to_thread(read_exactly, pumped.far, len(DATA)))
    await asyncio.to_thread(send)
    assert await pumped.ended(pumped.pump.finish) is None
    assert await reading == DATA
    assert pumped.pipe.how == "finished"


def read_exactly(sock: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += sock.recv(65536)
    return found


async def test_abort_is_told_to_libvirt() -> None:
    pumped = Pumped()
    await pumped.ended(pumped.pump.abort)
    assert pumped.pipe.how == "aborted"
    assert pumped.client.recv(10) == b""


@pytest.mark.parametrize("end", ["client", "far"])
async def test_nothing_listens_to_an_end_that_is_gone(end: str) -> None:
    pumped = Pumped()
    getattr(pumped, end).close()
    # Each of these goes once through the loop: an end that is still listened to would tell of itself each time.
    for _ in range(50):
        await pumped.ended(lambda told: told(None))
    assert pumped.pipe.calls < 10
    await pumped.ended(pumped.pump.abort)


def test_numbers_are_libvirts() -> None:
    handle = libvirt.VIR_EVENT_HANDLE_READABLE, libvirt.VIR_EVENT_HANDLE_WRITABLE, libvirt.VIR_EVENT_HANDLE_HANGUP
    assert handle == (READABLE, WRITABLE, HANGUP)
