# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lock daemon's manager on the bus."""

from __future__ import annotations

from virtbus.bus.api.lock import HeldLock, Manager
from virtbus.drivers.lock.locks import Locks


class LockManager(Manager):
    """All locks."""

    def __init__(self, locks: Locks) -> None:
        """Answer for these locks."""
        self._locks = locks

    async def list_lock_spaces(self) -> list[str]:
        """Give the folders of the lock spaces."""
        return list(self._locks.spaces)

    async def list_locks(self) -> list[HeldLock]:
        """Give the locks that guests hold."""
        return [
            HeldLock(space.folder, held.name, held.shared, owner.name, owner.uuid, owner.pid)
            for space in self._locks.spaces.values()
            for held in space
            for owner in held.owners
        ]
