# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lock spaces: named resources that are files in a folder, or (in the default space) files by their own path."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from virtbus.bus.errors import ErrorDomain, InternalError, InvalidArg, LibvirtError, ResourceBusy, SystemCallError
from virtbus.drivers.common.engine import filelock

SHARED, AUTOCREATE = 1, 2
TRIES = 10
"""Times that a resource is opened anew because its file was removed between opening and locking."""


class Owner(NamedTuple):
    """Whose locks they are: a guest and its process. `start` (ticks since boot) tells it from a later one."""

    pid: int
    name: str
    uuid: bytes
    id: int
    start: int | None


@dataclass
class Resource:
    """A resource that is locked."""

    name: str
    path: str
    fd: int
    shared: bool
    autocreate: bool
    owners: list[Owner] = field(default_factory=list)


class LockSpace:
    """One lock space and what is locked in it."""

    def __init__(self, folder: str) -> None:
        """Use a folder, or "" for files by their path."""
        self.folder = folder
        self._held: dict[str, Resource] = {}
        self._busy: set[str] = set()

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._held.values()))

    def path_of(self, name: str) -> str:
        """Give the file of a resource; InvalidArg for a name that leads elsewhere."""
        if "\0" in name or (self.folder and ("/" in name or name in ("", ".", ".."))):
            raise InvalidArg(f"'{name}' is no name of a resource", origin=ErrorDomain.LOCKSPACE)
        if not self.folder and not name.startswith("/"):
            raise InvalidArg(f"the resource '{name}' is no absolute path", origin=ErrorDomain.LOCKSPACE)
        return f"{self.folder}/{name}" if self.folder else name

    async def acquire(self, name: str, owner: Owner, flags: int) -> None:
        """Lock a resource for an owner; ResourceBusy while somebody else has it."""
        held = self._held.get(name)
        if held is not None and held.shared and flags & SHARED:
            held.owners.append(owner)
            return
        self.check_free(name)
        path = self.path_of(name)
        self._busy.add(name)
        try:
            fd = await asyncio.to_thread(_open_locked, name, path, flags)
        finally:
            self._busy.discard(name)
        self._held[name] = Resource(name, path, fd, bool(flags & SHARED), bool(flags & AUTOCREATE), [owner])

    async def release(self, name: str, pid: int) -> None:
        """Unlock a resource for one of its owners."""
        held = self._held.get(name)
        if held is None:
            raise ResourceBusy(f"Lockspace resource '{name}' is not locked", origin=ErrorDomain.LOCKSPACE)
        owner = next((owner for owner in held.owners if owner.pid == pid), None)
        if owner is None:
            text = f"owner {pid} does not hold the resource lock"
            raise InternalError(text, origin=ErrorDomain.LOCKSPACE)
        held.owners.remove(owner)
        if not held.owners:
            await self._let_go(held)

    async def release_all(self, pid: int) -> None:
        """Unlock everything that a process held, now that it is gone."""
        for held in self:
            held.owners = [owner for owner in held.owners if owner.pid != pid]
            if not held.owners and self._held.get(held.name) is held:
                await self._let_go(held)

    async def _let_go(self, held: Resource) -> None:
        del self._held[held.name]
        self._busy.add(held.name)
        try:
            await asyncio.to_thread(_close, held)
        finally:
            self._busy.discard(held.name)

    def check_free(self, name: str) -> None:
        """Refuse what is locked, or about to be."""
        if name in self._held or name in self._busy:
            raise ResourceBusy(f"Lockspace resource '{name}' is locked", origin=ErrorDomain.LOCKSPACE)


def _open_locked(name: str, path: str, flags: int) -> int:
    """Give a descriptor of the resource's file with the lock on it; the file may be removed meanwhile."""
    for _ in range(TRIES):
        fd = open_resource(path, create=bool(flags & AUTOCREATE))
        try:
            if not filelock.lock(fd, shared=bool(flags & SHARED)):
                raise ResourceBusy(f"Lockspace resource '{name}' is locked", origin=ErrorDomain.LOCKSPACE)
            if os.path.samestat(os.fstat(fd), os.stat(path)):
                return fd
        except FileNotFoundError:
            pass
        except OSError as error:
            os.close(fd)
            raise system_error(f"Unable to acquire lock on '{path}'", error) from None
        except LibvirtError:
            os.close(fd)
            raise
        os.close(fd)
    raise ResourceBusy(f"Lockspace resource '{name}' is locked", origin=ErrorDomain.LOCKSPACE)


def open_resource(path: str, *, create: bool) -> int:
    """Open a resource's file, made if need be."""
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
    try:
        return os.open(path, flags | (os.O_CREAT if create else 0), 0o600)
    except OSError as error:
        words = f"Unable to open/create resource {path}" if create else f"Unable to open resource {path}"
        raise system_error(words, error) from None


def _close(held: Resource) -> None:
    """Let the lock go. What was made for the lock is removed, unless another host or program shares it."""
    if held.autocreate and filelock.lock(held.fd, shared=False):
        with contextlib.suppress(OSError):
            os.unlink(held.path)
    os.close(held.fd)


def system_error(words: str, error: OSError) -> SystemCallError:
    """Give libvirt's error for a refused system call on a resource."""
    number = error.errno or 0
    return SystemCallError(f"{words}: {os.strerror(number)}", int1=number, origin=ErrorDomain.LOCKSPACE)
