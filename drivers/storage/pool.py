# SPDX-License-Identifier: LGPL-2.1-or-later
"""One storage pool: its life, its volumes, and what clients ask of it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from virtbus.bus.api.storage import Manager, Pool, PoolInfo
from virtbus.bus.errors import InternalError, LibvirtError, NoStorageVol, OperationInvalid
from virtbus.bus.refs import PoolRef, VolumeRef
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.storage import making
from virtbus.drivers.storage.backends.base import BUILD_NO_OVERWRITE, BUILD_OVERWRITE, Site
from virtbus.drivers.storage.backends.table import backend_of
from virtbus.drivers.storage.entry import Entry
from virtbus.drivers.storage.model import PoolModel, VolumeModel
from virtbus.drivers.storage.pool_text import pool_text, state_text
from virtbus.drivers.storage.work import Workshop

if TYPE_CHECKING:
    from virtbus.drivers.storage.driver import StorageDriver

log = logging.getLogger(__name__)

DEFINED, UNDEFINED, STARTED, STOPPED, CREATED, DELETED = range(6)
INACTIVE, BUILDING, RUNNING, DEGRADED, INACCESSIBLE = range(5)
CREATE_BUILD, CREATE_OVERWRITE, CREATE_NO_OVERWRITE = 1, 2, 4


class StoragePool(Pool):
    """A pool of the driver. `next` is the stored document that holds after the next stop, if it differs."""

    def __init__(self, driver: StorageDriver, model: PoolModel, *, persistent: bool) -> None:
        self.driver = driver
        self.model = model
        self.next: PoolModel | None = None
        self.persistent = persistent
        self.autostart = False
        self.active = False
        self.volumes: dict[str, Entry] = {}
        self.jobs = 0
        self.lock = asyncio.Lock()
        self.workshop = Workshop(model.name)
        self.ref: PoolRef = PoolRef(model.name, model.uuid.bytes)

    @property
    def name(self) -> str:
        """Give the name."""
        return self.model.name

    @property
    def uuid(self) -> bytes:
        """Give the UUID's bytes."""
        return self.model.uuid.bytes

    @property
    def site(self) -> Site:
        """Give the pool as its backend sees it."""
        return Site(self.model, self.driver.processes, self.workshop.run, self.driver.secrets)

    def check_active(self) -> None:
        """Refuse what only an active pool can do."""
        if not self.active:
            raise OperationInvalid(f"storage pool '{self.name}' is not active")

    def check_inactive(self) -> None:
        """Refuse what an active pool cannot do, while it is told to start or be built."""
        if self.active:
            raise OperationInvalid(f"storage pool '{self.name}' is already active")

    def check_stopped(self) -> None:
        """Refuse what an active pool cannot do, while it is told to go."""
        if self.active:
            raise OperationInvalid(f"storage pool '{self.name}' is still active")

    def check_quiet(self) -> None:
        """Refuse a change of the pool while volumes are being made."""
        if self.jobs:
            raise InternalError(f"pool '{self.name}' has asynchronous jobs running.")

    def entry(self, name: str) -> Entry:
        """Give the volume of a name."""
        self.check_active()
        found = self.volumes.get(name)
        if found is None:
            raise NoStorageVol(f"no storage vol with matching name '{name}'")
        return found

    def volume_ref(self, volume: VolumeModel) -> VolumeRef:
        """Give the reference of a volume."""
        return VolumeRef(self.name, volume.name, volume.key)

    def tell(self, event: int) -> None:
        """Tell the listeners what happened to the pool."""
        self.driver.bus.emit(Manager.storage_pool_event_lifecycle, self.ref, event, 0)

    # Life

    async def create(self, flags: int) -> None:
        """Start the pool, built first if asked for."""
        check_flags(flags, CREATE_BUILD | CREATE_OVERWRITE | CREATE_NO_OVERWRITE, "storagePoolCreate")
        async with self.lock:
            self.check_inactive()
            await self.build_and_start(flags)
        self.driver.bus.changed(self, "Active")

    async def build_and_start(self, flags: int) -> None:
        """Build as the flags of a start ask for, then start; the caller holds the lock."""
        build = (
            BUILD_OVERWRITE if flags & CREATE_OVERWRITE else BUILD_NO_OVERWRITE if flags & CREATE_NO_OVERWRITE else 0
        )
        if flags:
            await backend_of(self.model.type).build(self.site, build)
        await self.start()

    async def start(self) -> None:
        """Bring the pool up, or leave it as it was; the caller holds the lock."""
        backend, site = backend_of(self.model.type), self.site
        await backend.start(site)
        try:
            await self.driver.store.save_status(self.name, state_text(self.model))
            await self.look()
        except BaseException:
            await self._give_up()
            raise
        self.active = True
        self.tell(STARTED)

    def _drop_volumes(self) -> None:
        before, self.volumes = self.volumes, {}
        self.driver.volumes_changed(self, before, ())

    async def _give_up(self) -> None:
        self._drop_volumes()
        try:
            await backend_of(self.model.type).stop(self.site)
        except LibvirtError as error:
            log.warning("pool '%s' could not be stopped: %s", self.name, error)
        await self.driver.store.delete_status(self.name)

    async def look(self) -> None:
        """Take volumes and sizes anew from the host."""
        found = await backend_of(self.model.type).refresh(self.site)
        before, self.volumes = self.volumes, {}
        for volume in found.volumes:
            users = before[volume.name].users if volume.name in before else 0
            self.volumes[volume.name] = Entry(volume, users=users)
        self.driver.volumes_changed(self, before, self.volumes)
        model = self.model
        model.capacity, model.allocation, model.available = found.capacity, found.allocation, found.available
        if found.permissions:
            model.permissions = found.permissions

    async def destroy(self) -> None:
        """Stop the pool; a transient one is gone."""
        async with self.lock:
            self.check_active()
            self.check_quiet()
            await self.driver.store.delete_status(self.name)
            await backend_of(self.model.type).stop(self.site)
            self.fall()
        self.driver.bus.changed(self, "Active")

    def fall(self) -> None:
        """Note that the pool is down, and tell."""
        self.active = False
        self._drop_volumes()
        self.tell(STOPPED)
        if self.next is not None:
            self.model, self.next = self.next, None
        if not self.persistent:
            self.driver.forget(self)

    async def build(self, flags: int) -> None:
        """Prepare the pool's storage."""
        async with self.lock:
            self.check_inactive()
            await backend_of(self.model.type).build(self.site, flags)
        self.tell(CREATED)

    async def delete(self, flags: int) -> None:
        """Remove the pool's storage."""
        async with self.lock:
            self.check_stopped()
            self.check_quiet()
            await backend_of(self.model.type).delete(self.site, flags)
        self.tell(DELETED)

    async def undefine(self) -> None:
        """Forget the stored pool."""
        async with self.lock:
            self.check_stopped()
            self.check_quiet()
            await self.driver.store.delete(self.name)
            self.persistent = self.autostart = False
            self.tell(UNDEFINED)
            self.driver.forget(self)

    async def refresh(self, flags: int) -> None:
        """Look for volumes and sizes anew; a pool that cannot be looked at is down."""
        check_flags(flags, 0, "storagePoolRefresh")
        async with self.lock:
            self.check_active()
            self.check_quiet()
            try:
                await self.look()
            except LibvirtError:
                await self._give_up()
                self.fall()
                raise
        self.driver.bus.emit(Manager.storage_pool_event_refresh, self.ref)

    # What it is

    async def get_info(self) -> PoolInfo:
        """Give state and sizes."""
        model = self.model
        return PoolInfo(RUNNING if self.active else INACTIVE, model.capacity, model.allocation, model.available)

    async def get_xml_desc(self, flags: int) -> str:
        """Give the document, with flag 1 the one that holds after the next start."""
        check_flags(flags, 1, "storagePoolGetXMLDesc")
        return pool_text(self.next if flags & 1 and self.next is not None else self.model)

    async def get_autostart(self) -> bool:
        """Say whether the pool starts with the host."""
        return self.autostart

    async def set_autostart(self, autostart: bool) -> None:
        """Choose whether the pool starts with the host."""
        if not self.persistent:
            raise InternalError("pool has no config file")
        if autostart != self.autostart:
            await self.driver.store.set_autostart(self.name, autostart)
            self.autostart = autostart
            self.driver.bus.changed(self, "Autostart")

    async def is_active(self) -> bool:
        """Say whether the pool is up."""
        return self.active

    async def is_persistent(self) -> bool:
        """Say whether the pool is stored."""
        return self.persistent

    # Its volumes

    async def num_of_volumes(self) -> int:
        """Count the volumes."""
        self.check_active()
        return len(self.volumes)

    async def list_volumes(self) -> list[str]:
        """Give the volumes' names."""
        self.check_active()
        return list(self.volumes)

    async def list_all_volumes(self, flags: int) -> list[VolumeRef]:
        """Give the volumes."""
        check_flags(flags, 0, "storagePoolListAllVolumes")
        self.check_active()
        return [self.volume_ref(entry.model) for entry in self.volumes.values()]

    async def storage_vol_lookup_by_name(self, name: str) -> VolumeRef:
        """Find a volume by its name."""
        return self.volume_ref(self.entry(name).model)

    async def storage_vol_create_xml(self, xml: str, flags: int) -> VolumeRef:
        """Make a volume."""
        return await making.create(self, xml, flags)

    async def storage_vol_create_xml_from(self, xml: str, clonevol: VolumeRef, flags: int) -> VolumeRef:
        """Make a volume with another one's contents."""
        return await making.clone(self, xml, clonevol, flags)
