# SPDX-License-Identifier: LGPL-2.1-or-later
"""The log daemon, spoken to as a hypervisor driver does."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from virtbus.bus.api.log import LogFile, Manager
from virtbus.bus.daemon import NameTaken
from virtbus.bus.errors import InternalError
from virtbus.bus.wire import kinds
from virtbus.drivers.common import rpc
from virtbus.drivers.log.driver import LogDriver, limits_of
from virtbus.drivers.log.program import PROGRAM
from virtbus.drivers.log.rotating import Limits

GUEST = bytes(range(16))
WHO = rpc.pack_string("qemu") + GUEST + rpc.pack_string("guest")


class Client:
    """One connection, blocking; its calls run in a thread."""

    def __init__(self, path: str) -> None:
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.settimeout(10)
        self._sock.connect(path)

    async def call(self, procedure: int, payload: bytes) -> tuple[rpc.Header, bytes, list[int]]:
        return await asyncio.to_thread(self._call, procedure, payload)

    def _call(self, procedure: int, payload: bytes) -> tuple[rpc.Header, bytes, list[int]]:
        header = rpc.Header(PROGRAM.number, PROGRAM.version, procedure, rpc.CALL, 7, rpc.OK)
        self._sock.sendall(rpc.packet(header, payload))
        length = struct.unpack(">I", self._read(4))[0]
        answer = rpc.Header(*rpc.HEADER.unpack(self._read(24)))
        body = self._read(length - rpc.HEAD)
        fds: list[int] = []
        if answer.type == rpc.REPLY_WITH_FDS:
            for _ in range(struct.unpack(">I", body[:4])[0]):
                fds += socket.recv_fds(self._sock, 1, 1)[1]
            body = body[4:]
        return answer, body, fds

    def _read(self, count: int) -> bytes:
        return self._sock.recv(count, socket.MSG_WAITALL) if count else b""

    def close(self) -> None:
        self._sock.close()


@pytest.fixture
async def driver(tmp_path: Path) -> AsyncIterator[LogDriver]:
    driver = LogDriver(
        socket=str(tmp_path / "run/sock"), settings=str(tmp_path / "none"), state=str(tmp_path / "state")
    )
    await driver.start(None)
    yield driver
    await driver.stop()


@pytest.fixture
def client(driver: LogDriver, tmp_path: Path) -> Client:
    return Client(str(tmp_path / "run/sock"))


async def opened(client: Client, path: Path, flags: int = 0) -> int:
    _, _, fds = await client.call(1, WHO + rpc.pack_string(str(path)) + struct.pack(">I", flags))
    return fds[0]


async def test_what_a_guest_writes_is_in_the_file_and_the_log_ends_with_the_guest(
    driver: LogDriver, client: Client, tmp_path: Path
):
    path = tmp_path / "g.log"
    pipe = await opened(client, path)
    client.close()
    data = os.urandom(300_000)
    (log,) = driver.logs
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    close = log._ended
    log._ended = lambda: (close(), over.set_result(None))  # type: ignore[assignment]
    await asyncio.to_thread(write_and_close, pipe, data)
    await over
    assert path.read_bytes() == data
    assert list(driver.logs) == []


def write_and_close(fd: int, data: bytes) -> None:
    with os.fdopen(fd, "wb") as file:
        file.write(data)


async def test_position_counts_what_is_still_in_the_pipe(client: Client, tmp_path: Path):
    path = tmp_path / "g.log"
    pipe = await opened(client, path)
    os.write(pipe, b"hello\n")
    _, body, _ = await client.call(2, rpc.pack_string(str(path)) + struct.pack(">I", 0))
    assert struct.unpack(">QQ", body) == (path.stat().st_ino, 6)


async def test_stopping_writes_what_is_still_in_the_pipe(driver: LogDriver, client: Client, tmp_path: Path):
    pipe = await opened(client, tmp_path / "g.log")
    os.write(pipe, b"last words")
    await driver.stop()
    assert (tmp_path / "g.log").read_bytes() == b"last words"


async def test_messages_stand_in_order_with_what_the_guest_writes(client: Client, tmp_path: Path):
    path = tmp_path / "g.log"
    pipe = await opened(client, path)
    os.write(pipe, b"one\n")
    message = WHO + rpc.pack_string(str(path)) + rpc.pack_string("two\n") + struct.pack(">I", 0)
    await client.call(4, message)
    os.write(pipe, b"three\n")
    _, body, _ = await client.call(3, rpc.pack_string(str(path)) + struct.pack(">QQQI", path.stat().st_ino, 0, 99, 0))
    assert body[4:18] == b"one\ntwo\nthree\n"


async def test_a_log_is_opened_once(client: Client, tmp_path: Path):
    path = tmp_path / "g.log"
    await opened(client, path)
    answer, body, _ = await client.call(1, WHO + rpc.pack_string(str(path)) + struct.pack(">I", 0))
    assert answer.status == rpc.ERROR
    assert f"Cannot open log file: '{path}': Device or resource busy".encode() in body


async def test_other_bytes_end_one_connection_alone(client: Client, driver: LogDriver, tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as other:
        other.connect(str(tmp_path / "run/sock"))
        other.sendall(b"GET / HTTP/1.0 and so on to 28"[:28])
        assert await asyncio.to_thread(other.recv, 1) == b""
    assert await opened(client, tmp_path / "g.log") > 0


async def test_a_second_daemon_does_not_take_the_socket(driver: LogDriver, tmp_path: Path):
    with pytest.raises(NameTaken):
        await LogDriver(socket=str(tmp_path / "run/sock"), settings="/none", state=str(tmp_path / "x")).start(None)
    assert (tmp_path / "run/sock").stat().st_mode & 0o777 == 0o600


async def test_a_tail_gives_the_end_and_what_follows(driver: LogDriver, client: Client, tmp_path: Path):
    path = tmp_path / "g.log"
    pipe = await opened(client, path)
    os.write(pipe, b"first line\n")
    tail = await driver.manager.tail_log_file(str(path), 5, 0)  # type: ignore[attr-defined]
    os.write(pipe, b"second\n")
    await driver.manager.get_log_file_position(str(path), 0)  # type: ignore[attr-defined]
    assert os.read(tail, 100) == b"line\nsecond\n"
    driver.logs.close(str(path))
    assert os.read(tail, 100) == b""
    os.close(tail)


async def test_a_tail_that_nobody_reads_does_not_stop_the_guest(driver: LogDriver, client: Client, tmp_path: Path):
    path = tmp_path / "g.log"
    pipe = await opened(client, path)
    tail = await driver.manager.tail_log_file(str(path), 0, 0)  # type: ignore[attr-defined]
    await asyncio.to_thread(write_and_close, os.dup(pipe), b"x" * 3_000_000)
    position = await driver.manager.get_log_file_position(str(path), 0)  # type: ignore[attr-defined]
    assert position.offset + (tmp_path / "g.log.0").stat().st_size == 3_000_000
    os.close(tail)


async def test_the_manager_shows_open_logs_only(driver: LogDriver, client: Client, tmp_path: Path):
    await opened(client, tmp_path / "g.log")
    (known,) = await driver.manager.list_log_files()  # type: ignore[attr-defined]
    assert (known.driver, known.domain, known.uuid) == ("qemu", "guest", GUEST)
    with pytest.raises(InternalError, match="No open log file /etc/shadow"):
        await driver.manager.read_log_file("/etc/shadow", 1, 0, 10, 0)  # type: ignore[attr-defined]


def test_the_managers_records_can_be_told_on_the_bus() -> None:
    for method, entry in Manager.calls.items():
        codec = kinds.of_fields(entry.outs)
        assert "o" not in codec.signature, method
    out = bytearray()
    codec = kinds.of_fields(Manager.calls["list_log_files"].outs)
    codec.encode(out, ([LogFile("/x", "qemu", "guest", GUEST, 1, 2)],))
    assert codec.decode(bytes(out), 0)[0] == ([("/x", "qemu", "guest", GUEST, 1, 2)],)


def test_settings_are_read_from_libvirts_file() -> None:
    assert limits_of("") == Limits(2097152, 3)
    assert limits_of("#max_size = 1\nmax_size = 4096 # small\n max_backups=0\nmax_clients = 9\n") == Limits(4096, 0)


async def test_the_next_daemon_goes_on_with_the_pipes(driver: LogDriver, client: Client, tmp_path: Path) -> None:
    path = tmp_path / "g.log"
    pipe = await opened(client, path)
    os.write(pipe, b"one\n")
    await driver.stop()
    (log,) = driver.logs
    asyncio.get_running_loop().remove_reader(log.pipe)
    # What a killed daemon leaves behind: the guest's end of the pipe alone, with bytes in it that nobody has read.
    held = os.open(f"/proc/self/fd/{log.pipe}", os.O_RDONLY)
    os.close(log.pipe)
    driver.logs._open.clear()
    os.write(pipe, b"two\n")
    again = LogDriver(socket=str(tmp_path / "run/sock"), settings="/none", state=str(tmp_path / "state"))
    await again.start(None)
    os.close(held)
    os.write(pipe, b"three\n")
    await again.manager.get_log_file_position(str(path), 0)  # type: ignore[attr-defined]
    assert path.read_bytes() == b"one\ntwo\nthree\n"
    (known,) = await again.manager.list_log_files()  # type: ignore[attr-defined]
    assert (known.file, known.driver, known.domain, known.uuid) == (str(path), "qemu", "guest", GUEST)
    os.close(pipe)
    await again.stop()
