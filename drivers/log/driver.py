# SPDX-License-Identifier: LGPL-2.1-or-later
"""The log driver: its socket, its settings and its manager."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from virtbus.bus.catalogue import Api
from virtbus.bus.errors import ErrorDomain, InternalError, LibvirtError
from virtbus.drivers.common.engine.files import Files, Filesystem
from virtbus.drivers.common.engine.rpc_server import RpcServer
from virtbus.drivers.log.files import OpenLogs
from virtbus.drivers.log.manager import LogManager
from virtbus.drivers.log.program import PROGRAM, LogSession
from virtbus.drivers.log.rotating import Limits

SOCKET = "/run/libvirt/virtlogd-sock"
SETTINGS = "/etc/libvirt/virtlogd.conf"
_SETTING = re.compile(r"^[ \t]*(max_size|max_backups)[ \t]*=[ \t]*([0-9]+)[ \t]*(?:#.*)?$", re.MULTILINE)


class LogDriver:
    """The logs of this host's guests."""

    origin = ErrorDomain.LOGGING

    manager: Api

    def __init__(self, *, files: Filesystem | None = None, socket: str = SOCKET, settings: str = SETTINGS) -> None:
        self.logs = OpenLogs(limits_of((files or Files()).read(settings) or ""))
        self.manager = LogManager(self.logs)
        self._server = RpcServer(PROGRAM, socket, lambda _peer: LogSession(self.logs))

    def find(self, path: str) -> Api | None:
        """Give nothing: the manager is the only object."""
        return None

    def objects(self) -> Iterator[Api]:
        """Give no objects besides the manager."""
        return iter(())

    def missing(self, path: str) -> LibvirtError:
        """Give the error for a path at which nothing is."""
        return InternalError(f"there is no object at '{path}'")

    async def start(self, bus: Any) -> None:
        """Listen for hypervisor drivers."""
        self._server.start()

    async def stop(self) -> None:
        """Hear no more of them, and write what guests have written."""
        await self._server.stop()
        self.logs.close_all()


def limits_of(settings: str) -> Limits:
    """Give the limits that a virtlogd.conf sets; what it does not set is as libvirt has it."""
    found = {name: int(value) for name, value in _SETTING.findall(settings)}
    plain = Limits()
    return Limits(max(1, found.get("max_size", plain.size)), found.get("max_backups", plain.backups))
