# SPDX-License-Identifier: LGPL-2.1-or-later
"""One volume, as clients see it: made anew for each call from its pool and its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtbus.bus.api.storage import Manager, Volume, VolumeInfo
from virtbus.bus.errors import InvalidArg, LibvirtError, OperationFailed
from virtbus.bus.refs import PoolRef, VolumeRef
from virtbus.bus.streams import StreamEnd
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.common.refuse import bad_argument
from virtbus.drivers.storage import streams
from virtbus.drivers.storage.backends.base import Backend
from virtbus.drivers.storage.backends.dir import RESIZE_ALLOCATE, RESIZE_DELTA, RESIZE_SHRINK, WIPE_NAMES
from virtbus.drivers.storage.backends.table import backend_of
from virtbus.drivers.storage.entry import Entry
from virtbus.drivers.storage.making import account
from virtbus.drivers.storage.volume_xml import volume_text

if TYPE_CHECKING:
    from virtbus.drivers.storage.pool import StoragePool

GET_PHYSICAL = 1
SPARSE = 1


class StorageVolume(Volume):
    """A volume of a pool. Its pool may be inactive, and the volume gone: calls say so."""

    def __init__(self, pool: StoragePool, name: str) -> None:
        self.pool = pool
        self.name = name
        entry = pool.volumes.get(name)
        self.ref = VolumeRef(pool.name, name, entry.model.key if entry else pool.model.path(name))

    @property
    def entry(self) -> Entry:
        """Give what the pool has of the volume."""
        return self.pool.entry(self.name)

    @property
    def backend(self) -> Backend:
        """Give the backend of the pool."""
        return backend_of(self.pool.model.type)

    async def storage_pool_lookup_by_volume(self) -> PoolRef:
        """Give the pool."""
        return self.pool.ref

    async def get_path(self) -> str:
        """Give the path."""
        return self.entry.model.path

    async def get_info(self) -> VolumeInfo:
        """Give type, capacity and allocation."""
        return await self.get_info_flags(0)

    async def get_info_flags(self, flags: int) -> VolumeInfo:
        """Give type, capacity, and allocation or physical size."""
        check_flags(flags, GET_PHYSICAL, "storageVolGetInfoFlags")
        model = self.entry.model
        await self.backend.refresh_volume(self.pool.site, model)
        return VolumeInfo(model.type, model.capacity, model.physical if flags & GET_PHYSICAL else model.allocation)

    async def get_xml_desc(self, flags: int) -> str:
        """Give the document."""
        check_flags(flags, 0, "storageVolGetXMLDesc")
        model = self.entry.model
        await self.backend.refresh_volume(self.pool.site, model)
        return volume_text(model, self.pool.model.type)

    async def delete(self, flags: int) -> None:
        """Delete the volume."""
        async with self.pool.lock:
            entry = self.entry
            entry.check_idle()
            await self.backend.delete_volume(self.pool.site, entry.model, flags)
            del self.pool.volumes[self.name]
            if self.backend.accounts:
                account(self.pool, -entry.model.allocation)
        self.pool.driver.volumes_changed(self.pool, (self.name,), ())

    async def resize(self, capacity: int, flags: int) -> None:
        """Change the capacity."""
        check_flags(flags, RESIZE_ALLOCATE | RESIZE_DELTA | RESIZE_SHRINK, "storageVolResize")
        if not capacity and not flags & (RESIZE_DELTA | RESIZE_SHRINK):
            text = "capacity in virStorageVolResize cannot be zero without 'delta' or 'shrink' flags set"
            raise bad_argument("virStorageVolResize", "capacity", text)
        entry = self.entry
        entry.check_idle()
        model = entry.model
        wanted = _target(model.capacity, capacity, flags)
        self._check_size(entry, wanted, flags)
        await self.backend.resize_volume(self.pool.site, model, wanted, flags)
        grown = wanted - model.capacity
        model.capacity = wanted
        if flags & RESIZE_ALLOCATE:
            model.allocation = wanted
            account(self.pool, grown)

    def _check_size(self, entry: Entry, wanted: int, flags: int) -> None:
        model = entry.model
        if wanted < model.allocation:
            raise InvalidArg("can't shrink capacity below existing allocation")
        if wanted < model.capacity and not flags & RESIZE_SHRINK:
            text = "Can't shrink capacity below current capacity unless shrink flag explicitly specified"
            raise InvalidArg(text)
        if flags & RESIZE_ALLOCATE and wanted > model.capacity + self.pool.model.available:
            raise OperationFailed("Not enough space left in storage pool")

    async def wipe(self, flags: int) -> None:
        """Overwrite the volume with zeros."""
        await self.wipe_pattern(0, flags)

    async def wipe_pattern(self, algorithm: int, flags: int) -> None:
        """Overwrite the volume by one of the algorithms."""
        check_flags(flags, 0, "storageVolWipePattern")
        if algorithm >= len(WIPE_NAMES):
            raise InvalidArg(f"wiping algorithm {algorithm} not supported")
        entry = self.entry
        entry.check_idle()
        entry.users += 1
        try:
            await self.backend.wipe_volume(self.pool.site, entry.model, algorithm)
            await self.backend.probe_volume(self.pool.site, entry.model)
        finally:
            entry.users -= 1

    async def upload(self, offset: int, length: int, flags: int) -> StreamEnd:
        """Take data for the volume; what it has become is looked at when the data ends."""
        check_flags(flags, SPARSE, "storageVolUpload")
        entry = self.entry
        entry.check_idle()

        async def done() -> None:
            entry.users -= 1
            try:
                await self.backend.probe_volume(self.pool.site, entry.model)
            except LibvirtError:
                return
            self.pool.driver.bus.emit(Manager.storage_pool_event_refresh, self.pool.ref)

        entry.users += 1
        try:
            return await streams.upload(self.pool, entry.model, offset, length, done)
        except BaseException:
            entry.users -= 1
            raise

    async def download(self, offset: int, length: int, flags: int) -> StreamEnd:
        """Give the volume's data."""
        check_flags(flags, SPARSE, "storageVolDownload")
        entry = self.entry
        entry.check_made()

        async def done() -> None:
            entry.users -= 1

        entry.users += 1
        try:
            return await streams.download(self.pool, entry.model, offset, length, done)
        except BaseException:
            entry.users -= 1
            raise


def _target(present: int, capacity: int, flags: int) -> int:
    if not flags & RESIZE_DELTA:
        return capacity
    return max(present - capacity, 0) if flags & RESIZE_SHRINK else present + capacity
