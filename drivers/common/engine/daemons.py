# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs that run on by themselves, known by a file with their process id: find, signal and stop them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import Protocol

STOP_WAIT = 5.0
"""Seconds that a program gets to end before it is killed."""


class Background(Protocol):
    """What knows the programs in the background."""

    def find(self, pid_file: str, mark: str) -> int | None:
        """Give the process of a pid file if it runs with `mark` among its arguments; else None."""
        ...

    def send(self, pid: int, number: int) -> None:
        """Send a signal; a process that is gone gets none."""
        ...

    async def stop(self, pid: int) -> None:
        """End a process and return once it is gone."""
        ...


class Daemons:
    """The real ones."""

    def find(self, pid_file: str, mark: str) -> int | None:
        """Give the process of a pid file if it runs with `mark` among its arguments; else None."""
        try:
            with open(pid_file, encoding="ascii", errors="replace") as file:
                pid = int(file.read(32))
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                arguments = file.read().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if pid > 1 and mark.encode() in arguments else None

    def send(self, pid: int, number: int) -> None:
        """Send a signal; a process that is gone gets none."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    async def stop(self, pid: int) -> None:
        """End a process, by force if it takes too long, and return once it is gone."""
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            self.send(pid, signal.SIGTERM)
            if not await _ended(handle):
                self.send(pid, signal.SIGKILL)
                await _ended(handle)
        finally:
            os.close(handle)


async def _ended(handle: int) -> bool:
    """Wait until the process behind a pidfd has ended; False when it takes too long."""
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    loop.add_reader(handle, gone.set)
    try:
        async with asyncio.timeout(STOP_WAIT):
            await gone.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(handle)
    return True
