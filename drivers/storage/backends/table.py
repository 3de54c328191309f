# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which backend runs which kind of pool."""

from __future__ import annotations

from virtbus.drivers.storage.backends.absent import AbsentBackend, IscsiBackend, LogicalBackend, ScsiBackend
from virtbus.drivers.storage.backends.base import Backend
from virtbus.drivers.storage.backends.dir import DirectoryBackend
from virtbus.drivers.storage.backends.disk import DiskBackend
from virtbus.drivers.storage.backends.fs import MountedBackend, RemoteBackend
from virtbus.drivers.storage.backends.mpath import MultipathBackend
from virtbus.drivers.storage.formats import PoolType

_BACKENDS: dict[str, Backend] = {
    "dir": DirectoryBackend(), "fs": MountedBackend(), "netfs": RemoteBackend(), "disk": DiskBackend(),
    "mpath": MultipathBackend(), "logical": LogicalBackend(), "iscsi": IscsiBackend(), "scsi": ScsiBackend(),
}  # fmt: skip
_NONE = AbsentBackend()


def backend_of(kind: PoolType) -> Backend:
    """Give the backend that runs pools of this kind."""
    return _BACKENDS.get(kind.name, _NONE)
