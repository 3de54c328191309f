# SPDX-License-Identifier: LGPL-2.1-or-later
"""The log driver: its socket, its settings and its manager."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import sys
from collections.abc import Iterator
from typing import Any

from virtbus.bus.catalogue import Api
from virtbus.bus.errors import ErrorDomain, InternalError, LibvirtError
from virtbus.drivers.common.engine.files import Files, Filesystem
from virtbus.drivers.common.engine.rpc_server import RpcServer
from virtbus.drivers.log import keep
from virtbus.drivers.log.files import OpenLogs
from virtbus.drivers.log.manager import LogManager
from virtbus.drivers.log.program import PROGRAM, LogSession
from virtbus.drivers.log.rotating import Limits

log = logging.getLogger(__name__)

SOCKET = "/run/libvirt/virtlogd-sock"
STATE = "/run/libvirt/virtlogd-pipes.json"
SETTINGS = "/etc/libvirt/virtlogd.conf"
_SETTING = re.compile(r"^[ \t]*(max_size|max_backups)[ \t]*=[ \t]*([0-9]+)[ \t]*(?:#.*)?$", re.MULTILINE)


class LogDriver:
    """The logs of this host's guests."""

    origin = ErrorDomain.LOGGING

    manager: Api

    def __init__(
        self, *, files: Filesystem | None = None, socket: str = SOCKET, settings: str = SETTINGS, state: str = STATE
    ) -> None:
        self._files, self._state = files or Files(), state
        self.logs = OpenLogs(limits_of(self._files.read(settings) or ""))
        self.manager = LogManager(self.logs)
        self._server = RpcServer(PROGRAM, socket, lambda _peer: LogSession(self.logs))
        self._replacing: asyncio.Task[None] | None = None

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
        """Go on with the logs of guests that run already, then listen for hypervisor drivers."""
        for kept, pipe in await asyncio.to_thread(lambda: list(keep.reopen(keep.load(self._files, self._state)))):
            self._adopt(kept, pipe)
        self._server.start()
        self.logs.changed = self._keep
        self._keep()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._replace)

    async def stop(self) -> None:
        """Hear no more of them, and write what guests have written. The next daemon goes on with their pipes."""
        await self._server.stop()
        self.logs.drain_all()

    def _adopt(self, kept: keep.Kept, pipe: int) -> None:
        try:
            self.logs.adopt(kept.path, kept.writer, pipe)
        except LibvirtError as error:
            log.error("the log %s is not written any more: %s", kept.path, error)
            os.close(pipe)

    def _keep(self) -> None:
        keep.save(self._files, self._state, self.logs)

    def _replace(self) -> None:
        """Let the program, perhaps a newer one by now, take the place of this one in this process (SIGUSR1)."""
        if self._replacing is None:
            self._replacing = asyncio.get_running_loop().create_task(self._give_way())

    async def _give_way(self) -> None:
        await self._server.idle()
        self._keep()
        for known in self.logs:
            os.set_inheritable(known.pipe, True)  # noqa: FBT003 the signature is Python's
        # Ignored signals stay ignored: another one, before the program listens again, does not end it.
        asyncio.get_running_loop().remove_signal_handler(signal.SIGUSR1)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        os.environ.update(self._server.hand_over())
        os.execv(sys.executable, [sys.executable, "-m", "virtbus.drivers.log", *sys.argv[1:]])


def limits_of(settings: str) -> Limits:
    """Give the limits that a virtlogd.conf sets; what it does not set is as libvirt has it."""
    found = {name: int(value) for name, value in _SETTING.findall(settings)}
    plain = Limits()
    return Limits(max(1, found.get("max_size", plain.size)), found.get("max_backups", plain.backups))
