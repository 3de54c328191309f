# SPDX-License-Identifier: LGPL-2.1-or-later
"""From one log daemon to the next: which pipes are open, and how to get at them again.

A pipe lives as long as its guest holds an end of it, with all that is in it; whoever may open the guest's end in
/proc can read the rest. A daemon that takes the place of this one in the same process finds its own ends still open.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from virtbus.drivers.common.engine.files import Filesystem
from virtbus.drivers.log.files import OpenLog, Writer

log = logging.getLogger(__name__)


class Kept(NamedTuple):
    """A log of the daemon before: its file, its writer, the pipe's inode and the descriptor that it was."""

    path: str
    writer: Writer
    inode: int
    fd: int


def save(files: Filesystem, place: str, logs: Iterable[OpenLog]) -> None:
    """Write down which logs are open."""
    kept = [
        {
            "path": each.path, "driver": each.writer.driver, "uuid": each.writer.uuid.hex(), "name": each.writer.name,
            "inode": os.fstat(each.pipe).st_ino, "fd": each.pipe,
        }
        for each in logs
    ]  # fmt: skip
    files.write(place, json.dumps(kept))


def load(files: Filesystem, place: str) -> list[Kept]:
    """Give the logs that were open; none where nothing is written down."""
    try:
        return [_entry(each) for each in json.loads(files.read(place) or "[]")]
    except (ValueError, KeyError, TypeError) as error:
        log.error("%s cannot be read: %s", place, error)
        return []


def _entry(each: dict[str, Any]) -> Kept:
    writer = Writer(each["driver"], bytes.fromhex(each["uuid"]), each["name"])
    return Kept(each["path"], writer, each["inode"], each["fd"])


def reopen(wanted: Iterable[Kept]) -> Iterator[tuple[Kept, int]]:
    """Give the pipes that still live, each with a descriptor to read from (blocks; for the start)."""
    missing: dict[int, Kept] = {}
    for kept in wanted:
        if _inode(f"/proc/self/fd/{kept.fd}") == kept.inode:
            os.set_inheritable(kept.fd, False)  # noqa: FBT003 the signature is Python's
            yield kept, kept.fd
        else:
            missing[kept.inode] = kept
    if missing:
        yield from _elsewhere(missing)


def _elsewhere(missing: dict[int, Kept]) -> Iterator[tuple[Kept, int]]:
    for process in filter(str.isdecimal, os.listdir("/proc")):
        for end in _names(f"/proc/{process}/fd"):
            kept = missing.get(_inode(f"/proc/{process}/fd/{end}"))
            if kept is None:
                continue
            try:
                fd = os.open(f"/proc/{process}/fd/{end}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError:
                continue
            if os.fstat(fd).st_ino == kept.inode:
                del missing[kept.inode]
                yield kept, fd
            else:
                os.close(fd)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _inode(path: str) -> int:
    """Give the inode of the pipe that a link in /proc leads to, -1 for what is no pipe."""
    try:
        target = os.readlink(path)
    except OSError:
        return -1
    number = target.removeprefix("pipe:[").removesuffix("]")
    return int(number) if target.startswith("pipe:[") and number.isdecimal() else -1
