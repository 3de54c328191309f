# SPDX-License-Identifier: LGPL-2.1-or-later
"""The storage driver: which pools there are, what is stored of them, and what starts by itself."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from virtbus.bus.catalogue import Api
from virtbus.bus.errors import ErrorDomain, LibvirtError, NoStoragePool, NoStorageVol
from virtbus.bus.refs import unescape
from virtbus.drivers.common.engine.files import Files, Filesystem
from virtbus.drivers.common.engine.process import Processes, Runner
from virtbus.drivers.common.registry import Registry
from virtbus.drivers.common.secrets import BusSecrets, Secrets
from virtbus.drivers.common.state import Document, Places, Store
from virtbus.drivers.storage.backends.table import backend_of
from virtbus.drivers.storage.manager import StorageManager
from virtbus.drivers.storage.model import PoolModel
from virtbus.drivers.storage.pool import StoragePool
from virtbus.drivers.storage.pool_xml import read_pool, read_state
from virtbus.drivers.storage.volume import StorageVolume

log = logging.getLogger(__name__)

ETC, RUN = "/etc/libvirt/storage", "/run/libvirt/storage"
POOLS = "/org/libvirt/storage1/pool/"
VOLUMES = "/org/libvirt/storage1/volume/"
START_WAIT = 20.0
"""Seconds that pools have to come up before the daemon answers calls; slower ones go on meanwhile."""

REMEMBERED = 1000


class Publisher(Protocol):
    """What the driver tells to the world."""

    def emit(self, event: Any, *args: Any) -> None:
        """Tell an event."""

    def changed(self, obj: Api, *properties: str) -> None:
        """Tell that properties changed."""

    def added(self, obj: Api) -> None:
        """Tell that an object came."""

    def removed(self, obj: Api) -> None:
        """Tell that an object went."""


class StorageDriver:
    """The pools of this host."""

    def __init__(
        self,
        *,
        files: Filesystem | None = None,
        processes: Runner | None = None,
        secrets: Secrets | None = None,
        etc: str = ETC,
        run: str = RUN,
    ) -> None:
        self.origin: ErrorDomain = ErrorDomain.STORAGE
        self.files = files or Files()
        self.processes: Runner = processes or Processes()
        self.secrets: Secrets = secrets or BusSecrets()
        self.store = Store(self.files, Places(etc, f"{etc}/autostart", run), "virsh pool-edit")
        self.pools: Registry[StoragePool] = Registry()
        self.lock = asyncio.Lock()
        self.manager: Api = StorageManager(self)
        self.bus: Publisher
        self._gone: OrderedDict[bytes, str] = OrderedDict()
        self._starting: set[asyncio.Task[None]] = set()

    # Objects

    def find(self, path: str) -> Api | None:
        """Give the object at a path."""
        if path.startswith(POOLS):
            return self._pool_at(path)
        if path.startswith(VOLUMES):
            return self._volume_at(path)
        return None

    def _pool_at(self, path: str) -> StoragePool | None:
        try:
            return self.pools.by_uuid(bytes.fromhex(path.removeprefix(POOLS)))
        except ValueError:
            return None

    def _volume_at(self, path: str) -> StorageVolume | None:
        names = _names(path)
        pool = self.pools.by_name(names[0]) if names else None
        if pool is None or names is None or (pool.active and names[1] not in pool.volumes):
            return None
        return StorageVolume(pool, names[1])

    def objects(self) -> Iterator[Api]:
        """Give every pool and volume."""
        for pool in self.pools:
            yield pool
            for name in list(pool.volumes):
                yield StorageVolume(pool, name)

    def missing(self, path: str) -> LibvirtError:
        """Give the error for a path at which nothing is."""
        names = _names(path) if path.startswith(VOLUMES) else None
        if names is not None:
            if self.pools.by_name(names[0]) is None:
                return NoStoragePool(f"no storage pool with matching name '{names[0]}'")
            return NoStorageVol(f"no storage vol with matching name '{names[1]}'")
        try:
            named = uuid.UUID(hex=path.removeprefix(POOLS))
        except ValueError:
            return NoStoragePool(f"no storage pool at '{path}'")
        name = self._gone.get(named.bytes)
        shown = f" ({name})" if name else ""
        return NoStoragePool(f"no storage pool with matching uuid '{named}'{shown}")

    def add(self, pool: StoragePool) -> None:
        """Take a new pool in."""
        self.pools.add(pool)
        self.bus.added(pool)

    def forget(self, pool: StoragePool) -> None:
        """Let a pool go."""
        self.pools.remove(pool)
        pool.workshop.close()
        self._gone[pool.uuid] = pool.name
        if len(self._gone) > REMEMBERED:
            self._gone.popitem(last=False)
        self.bus.removed(pool)

    def volumes_changed(self, pool: StoragePool, before: Iterable[str], after: Iterable[str]) -> None:
        """Tell which volumes came and went; `before` and `after` are names."""
        old, new = set(before), set(after)
        for name in sorted(old - new):
            self.bus.removed(StorageVolume(pool, name))
        for name in sorted(new - old):
            self.bus.added(StorageVolume(pool, name))

    def active_pool(self, name: str) -> StoragePool:
        """Give the active pool of a name."""
        pool = self.pools.by_name(name)
        if pool is None:
            raise NoStoragePool(f"no storage pool with matching name '{name}'")
        pool.check_active()
        return pool

    # Start and stop

    async def start(self, bus: Publisher) -> None:
        """Load what is stored, find again what is up, and start what starts with the host."""
        self.bus = bus
        for document in await asyncio.to_thread(self.store.load):
            self._load(document)
        running = [
            pool for document in await asyncio.to_thread(self.store.load_status) if (pool := self._state(document))
        ]
        first = await self._first_start()
        waking = [self._task(self._resume(pool)) for pool in running]
        if first:
            waking += [self._task(self._autostart(p)) for p in self.pools if p.autostart and p not in running]
        if waking:
            await asyncio.wait(waking, timeout=START_WAIT)

    async def stop(self) -> None:
        """Leave the pools as they are: they outlive the daemon."""
        for task in self._starting:
            task.cancel()
        for pool in self.pools:
            pool.workshop.close()

    def _task(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
        return task

    def _load(self, document: Document) -> None:
        model = _parsed(document, read_pool)
        if model is None:
            return
        try:
            pool = StoragePool(self, model, persistent=True)
            self.pools.add(pool)
        except ValueError as error:
            log.warning("the stored pool '%s' is not used: %s", document.name, error)
            return
        pool.autostart = self.store.autostarts(document.name)

    def _state(self, document: Document) -> StoragePool | None:
        """Give the pool that was up when the daemon last ran, with its model of then."""
        model = _parsed(document, read_state)
        if model is None:
            return None
        known = self.pools.by_uuid(model.uuid.bytes)
        if known is not None:
            known.next, known.model = known.model, model
            return known
        try:
            pool = StoragePool(self, model, persistent=False)
            self.pools.add(pool)
        except ValueError:
            return None
        return pool

    async def _resume(self, pool: StoragePool) -> None:
        """Take a pool over that is up already; one that is not any more counts as stopped."""
        async with pool.lock:
            try:
                if await backend_of(pool.model.type).is_active(pool.site):
                    await pool.look()
                    pool.active = True
                    return
            except LibvirtError as error:
                log.warning("pool '%s' cannot be taken over: %s", pool.name, error)
            await self.store.delete_status(pool.name)
            pool.volumes.clear()
            if pool.next is not None:
                pool.model, pool.next = pool.next, None
            elif not pool.persistent:
                self.forget(pool)

    async def _autostart(self, pool: StoragePool) -> None:
        async with pool.lock:
            try:
                await pool.start()
            except LibvirtError as error:
                log.warning("pool '%s' could not be started: %s", pool.name, error)

    async def _first_start(self) -> bool:
        """Say whether this is the first start since the host booted, and note that it was."""
        mark = f"{self.store.places.status}/autostarted"
        if self.files.exists(mark):
            return False

        def work() -> None:
            self.files.make_folder(self.store.places.status, 0o755)
            self.files.write(mark, "")

        await self.store.in_thread(work)
        return True


def _names(path: str) -> tuple[str, str] | None:
    pool, slash, volume = path.removeprefix(VOLUMES).partition("/")
    if not slash or "/" in volume:
        return None
    try:
        return unescape(pool), unescape(volume)
    except (ValueError, IndexError):
        return None


def _parsed(document: Document, read: Any) -> PoolModel | None:
    try:
        model: PoolModel = read(document.text)
    except LibvirtError as error:
        log.warning("the stored pool '%s' is not used: %s", document.name, error)
        return None
    if model.name != document.name:
        log.warning("the stored pool '%s' is not used: its document names '%s'", document.name, model.name)
        return None
    return model
