# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files that grow to a limit and are then put aside: NAME, NAME.0 (the youngest of the old ones), NAME.1 …"""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

from virtbus.bus.errors import ErrorDomain, SystemCallError

LINE_MAX = 80
"""A rotation comes after the end of a line, where one ends within so many bytes of the limit."""


class Limits(NamedTuple):
    """How large a file may grow (bytes) and how many old ones are kept."""

    size: int = 2 * 1024 * 1024
    backups: int = 3


class Position(NamedTuple):
    """A place in a log: an inode, so that it keeps its meaning after a rotation, and bytes from the start."""

    inode: int
    offset: int


def system_error(words: str, error: OSError) -> SystemCallError:
    """Give libvirt's error for a refused system call on a log."""
    number = error.errno or 0
    return SystemCallError(f"{words}: {os.strerror(number)}", int1=number, origin=ErrorDomain.NONE)


class RotatingFile:
    """A log that is open for writing."""

    def __init__(self, path: str, limits: Limits, *, truncate: bool = False) -> None:
        """Open the file, at its end or emptied together with its old ones; SystemCallError where that fails."""
        self.path, self._limits = path, limits
        if truncate:
            for backup in backups(path, limits.backups):
                _remove(backup)
        self._open(os.O_TRUNC if truncate else 0)

    def _open(self, more: int) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
        try:
            self._fd = os.open(self.path, flags | more, 0o600)
        except OSError as error:
            raise system_error(f"Unable to open file: {self.path}", error) from None
        found = os.fstat(self._fd)
        self._inode, self._length = found.st_ino, found.st_size

    @property
    def position(self) -> Position:
        """Where the log ends."""
        return Position(self._inode, self._length)

    def append(self, data: bytes) -> None:
        """Write all of it, rotating as often as need be; OSError as the kernel says, with the rest unwritten."""
        left = memoryview(data)
        while left:
            if self._length >= self._limits.size:
                self._rotate()
            room = self._limits.size - self._length
            part = left if len(left) <= room else left[: _cut(data[len(data) - len(left) :][:room])]
            written = os.write(self._fd, part)
            self._length += written
            left = left[written:]
            if left and written == len(part):
                self._rotate()

    def _rotate(self) -> None:
        names = [self.path, *backups(self.path, self._limits.backups)]
        for older, newer in zip(reversed(names), reversed(names[:-1]), strict=False):
            with contextlib.suppress(FileNotFoundError):
                os.rename(newer, older)
        if len(names) == 1:
            _remove(self.path)
        old = self._fd
        self._open(os.O_TRUNC)
        os.close(old)

    def close(self) -> None:
        """Write no more."""
        os.close(self._fd)


def _cut(room: bytes) -> int:
    """Give how many of the bytes that still fit go before the rotation: up to the last line's end if near."""
    end = room.rfind(b"\n", max(0, len(room) - LINE_MAX))
    return len(room) if end < 0 else end + 1


def backups(path: str, count: int) -> list[str]:
    """Give the names of the old files, the youngest first."""
    return [f"{path}.{number}" for number in range(count)]


def _remove(path: str) -> None:
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    except OSError as error:
        raise system_error(f"Unable to delete file {path}", error) from None


def read(path: str, limits: Limits, place: Position, count: int) -> bytes:
    """Give at most `count` bytes from a place on, through the younger files; SystemCallError where it is gone."""
    names = [*reversed(backups(path, limits.backups)), path]
    while names and _inode(names[0]) != place.inode:
        del names[0]
    if not names:
        words = f"Unable to seek to inode {place.inode} offset {place.offset}"
        raise system_error(words, OSError(9, ""))
    found = bytearray()
    offset = place.offset
    for name in names:
        if len(found) >= count:
            break
        with contextlib.suppress(FileNotFoundError), open(name, "rb") as file:
            file.seek(offset)
            found += file.read(count - len(found))
        offset = 0
    return bytes(found)


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except OSError:
        return None
