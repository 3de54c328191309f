# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files that guests' consoles and emulators write to through the log daemon. Bus only: the wire has none of it."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.catalogue import Api, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.types import Blob, Fd, Max, UInt32, UInt64, Uuid

READ_MAX = 4_194_304


class LogFile(NamedTuple):
    """A file that a guest writes to now: whose it is, and where its end is."""

    file: str
    driver: str
    domain: str
    uuid: Uuid
    inode: UInt64
    offset: UInt64


class LogPosition(NamedTuple):
    """A place in a log: the file's inode (it keeps its meaning when files are rotated) and bytes from its start."""

    inode: UInt64
    offset: UInt64


class Manager(Api, noun="Log", daemon="log", kind="Manager"):
    """All log files that are being written."""

    @call(0, acl="connect:read", since="9.0.0", program="log")
    async def list_log_files(self) -> Annotated[list[LogFile], Max(16384)]:
        """Give the files that guests write to now."""
        raise NoSupport

    @call(0, acl="connect:read", since="9.0.0", program="log")
    async def get_log_file_position(self, path: str, flags: UInt32) -> LogPosition:
        """Give the place where the log of this path ends, after everything that was written to it."""
        raise NoSupport

    @call(0, acl="connect:write", since="9.0.0", program="log")
    async def read_log_file(
        self, path: str, inode: UInt64, offset: UInt64, max_len: UInt64, flags: UInt32
    ) -> Annotated[bytes, Blob(READ_MAX)]:
        """Give at most maxLen bytes of a log from a place on, through files rotated since."""
        raise NoSupport

    @call(0, acl="connect:write", since="9.0.0", program="log")
    async def append_log_file(self, path: str, message: str, flags: UInt32) -> None:
        """Add a message at the end of a log, in order with what the guest writes."""
        raise NoSupport

    @call(0, acl="connect:write", since="9.0.0", program="log")
    async def tail_log_file(self, path: str, max_len: UInt64, flags: UInt32) -> Fd:
        """Give a descriptor that yields the last bytes of an open log, at most maxLen, then all that follows.

        It ends with the log. A reader who falls far behind is cut off: nobody makes a guest wait.
        """
        raise NoSupport
