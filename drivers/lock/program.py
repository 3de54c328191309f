# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lock program that hypervisor drivers speak on virtlockd-sock."""

from __future__ import annotations

from virtbus.bus.caller import start_time_of
from virtbus.bus.errors import ErrorDomain, OperationDenied, OperationInvalid
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.common.rpc import Procedure, Program
from virtbus.drivers.lock.locks import Locks
from virtbus.drivers.lock.space import AUTOCREATE, SHARED, Owner

_RESOURCE = ("string", "string", "u32")
PROGRAM = Program(
    0x0EA7BEEF, 1, 65536, ErrorDomain.RPC,
    {
        1: Procedure("register", ("uuid", "string", "u32", "u32", "u32")),
        2: Procedure("restrict", ("u32",)),
        3: Procedure("new", ("string", "u32")),
        4: Procedure("create_resource", _RESOURCE),
        5: Procedure("delete_resource", _RESOURCE),
        6: Procedure("acquire_resource", _RESOURCE),
        7: Procedure("release_resource", _RESOURCE),
        8: Procedure("create_lockspace", ("string",)),
    },
)  # fmt: skip
FUNCTION = "virLockSpaceProtocolDispatch"


class LockSession:
    """One connection: the owner that it speaks for. Locks end with the owner's process, not with the connection."""

    def __init__(self, locks: Locks) -> None:
        """Work on these locks."""
        self._locks = locks
        self._owner: Owner | None = None
        self._restricted = False
        self._lives = True

    def closed(self) -> None:
        """Let go of the locks of an owner that never was, or was gone from the start."""
        if self._owner is not None and not self._lives:
            self._locks.later(self._owner.pid)

    def _free(self) -> None:
        if self._restricted:
            raise OperationDenied("lock manager connection has been restricted")

    def _registered(self) -> Owner:
        self._free()
        if self._owner is None:
            raise OperationInvalid("lock owner details have not been registered")
        return self._owner

    async def register(self, uuid: bytes, name: str, number: int, pid: int, flags: int) -> None:
        """Say for whom the connection speaks."""
        check_flags(flags, 0, FUNCTION + "Register")
        self._free()
        self._owner = Owner(pid, name, uuid, number, start_time_of(pid))
        self._lives = self._locks.watch(self._owner)

    async def restrict(self, flags: int) -> None:
        """Do nothing more for this connection: a guest's process inherits it."""
        check_flags(flags, 0, FUNCTION + "Restrict")
        self._registered()
        self._restricted = True

    async def new(self, path: str, flags: int) -> None:
        """Make a lock space."""
        check_flags(flags, 0, FUNCTION + "New")
        self._registered()
        await self._locks.add(path)

    async def create_lockspace(self, path: str) -> None:
        """Make a lock space."""
        self._free()
        await self._locks.add(path)

    async def create_resource(self, path: str, name: str, flags: int) -> None:
        """Make a resource."""
        check_flags(flags, 0, FUNCTION + "CreateResource")
        self._registered()
        await self._locks.create(path, name)

    async def delete_resource(self, path: str, name: str, flags: int) -> None:
        """Remove a resource that nobody has locked."""
        check_flags(flags, 0, FUNCTION + "DeleteResource")
        self._registered()
        await self._locks.delete(path, name)

    async def acquire_resource(self, path: str, name: str, flags: int) -> None:
        """Lock a resource for the owner."""
        check_flags(flags, SHARED | AUTOCREATE, FUNCTION + "AcquireResource")
        await self._locks.acquire(path, name, self._registered(), flags)

    async def release_resource(self, path: str, name: str, flags: int) -> None:
        """Unlock a resource."""
        check_flags(flags, 0, FUNCTION + "ReleaseResource")
        await self._locks.release(path, name, self._registered().pid)
