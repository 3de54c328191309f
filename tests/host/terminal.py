# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run a command on a terminal of its own, as `virsh console` wants it."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Callable


class Terminal:
    """A command with a terminal of its own."""

    def __init__(self, command: list[str]) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: _control(slave),
        )  # fmt: skip
        os.close(slave)

    def read_until(self, pattern: str, seconds: float, line: Callable[[str], None]) -> str:
        """Give what is shown until the pattern matches or the time is over; hand each line on as it comes."""
        shown, told, end = "", 0, time.monotonic() + seconds
        while not re.search(pattern, shown) and time.monotonic() < end:
            if not select.select([self._master], [], [], max(0.0, end - time.monotonic()))[0]:
                break
            try:
                shown += os.read(self._master, 4096).decode(errors="replace").replace("\r", "")
            except OSError:  # the command has ended
                break
            whole = shown.rfind("\n") + 1
            for text in shown[told:whole].splitlines():
                line(text)
            told = whole
        return shown

    def leave(self, key: bytes) -> None:
        """Press a key, wait for the command's end."""
        try:
            os.write(self._master, key)
            self._process.wait(5)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._master)


def _control(descriptor: int) -> None:
    import fcntl

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
