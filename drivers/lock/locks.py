# SPDX-License-Identifier: LGPL-2.1-or-later
"""All lock spaces, and the owners on whose end their locks depend."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from typing import Any

from virtbus.bus.caller import start_time_of
from virtbus.bus.errors import ErrorDomain, InternalError, LibvirtError, OperationInvalid
from virtbus.drivers.common.engine.files import Filesystem
from virtbus.drivers.common.engine.processes import Watch
from virtbus.drivers.lock.space import AUTOCREATE, SHARED, LockSpace, Owner, open_resource, system_error

log = logging.getLogger(__name__)

DEFAULT = ""


class Locks:
    """Lock spaces by their folders. What is locked is kept in a file, so that the next daemon can lock it again."""

    def __init__(self, files: Filesystem, state: str) -> None:
        """Begin with the default lock space alone."""
        self.spaces: dict[str, LockSpace] = {DEFAULT: LockSpace(DEFAULT)}
        self._files, self._state = files, state
        self._watches: dict[int, Watch] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # Lock spaces

    def find(self, folder: str) -> LockSpace:
        """Give the lock space of a folder."""
        known = self.spaces.get(folder)
        if known is None:
            raise InternalError(f"Lockspace for path {folder} does not exist", origin=ErrorDomain.RPC)
        return known

    async def add(self, folder: str) -> None:
        """Make a lock space and its folder."""
        if folder == DEFAULT:
            raise OperationInvalid("the default lockspace already exists", origin=ErrorDomain.RPC)
        if folder in self.spaces:
            raise InternalError(f"Lockspace for path {folder} already exists", origin=ErrorDomain.RPC)
        try:
            await asyncio.to_thread(os.makedirs, folder, 0o700, exist_ok=True)
        except OSError as error:
            raise system_error(f"Unable to create lockspace {folder}", error) from None
        self.spaces[folder] = LockSpace(folder)
        self._keep()

    async def create(self, folder: str, name: str) -> None:
        """Make a resource."""
        space = self.find(folder)
        space.check_free(name)
        os.close(await asyncio.to_thread(open_resource, space.path_of(name), create=True))

    async def delete(self, folder: str, name: str) -> None:
        """Remove a resource; it need not be there."""
        space = self.find(folder)
        space.check_free(name)
        self._files.remove(space.path_of(name))

    # Locks

    async def acquire(self, folder: str, name: str, owner: Owner, flags: int) -> None:
        """Lock a resource until it is released or its owner ends."""
        space = self.find(folder)
        await space.acquire(name, owner, flags)
        self._keep()

    async def release(self, folder: str, name: str, pid: int) -> None:
        """Unlock a resource."""
        await self.find(folder).release(name, pid)
        self._keep()

    async def release_all(self, pid: int) -> None:
        """Unlock what a process held."""
        for space in self.spaces.values():
            await space.release_all(pid)
        self._keep()

    # Owners

    def watch(self, owner: Owner) -> bool:
        """Have an owner's locks end with its process; False where that is gone already."""
        if owner.pid in self._watches:
            return True
        try:
            self._watches[owner.pid] = Watch(owner.pid, lambda: self._ended(owner))
        except OSError:
            return False
        return True

    def _ended(self, owner: Owner) -> None:
        self._watches.pop(owner.pid, None)
        log.info("guest %r (process %d) has ended: its locks end too", owner.name, owner.pid)
        self.later(owner.pid)

    def later(self, pid: int) -> None:
        """Unlock what a process held, outside of what runs now."""
        task = asyncio.get_running_loop().create_task(self.release_all(pid))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Watch no more. The locks themselves end with this process."""
        for watch in self._watches.values():
            watch.close()
        self._watches.clear()

    # From one daemon to the next

    def _keep(self) -> None:
        held = [
            {
                "space": space.folder, "name": each.name, "shared": each.shared, "autocreate": each.autocreate,
                "owners": [{**owner._asdict(), "uuid": owner.uuid.hex()} for owner in each.owners],
            }
            for space in self.spaces.values()
            for each in space
        ]  # fmt: skip
        self._files.write(self._state, json.dumps({"spaces": [*self.spaces], "locks": held}))

    async def restore(self) -> None:
        """Lock again, for owners that still live, what the last daemon had locked."""
        text = self._files.read(self._state)
        if text is None:
            return
        try:
            kept = json.loads(text)
            for folder in kept["spaces"]:
                self.spaces.setdefault(folder, LockSpace(folder))
            for entry in kept["locks"]:
                for owner in (_owner(each) for each in entry["owners"]):
                    await self._again(entry, owner)
        except (ValueError, KeyError, TypeError) as error:
            log.error("%s cannot be read: %s", self._state, error)
        self._keep()

    async def _again(self, entry: dict[str, Any], owner: Owner) -> None:
        if owner.start is None or start_time_of(owner.pid) != owner.start or not self.watch(owner):
            return
        flags = (SHARED if entry["shared"] else 0) | (AUTOCREATE if entry["autocreate"] else 0)
        try:
            await self.find(entry["space"]).acquire(entry["name"], owner, flags)
        except LibvirtError as error:
            log.error("the lock of guest %r on '%s' is lost: %s", owner.name, entry["name"], error)


def _owner(kept: dict[str, Any]) -> Owner:
    return Owner(**{**kept, "uuid": bytes.fromhex(kept["uuid"])})
