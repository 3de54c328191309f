# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lock driver: its socket, its locks and its manager."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.bus.catalogue import Api
from virtbus.bus.errors import ErrorDomain, InternalError, LibvirtError
from virtbus.drivers.common.engine.files import Files, Filesystem
from virtbus.drivers.common.engine.rpc_server import RpcServer
from virtbus.drivers.lock.locks import Locks
from virtbus.drivers.lock.manager import LockManager
from virtbus.drivers.lock.program import PROGRAM, LockSession

SOCKET = "/run/libvirt/virtlockd-sock"
STATE = "/run/libvirt/virtlockd-locks.json"


class LockDriver:
    """The locks of this host's guests."""

    def __init__(self, *, files: Filesystem | None = None, socket: str = SOCKET, state: str = STATE) -> None:
        self.origin: ErrorDomain = ErrorDomain.LOCKING
        self.locks = Locks(files or Files(), state)
        self.manager: Api = LockManager(self.locks)
        self._server = RpcServer(PROGRAM, socket, lambda _peer: LockSession(self.locks))

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
        """Lock again what was locked, before anybody else is heard."""
        await self.locks.restore()
        self._server.start()

    async def stop(self) -> None:
        """Hear no more. What is locked stays written down for the next daemon."""
        await self._server.stop()
        self.locks.close()
