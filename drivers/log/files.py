# SPDX-License-Identifier: LGPL-2.1-or-later
"""The logs that guests have open: a pipe whose one end the guest holds, and the file behind it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from virtbus.bus.errors import InternalError
from virtbus.drivers.log.rotating import Limits, Position, RotatingFile, read, system_error

log = logging.getLogger(__name__)

PIECE = 65536
ROUNDS = 16
"""Pieces taken from one pipe before the others have their turn."""

PIPE_SIZE = 1024 * 1024
READ_MAX = 4_194_304
EBUSY = OSError(16, "")


@dataclass(frozen=True)
class Writer:
    """Who writes a log: the hypervisor's driver, and the guest."""

    driver: str
    uuid: bytes
    name: str


class OpenLog:
    """One pipe and its file; `ended` is called when the last writer has closed."""

    def __init__(self, path: str, writer: Writer, file: RotatingFile, pipe: int, ended: Callable[[], None]) -> None:
        """Follow the pipe from now on."""
        self.path, self.writer, self.file, self.pipe = path, writer, file, pipe
        self.lost = 0
        self._ended = ended
        self._tails: list[int] = []
        asyncio.get_running_loop().add_reader(pipe, self._readable)

    def _readable(self) -> None:
        if not self.drain(ROUNDS):
            self._ended()

    def drain(self, rounds: int = PIPE_SIZE // 4096) -> bool:
        """Write to the file what the pipe holds now; False at the end of the pipe."""
        for _ in range(rounds):
            try:
                data = os.read(self.pipe, PIECE)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.append(data)
        return True

    def append(self, data: bytes) -> None:
        """Write to the file. A guest must not wait for a full disk: what cannot be written is counted and let go."""
        try:
            self.file.append(data)
        except OSError as error:
            if not self.lost:
                log.error("%s cannot be written: %s", self.path, os.strerror(error.errno or 0))
            self.lost += len(data)
        self._tell(data)

    def _tell(self, data: bytes) -> None:
        for fd in list(self._tails):
            try:
                behind = os.write(fd, data) < len(data)
            except OSError:
                behind = True
            if behind:
                self._tails.remove(fd)
                os.close(fd)

    def follow(self, start: bytes) -> int:
        """Give a descriptor that yields `start` and then everything that is written from now on."""
        reader, writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(writer, False)
        with contextlib.suppress(OSError):
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        self._tails.append(writer)
        if start:
            os.write(writer, start)
        return reader

    def close(self) -> None:
        """Let go of pipe and file."""
        asyncio.get_running_loop().remove_reader(self.pipe)
        for fd in (self.pipe, *self._tails):
            os.close(fd)
        self._tails.clear()
        self.file.close()
        if self.lost:
            log.error("%d bytes of %s could not be written", self.lost, self.path)


class OpenLogs:
    """All logs that are open, by path."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.changed: Callable[[], None] = _nothing
        """Called when a log was opened or closed."""
        self._open: dict[str, OpenLog] = {}

    def __iter__(self) -> Iterator[OpenLog]:
        return iter(list(self._open.values()))

    def open(self, path: str, writer: Writer, *, truncate: bool) -> tuple[OpenLog, int]:
        """Open a log; give it and the end of its pipe that the guest writes to."""
        if path in self._open:
            raise _busy(path)
        file = RotatingFile(path, self.limits, truncate=truncate)
        reader, end = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(reader, False)
        with contextlib.suppress(OSError):
            fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        known = self._follow(path, writer, file, reader)
        self.changed()
        return known, end

    def adopt(self, path: str, writer: Writer, pipe: int) -> None:
        """Go on with a log whose pipe is open already."""
        os.set_blocking(pipe, False)
        self._follow(path, writer, RotatingFile(path, self.limits), pipe)

    def _follow(self, path: str, writer: Writer, file: RotatingFile, pipe: int) -> OpenLog:
        known = self._open[path] = OpenLog(path, writer, file, pipe, lambda: self.close(path))
        return known

    def close(self, path: str) -> None:
        """Close a log."""
        known = self._open.pop(path, None)
        if known is not None:
            known.close()
            self.changed()

    def drain_all(self) -> None:
        """Write what the pipes hold now."""
        for known in self:
            known.drain()

    def find(self, path: str) -> OpenLog:
        """Give an open log; InternalError where the path has none."""
        known = self._open.get(path)
        if known is None:
            raise InternalError(f"No open log file {path}")
        return known

    def end_of(self, path: str) -> Position:
        """Give where a log ends, after all that was written to its pipe."""
        known = self.find(path)
        known.drain()
        return known.file.position

    def read(self, path: str, place: Position, count: int) -> bytes:
        """Give at most `count` bytes from a place on."""
        known = self._open.get(path)
        if known is not None:
            known.drain()
        return read(path, self.limits, place, count)

    def append(self, path: str, message: bytes) -> None:
        """Add a message at the end of a log, open or not."""
        known = self._open.get(path)
        if known is not None:
            known.drain()
            known.append(message)
            return
        file = RotatingFile(path, self.limits)
        try:
            file.append(message)
        except OSError as error:
            raise system_error(f"Unable to write to file: {path}", error) from None
        finally:
            file.close()


def _nothing() -> None:
    """Tell nobody."""


def _busy(path: str) -> Exception:
    error = system_error(f"Cannot open log file: '{path}'", EBUSY)
    error.origin = None
    return error
