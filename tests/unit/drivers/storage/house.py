# SPDX-License-Identifier: LGPL-2.1-or-later
"""A storage driver on temporary folders, and what it told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from virtbus.bus.catalogue import Api
from virtbus.drivers.common.engine.process import Runner
from virtbus.drivers.storage.driver import StorageDriver
from virtbus.drivers.storage.manager import StorageManager
from virtbus.drivers.storage.pool import StoragePool
from virtbus.drivers.storage.volume import StorageVolume


class Told:
    """Record what a driver tells."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.added_objects: list[Api] = []
        self.removed_objects: list[Api] = []

    def emit(self, event: Any, *args: Any) -> None:
        self.events.append((event.__name__.rpartition("_")[2], *args[1:2]))

    def changed(self, obj: Api, *properties: str) -> None:
        self.events.append(("changed", *properties))

    def added(self, obj: Api) -> None:
        self.added_objects.append(obj)

    def removed(self, obj: Api) -> None:
        self.removed_objects.append(obj)


class House:
    """A driver and short ways to its objects."""

    def __init__(self, folder: Path, processes: Runner | None = None) -> None:
        self.folder = folder
        self.told = Told()
        self.driver = StorageDriver(etc=f"{folder}/etc", run=f"{folder}/run", processes=processes)
        assert isinstance(self.driver.manager, StorageManager)
        self.manager = self.driver.manager

    def xml(self, name: str, more: str = "", *, path: str = "", uuid: str = "") -> str:
        identity = f"<uuid>{uuid}</uuid>" if uuid else ""
        target = path or self.folder / name
        return f"<pool type='dir'><name>{name}</name>{identity}<target><path>{target}</path>{more}</target></pool>"

    async def define(self, name: str = "p", more: str = "", **given: str) -> StoragePool:
        return self.pool((await self.manager.storage_pool_define_xml(self.xml(name, more, **given), 0)).path())

    async def running(self, name: str = "p", more: str = "") -> StoragePool:
        pool = await self.define(name, more)
        await pool.create(1)
        return pool

    def pool(self, path: str) -> StoragePool:
        found = self.driver.find(path)
        assert isinstance(found, StoragePool)
        return found

    async def volume(self, pool: StoragePool, name: str, more: str = "", flags: int = 0) -> StorageVolume:
        xml = f"<volume><name>{name}</name><capacity>65536</capacity>{more}</volume>"
        return self.at(pool, (await pool.storage_vol_create_xml(xml, flags)).name)

    def at(self, pool: StoragePool, name: str) -> StorageVolume:
        found = self.driver.find(StorageVolume(pool, name).ref.path())
        assert isinstance(found, StorageVolume)
        return found
