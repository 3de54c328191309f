# SPDX-License-Identifier: LGPL-2.1-or-later
"""Locks are held for an owner as long as its process lives, whatever its connections and the daemon do."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from virtbus.bus.errors import (
    InternalError,
    InvalidArg,
    LibvirtError,
    OperationDenied,
    OperationInvalid,
    ResourceBusy,
    SystemCallError,
)
from virtbus.drivers.common.engine.files import Files
from virtbus.drivers.lock.driver import LockDriver
from virtbus.drivers.lock.locks import Locks
from virtbus.drivers.lock.program import LockSession
from virtbus.drivers.lock.space import AUTOCREATE, SHARED

ONE, OTHER = b"1" * 16, b"2" * 16


@pytest.fixture
async def locks(tmp_path: Path) -> AsyncIterator[Locks]:
    made = Locks(Files(), str(tmp_path / "state.json"))
    yield made
    made.close()


@pytest.fixture
def guest() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "1000"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def disk(tmp_path: Path) -> str:
    path = tmp_path / "disk.img"
    path.write_bytes(b"data")
    return str(path)


async def session(locks: Locks, pid: int, uuid: bytes = ONE) -> LockSession:
    made = LockSession(locks)
    await made.register(uuid, "guest", 1, pid, 0)
    return made


async def test_one_disk_has_one_owner(locks: Locks, guest: subprocess.Popen[bytes], disk: str) -> None:
    first, second = await session(locks, guest.pid), await session(locks, os.getpid(), OTHER)
    await first.acquire_resource("", disk, 0)
    for flags in (0, SHARED):
        with pytest.raises(ResourceBusy, match=f"^resource busy: Lockspace resource '{disk}' is locked$"):
            await second.acquire_resource("", disk, flags)
    with pytest.raises(InternalError, match=f"owner {os.getpid()} does not hold the resource lock"):
        await second.release_resource("", disk, 0)
    await first.release_resource("", disk, 0)
    await second.acquire_resource("", disk, 0)
    assert Path(disk).read_bytes() == b"data"


async def test_others_on_the_host_are_kept_out_too(locks: Locks, disk: str) -> None:
    await (await session(locks, os.getpid())).acquire_resource("", disk, 0)
    with open(disk, "r+b") as file, pytest.raises(BlockingIOError):
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)


async def test_several_share_what_each_wants_shared(locks: Locks, guest: subprocess.Popen[bytes], disk: str) -> None:
    first, second = await session(locks, guest.pid), await session(locks, os.getpid(), OTHER)
    await first.acquire_resource("", disk, SHARED)
    await second.acquire_resource("", disk, SHARED)
    await first.release_resource("", disk, 0)
    with pytest.raises(ResourceBusy):
        await first.acquire_resource("", disk, 0)
    await second.release_resource("", disk, 0)
    await first.acquire_resource("", disk, 0)


async def test_locks_outlive_connections_and_end_with_the_process(
    locks: Locks, guest: subprocess.Popen[bytes], disk: str
) -> None:
    first = await session(locks, guest.pid)
    await first.acquire_resource("", disk, 0)
    await first.restrict(0)
    first.closed()
    assert [held.name for held in locks.find("")] == [disk]
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    ended = locks.release_all

    async def told(pid: int) -> None:
        await ended(pid)
        over.set_result(None)

    locks.release_all = told  # type: ignore[method-assign]
    guest.kill()
    await over
    assert list(locks.find("")) == []


async def test_the_next_daemon_locks_again_for_the_living_alone(
    locks: Locks, guest: subprocess.Popen[bytes], disk: str, tmp_path: Path
) -> None:
    await locks.add(str(tmp_path / "leases"))
    await (await session(locks, guest.pid)).acquire_resource("", disk, 0)
    brief = subprocess.Popen(["sleep", "1000"])
    await (await session(locks, brief.pid)).acquire_resource(str(tmp_path / "leases"), "lease", AUTOCREATE)
    for space in locks.spaces.values():
        for held in space:
            os.close(held.fd)
    locks.close()
    brief.kill()
    brief.wait()
    again = LockDriver(socket=str(tmp_path / "sock"), state=str(tmp_path / "state.json"))
    await again.start(None)
    held_now = await again.manager.list_locks()  # type: ignore[attr-defined]
    assert [(each.resource, each.pid, each.uuid) for each in held_now] == [(disk, guest.pid, ONE)]
    assert await again.manager.list_lock_spaces() == ["", str(tmp_path / "leases")]  # type: ignore[attr-defined]
    await again.stop()


async def test_what_was_made_for_a_lock_goes_with_it(locks: Locks, tmp_path: Path) -> None:
    space = str(tmp_path / "leases")
    await locks.add(space)
    mine = await session(locks, os.getpid())
    await mine.acquire_resource(space, "lease", AUTOCREATE)
    assert os.listdir(space) == ["lease"]
    with pytest.raises(ResourceBusy):
        await mine.delete_resource(space, "lease", 0)
    await mine.release_resource(space, "lease", 0)
    assert os.listdir(space) == []
    await mine.create_resource(space, "other", 0)
    await mine.acquire_resource(space, "other", 0)
    await mine.release_resource(space, "other", 0)
    assert os.listdir(space) == ["other"]


async def test_one_that_never_lived_holds_nothing_for_long(locks: Locks, disk: str) -> None:
    ghost = await session(locks, 2**22 + 5)
    await ghost.acquire_resource("", disk, 0)
    ghost.closed()
    await asyncio.gather(*locks._tasks)
    assert list(locks.find("")) == []


@pytest.mark.parametrize(
    ("space", "name", "kind", "message"),
    [
        ("", "relative", InvalidArg, "is no absolute path"),
        ("leases", "../x", InvalidArg, "is no name of a resource"),
        ("leases", "", InvalidArg, "is no name of a resource"),
        ("leases", "none", SystemCallError, "Unable to open resource .*/leases/none: No such file or directory"),
        ("nosuch", "x", InternalError, "Lockspace for path .*nosuch does not exist"),
    ],
)
async def test_what_cannot_be_locked(
    locks: Locks, tmp_path: Path, space: str, name: str, kind: type[LibvirtError], message: str
) -> None:
    await locks.add(str(tmp_path / "leases"))
    mine = await session(locks, os.getpid())
    with pytest.raises(kind, match=message):
        await mine.acquire_resource(str(tmp_path / space) if space else "", name, 0)


async def test_who_may_do_what(locks: Locks, disk: str, tmp_path: Path) -> None:
    nobody = LockSession(locks)
    with pytest.raises(OperationInvalid, match="lock owner details have not been registered"):
        await nobody.acquire_resource("", disk, 0)
    mine = await session(locks, os.getpid())
    with pytest.raises(InvalidArg) as raised:
        await mine.acquire_resource("", disk, 8)
    assert raised.value.message == (
        "unsupported flags (0x8) in function virLockSpaceProtocolDispatchAcquireResource"
    )  # fmt: skip
    await mine.restrict(0)
    for call in (mine.acquire_resource("", disk, 0), mine.release_resource("", disk, 0), mine.new("/x", 0)):
        with pytest.raises(OperationDenied, match=r"lock manager connection has been restricted$"):
            await call
