# SPDX-License-Identifier: LGPL-2.1-or-later
"""The log program that hypervisor drivers speak on virtlogd-sock."""

from __future__ import annotations

from virtbus.bus.errors import ErrorDomain, InternalError, InvalidArg
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.common.rpc import Answer, Procedure, Program
from virtbus.drivers.log.files import READ_MAX, OpenLogs, Writer
from virtbus.drivers.log.rotating import Position

TRUNCATE = 1

PROGRAM = Program(
    0x87539319, 1, 4_194_304, ErrorDomain.LOGGING,
    {
        1: Procedure("domain_open_log_file", ("string", "uuid", "string", "string", "u32"), ("u64", "u64")),
        2: Procedure("domain_get_log_file_position", ("string", "u32"), ("u64", "u64")),
        3: Procedure("domain_read_log_file", ("string", "u64", "u64", "u64", "u32"), ("string",)),
        4: Procedure("domain_append_log_file", ("string", "uuid", "string", "string", "string", "u32"), ("i32",)),
    },
)  # fmt: skip


class LogSession:
    """One connection of a hypervisor driver. The logs it opens outlive it: they end with their guests."""

    def __init__(self, logs: OpenLogs) -> None:
        """Work on these logs."""
        self._logs = logs

    def closed(self) -> None:
        """Keep everything."""

    async def domain_open_log_file(self, driver: str, uuid: bytes, name: str, path: str, flags: int) -> Answer:
        """Open a log for a guest and give where it ends, with the descriptor for the guest to write to."""
        check_path(path)
        opened, end = self._logs.open(path, Writer(driver, uuid, name), truncate=bool(flags & TRUNCATE))
        return Answer(opened.file.position, (end,))

    async def domain_get_log_file_position(self, path: str, flags: int) -> Position:
        """Give where an open log ends."""
        check_flags(flags, 0, "virLogHandlerDomainGetLogFilePosition")
        return self._logs.end_of(path)

    async def domain_read_log_file(self, path: str, inode: int, offset: int, maxlen: int, flags: int) -> tuple[bytes]:
        """Give a part of a log, up to the first NUL: the program has strings only."""
        check_flags(flags, 0, "virLogHandlerDomainReadLogFile")
        if maxlen > READ_MAX:
            text = f"Requested data len {maxlen} is larger than maximum {READ_MAX}"
            raise InternalError(text, origin=ErrorDomain.RPC)
        check_path(path)
        return (self._logs.read(path, Position(inode, offset), maxlen).partition(b"\0")[0],)

    async def domain_append_log_file(
        self, driver: str, uuid: bytes, name: str, path: str, message: str, flags: int
    ) -> tuple[int]:
        """Add a message to a log."""
        check_flags(flags, 0, "virLogHandlerDomainAppendLogFile")
        check_path(path)
        self._logs.append(path, message.encode("utf-8", "surrogateescape"))
        return (0,)


def check_path(path: str) -> None:
    """Refuse a path that is not absolute, or has a NUL."""
    if not path.startswith("/") or "\0" in path:
        raise InvalidArg("the path of a log must be absolute")
