# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs run to their end: arguments as a list, never a shell, with limits on time and output."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from virtbus.bus.errors import InternalError, OperationTimeout, SystemCallError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OUTPUT_MAX = 64 * 1024 * 1024
DRAIN_TIMEOUT = 5.0
TIMEOUT = 600.0
"""Seconds that a program may take unless its caller says otherwise."""


class Result(NamedTuple):
    """How a program ended: exit status (negative: the signal that ended it) and what it printed."""

    status: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        """Give the standard output as text."""
        return self.out.decode("utf-8", "replace")


class Runner(Protocol):
    """What runs programs."""

    async def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes = b"",
        env: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
        limit: int = OUTPUT_MAX,
        pass_fds: Sequence[int] = (),
    ) -> Result:
        """Run a program to its end and give how it ended, whatever its status.

        Errors: SystemCallError when there is no such program, OperationTimeout after `timeout` seconds,
        InternalError when it prints more than `limit` bytes.
        """
        ...


class Processes:
    """The real runner."""

    async def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes = b"",
        env: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
        limit: int = OUTPUT_MAX,
        pass_fds: Sequence[int] = (),
    ) -> Result:
        """Run a program in a session of its own, with a plain environment plus `env`; see `Runner.run`."""
        program = find_program(argv[0])
        with _as_file(input) as stdin:
            process = await asyncio.create_subprocess_exec(
                program,
                *argv[1:],
                stdin=stdin,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environment(env),
                start_new_session=True,
                pass_fds=pass_fds,
                cwd="/",
            )
        try:
            async with asyncio.timeout(timeout):
                return await _converse(process, argv, limit)
        except TimeoutError:
            raise OperationTimeout(f"'{argv[0]}' did not end within {timeout:g} seconds") from None
        finally:
            await _end(process)


@contextlib.contextmanager
def _as_file(input: bytes) -> Iterator[int]:
    """Give a descriptor from which `input` is read.

    A file in memory and no pipe: nft opens /dev/stdin again, which cannot be done with the sockets that uvloop uses.
    """
    fd = os.memfd_create("input", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(fd), "wb") as file:
            file.write(input)
        os.lseek(fd, 0, os.SEEK_SET)
        yield fd
    finally:
        os.close(fd)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the environment that programs get: the C locale, a known path, and `extra`."""
    plain = {"LC_ALL": "C", "PATH": PATH, "HOME": os.environ.get("HOME", "/")}
    return plain | dict(extra or {})


def find_program(name: str) -> str:
    """Give a program's full path; SystemCallError when there is none."""
    found = shutil.which(name, path=PATH)
    if found is None:
        raise SystemCallError(f"Cannot find '{name}' in path: No such file or directory", int1=2)
    return found


def check(argv: Sequence[str], result: Result) -> Result:
    """Give the result back if the program succeeded; InternalError with libvirt's words otherwise."""
    if result.status == 0:
        return result
    command = shlex.join(argv)
    said = result.err.decode("utf-8", "replace")
    how = f"exit status {result.status}" if result.status > 0 else f"fatal signal {-result.status}"
    raise InternalError(f"Child process ({command}) unexpected {how}: {said}" if said else
                        f"Child process ({command}) unexpected {how}")  # fmt: skip


async def _converse(process: asyncio.subprocess.Process, argv: Sequence[str], limit: int) -> Result:
    async def read(stream: asyncio.StreamReader | None) -> bytes:
        kept = bytearray()
        while stream is not None and (piece := await stream.read(65536)):
            kept += piece
            if len(kept) > limit:
                raise InternalError(f"'{argv[0]}' printed more than {limit} bytes")
        return bytes(kept)

    readers = [asyncio.ensure_future(read(stream)) for stream in (process.stdout, process.stderr)]
    try:
        out, err = await asyncio.gather(*readers)
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    return Result(await process.wait(), out, err)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nothing behind of a program that was cut short: its end is told once its output has been read."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_TIMEOUT):
            await asyncio.gather(_discard(process.stdout), _discard(process.stderr))
            await process.wait()


async def _discard(stream: asyncio.StreamReader | None) -> None:
    while stream is not None and await stream.read(1 << 20):
        pass
