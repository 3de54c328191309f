# SPDX-License-Identifier: LGPL-2.1-or-later
"""All pools: lists, look-ups, and where new ones come from."""

from __future__ import annotations

import uuid as _uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from virtbus.bus.api.storage import Manager
from virtbus.bus.errors import InternalError, NoStoragePool, NoStorageVol, OperationFailed, OperationInvalid
from virtbus.bus.refs import PoolRef, VolumeRef
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.storage import capabilities
from virtbus.drivers.storage.backends.table import backend_of
from virtbus.drivers.storage.conflict import conflicts
from virtbus.drivers.storage.entry import Entry
from virtbus.drivers.storage.formats import ALL_TYPES, BY_NAME
from virtbus.drivers.storage.model import PoolModel
from virtbus.drivers.storage.pool import CREATE_BUILD, CREATE_NO_OVERWRITE, CREATE_OVERWRITE, DEFINED, StoragePool
from virtbus.drivers.storage.pool_text import pool_text
from virtbus.drivers.storage.pool_xml import read_pool, sanitize

if TYPE_CHECKING:
    from virtbus.drivers.storage.driver import StorageDriver

VALIDATE = 1
LIST_INACTIVE, LIST_ACTIVE, LIST_PERSISTENT, LIST_TRANSIENT, LIST_AUTOSTART, LIST_NO_AUTOSTART = 1, 2, 4, 8, 16, 32


class StorageManager(Manager):
    """The manager of the storage driver."""

    def __init__(self, driver: StorageDriver) -> None:
        self.driver = driver

    # Lists

    async def num_of_storage_pools(self) -> int:
        """Count the active pools."""
        return sum(pool.active for pool in self.driver.pools)

    async def list_storage_pools(self) -> list[str]:
        """Give the names of the active pools."""
        return [pool.name for pool in self.driver.pools if pool.active]

    async def num_of_defined_storage_pools(self) -> int:
        """Count the inactive pools."""
        return sum(not pool.active for pool in self.driver.pools)

    async def list_defined_storage_pools(self) -> list[str]:
        """Give the names of the inactive pools."""
        return [pool.name for pool in self.driver.pools if not pool.active]

    async def list_all_storage_pools(self, flags: int) -> list[PoolRef]:
        """Give the pools that the flags choose."""
        check_flags(flags, 0x3F | ALL_TYPES, "storageConnectListAllStoragePools")
        return [pool.ref for pool in self.driver.pools if _chosen(pool, flags)]

    # Look-ups

    async def storage_pool_lookup_by_name(self, name: str) -> PoolRef:
        """Find a pool by name."""
        pool = self.driver.pools.by_name(name)
        if pool is None:
            raise NoStoragePool(f"no storage pool with matching name '{name}'")
        return pool.ref

    async def storage_pool_lookup_by_uuid(self, uuid: str) -> PoolRef:
        """Find a pool by UUID."""
        pool = self.driver.pools.by_uuid(_uuid.UUID(uuid).bytes)
        if pool is None:
            raise NoStoragePool(f"no storage pool with matching uuid '{uuid}'")
        return pool.ref

    async def storage_pool_lookup_by_target_path(self, path: str) -> PoolRef:
        """Find an active pool by its path."""
        wanted = sanitize(path).replace("//", "/", 1)
        for pool in self.driver.pools:
            if pool.active and pool.model.type.has_target and pool.model.target == wanted:
                return pool.ref
        raise NoStoragePool(f"no storage pool with matching target path '{path}'")

    async def storage_vol_lookup_by_key(self, key: str) -> VolumeRef:
        """Find a volume by its key."""
        for pool, entry in self._volumes(key):
            if entry.model.key == key:
                return pool.volume_ref(entry.model)
        raise NoStorageVol(f"no storage vol with matching key {key}")

    async def storage_vol_lookup_by_path(self, path: str) -> VolumeRef:
        """Find a volume by its path."""
        wanted = sanitize(path)
        for pool, entry in self._volumes(wanted):
            if entry.model.path == wanted:
                return pool.volume_ref(entry.model)
        raise NoStorageVol(f"no storage vol with matching path '{path}'")

    def _volumes(self, path: str) -> Iterator[tuple[StoragePool, Entry]]:
        """Give the volumes that may be meant: in most pools one at most, found by name."""
        for pool in self.driver.pools:
            if not pool.active:
                continue
            beneath = f"{pool.model.target}/"
            if pool.model.target and path.startswith(beneath):
                entry = pool.volumes.get(path[len(beneath) :])
                if entry is not None:
                    yield pool, entry
            if not pool.model.type.volumes:
                yield from ((pool, entry) for entry in list(pool.volumes.values()))

    # New pools

    async def storage_pool_define_xml(self, xml: str, flags: int) -> PoolRef:
        """Store a pool."""
        check_flags(flags, VALIDATE, "storagePoolDefineXML")
        model = read_pool(xml, validate=bool(flags & VALIDATE))
        async with self.driver.lock:
            known = self._known(model)
            self._check_source(model)
            await self.driver.store.save(model.name, pool_text(model))
            pool = self._stored(known, model)
        pool.tell(DEFINED)
        return pool.ref

    def _stored(self, known: StoragePool | None, model: PoolModel) -> StoragePool:
        if known is None or known not in self.driver.pools:
            pool = StoragePool(self.driver, model, persistent=True)
            self.driver.add(pool)
            return pool
        known.persistent = True
        if known.active:
            known.next = model
        else:
            known.model = model
        return known

    async def storage_pool_create_xml(self, xml: str, flags: int) -> PoolRef:
        """Start a pool from its document."""
        allowed = CREATE_BUILD | CREATE_OVERWRITE | CREATE_NO_OVERWRITE
        check_flags(flags, allowed, "storagePoolCreateXML")
        model = read_pool(xml)
        async with self.driver.lock:
            known = self._known(model)
            if known is not None and known.active:
                raise OperationInvalid(f"pool is already active as '{known.name}'")
            self._check_source(model)
            pool = known or StoragePool(self.driver, model, persistent=False)
            if known is None:
                self.driver.add(pool)
        before = pool.model
        async with pool.lock:
            pool.check_inactive()
            pool.model = model
            try:
                await pool.build_and_start(flags)
            except BaseException:
                pool.model = before
                if not pool.persistent:
                    self.driver.forget(pool)
                raise
            pool.next = before if pool.persistent else None
        return pool.ref

    def _known(self, model: PoolModel) -> StoragePool | None:
        """Give the pool that the document is about; OperationFailed where name and UUID are those of two."""
        same = self.driver.pools.by_uuid(model.uuid.bytes)
        if same is not None:
            if same.name != model.name:
                text = f"pool '{same.name}' is already defined with uuid {same.model.uuid}"
                raise OperationFailed(text)
            return same
        other = self.driver.pools.by_name(model.name)
        if other is not None:
            raise OperationFailed(f"pool '{other.name}' already exists with uuid {other.model.uuid}")
        return None

    def _check_source(self, model: PoolModel) -> None:
        for pool in self.driver.pools:
            if pool.uuid != model.uuid.bytes and conflicts(pool.model, model):
                raise OperationFailed(f"Storage source conflict with pool: '{pool.name}'")

    # The rest

    async def find_storage_pool_sources(self, type: str, src_spec: str | None, flags: int) -> str:
        """Give where pools of a type could be."""
        kind = BY_NAME.get(type)
        if kind is None:
            raise InternalError(f"unknown storage pool type {type}")
        if not kind.built:
            raise InternalError(f"missing backend for pool type {kind.number} ({kind.name})")
        return await backend_of(kind).find_sources(kind, src_spec, flags, self.driver.processes)

    async def get_storage_pool_capabilities(self, flags: int) -> str:
        """Give the kinds of pool and their formats."""
        check_flags(flags, 0, "storageConnectGetStoragePoolCapabilities")
        return capabilities.document()


def _chosen(pool: StoragePool, flags: int) -> bool:
    facts = (
        (LIST_ACTIVE, LIST_INACTIVE, pool.active),
        (LIST_PERSISTENT, LIST_TRANSIENT, pool.persistent),
        (LIST_AUTOSTART, LIST_NO_AUTOSTART, pool.autostart),
    )
    for yes, no, fact in facts:
        if flags & (yes | no) and not flags & (yes if fact else no):
            return False
    return not flags & ALL_TYPES or bool(flags & pool.model.type.listed)
