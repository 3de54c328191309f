# SPDX-License-Identifier: LGPL-2.1-or-later
"""The locks that guests hold on disks and leases. Bus only: the legacy wire has none of it."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.catalogue import Api, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.types import Flag, Max, UInt32, Uuid


class HeldLock(NamedTuple):
    """A lock that one guest holds: in which lock space ("" for files by their path), on what, and by which process."""

    space: str
    resource: str
    shared: Flag
    domain: str
    uuid: Uuid
    pid: UInt32


class Manager(Api, noun="Lock", daemon="lock", kind="Manager"):
    """All lock spaces and locks."""

    @call(0, acl="connect:read", since="9.0.0", program="lock")
    async def list_lock_spaces(self) -> Annotated[list[str], Max(16384)]:
        """Give the folders of the lock spaces; the one for files by their path is "" and always there."""
        raise NoSupport

    @call(0, acl="connect:read", since="9.0.0", program="lock")
    async def list_locks(self) -> Annotated[list[HeldLock], Max(65536)]:
        """Give the locks that guests hold; one that several share is given once for each."""
        raise NoSupport
