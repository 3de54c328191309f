# SPDX-License-Identifier: LGPL-2.1-or-later
"""The log daemon's manager on the bus."""

from __future__ import annotations

from virtbus.bus.api.log import LogFile, LogPosition, Manager
from virtbus.bus.errors import InternalError
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.log.files import PIPE_SIZE, READ_MAX, OpenLogs
from virtbus.drivers.log.program import check_path
from virtbus.drivers.log.rotating import Position

TAIL_MAX = PIPE_SIZE // 2


class LogManager(Manager):
    """All open logs."""

    def __init__(self, logs: OpenLogs) -> None:
        """Answer for these logs."""
        self._logs = logs

    async def list_log_files(self) -> list[LogFile]:
        """Give the files that guests write to now."""
        return [LogFile(e.path, e.writer.driver, e.writer.name, e.writer.uuid, *e.file.position) for e in self._logs]

    async def get_log_file_position(self, path: str, flags: int) -> LogPosition:
        """Give where a log ends."""
        check_flags(flags, 0, "virLogGetLogFilePosition")
        return LogPosition(*self._logs.end_of(path))

    async def read_log_file(self, path: str, inode: int, offset: int, max_len: int, flags: int) -> bytes:
        """Give a part of an open log. Others are files like any other, and not this daemon's to show."""
        check_flags(flags, 0, "virLogReadLogFile")
        if max_len > READ_MAX:
            raise InternalError(f"Requested data len {max_len} is larger than maximum {READ_MAX}")
        self._logs.find(path)
        return self._logs.read(path, Position(inode, offset), max_len)

    async def append_log_file(self, path: str, message: str, flags: int) -> None:
        """Add a message to an open log."""
        check_flags(flags, 0, "virLogAppendLogFile")
        check_path(path)
        self._logs.find(path)
        self._logs.append(path, message.encode())

    async def tail_log_file(self, path: str, max_len: int, flags: int) -> int:
        """Give a descriptor of the end of a log and all that follows."""
        check_flags(flags, 0, "virLogTailLogFile")
        end = self._logs.end_of(path)
        count = min(max_len, end.offset, TAIL_MAX)
        start = self._logs.read(path, Position(end.inode, end.offset - count), count)
        return self._logs.find(path).follow(start)
