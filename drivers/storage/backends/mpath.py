# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pool of multipath devices: each device-mapper map of that kind is a volume. Nothing is made or deleted here."""

from __future__ import annotations

import os
from pathlib import Path

from virtbus.bus.errors import NoStorageVol
from virtbus.drivers.storage.backends.base import Backend, Found, Site
from virtbus.drivers.storage.backends.look import permissions_of, times_of
from virtbus.drivers.storage.checks import system_error
from virtbus.drivers.storage.model import BLOCK, PoolModel, VolumeModel

BLOCK_DEVICES = Path("/sys/block")


class MultipathBackend(Backend):
    """Run pools of type mpath."""

    accounts = False

    async def is_active(self, site: Site) -> bool:
        """Say yes: the maps are there or not, whatever the pool."""
        return True

    async def refresh(self, site: Site) -> Found:
        """Look at the maps."""
        return await site.run(scan, site.model)

    async def refresh_volume(self, site: Site, volume: VolumeModel) -> None:
        """Look at one map again."""
        await site.run(look_at_block, volume)

    def open_volume(self, model: PoolModel, volume: VolumeModel, flags: int) -> int:
        """Open the map."""
        return os.open(volume.path, flags | os.O_CLOEXEC)


def scan(model: PoolModel, sysfs: Path = BLOCK_DEVICES) -> Found:
    """Give the maps of kind multipath (blocks)."""
    found = Found()
    for device in sorted(sysfs.glob("dm-*")):
        if not _read(device / "dm/uuid").startswith("mpath-"):
            continue
        name = _read(device / "dm/name")
        volume = VolumeModel(name, BLOCK, key=_read(device / "dm/uuid"), path=f"/dev/mapper/{name}", format="raw")
        volume.capacity = volume.allocation = int(_read(device / "size") or 0) * 512
        found.volumes.append(volume)
        found.capacity += volume.capacity
    found.allocation = found.capacity
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def look_at_block(volume: VolumeModel) -> None:
    """Bring size, permissions and times of a block device up to date (blocks)."""
    try:
        handle = os.open(volume.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NoStorageVol(f"no storage vol with matching path '{volume.path}'") from None
    except OSError as error:
        raise system_error(error, f"cannot open volume '{volume.path}'") from None
    try:
        found = os.fstat(handle)
        volume.permissions, volume.times = permissions_of(found), times_of(found)
        volume.capacity = volume.allocation = volume.physical = os.lseek(handle, 0, os.SEEK_END)
    finally:
        os.close(handle)
