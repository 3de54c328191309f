# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's own event loop: one a process, in a thread of its own, there before the first connection is opened.

What it calls (events of guests, streams) runs in that thread alone, so nothing there needs a lock.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import libvirt

log = logging.getLogger("virtbus.hypervisor.events")

READABLE = 1
WRITABLE = 2
ERROR = 4
HANGUP = 8


class EventLoop:
    """The thread that runs libvirt's default event loop."""

    def __init__(self) -> None:
        libvirt.virEventRegisterDefaultImpl()
        libvirt.registerErrorHandler(_nothing, None)
        self._posted: deque[Callable[[], None]] = deque()
        self._wake_r, self._wake_w = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        libvirt.virEventAddHandle(self._wake_r, READABLE, self._woken, None)
        self._thread = threading.Thread(target=self._run, name="libvirt-events", daemon=True)
        self._thread.start()

    def post(self, work: Callable[[], None]) -> None:
        """Have work done in the loop's thread, in order."""
        self._posted.append(work)
        with contextlib.suppress(BlockingIOError):  # full: the loop is on its way already
            os.write(self._wake_w, b"\0")

    def _woken(self, watch: int, fd: int, events: int, opaque: Any) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(fd, 65536)
        while self._posted:
            try:
                self._posted.popleft()()
            except Exception:
                log.exception("work in libvirt's event loop failed")

    def _run(self) -> None:
        while True:
            try:
                libvirt.virEventRunDefaultImpl()
            except libvirt.libvirtError:
                log.exception("libvirt's event loop had an error")


def _nothing(context: Any, error: Any) -> None:
    """Keep libvirt from writing errors to standard error: each reaches its caller."""


@functools.cache
def event_loop() -> EventLoop:
    """Give the process's loop, started at the first call."""
    return EventLoop()
