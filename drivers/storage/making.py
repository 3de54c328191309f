# SPDX-License-Identifier: LGPL-2.1-or-later
"""How a volume comes into its pool: registered first, then made, and forgotten again if that fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from virtbus.bus.errors import InternalError, LibvirtError, StorageVolExist
from virtbus.bus.refs import VolumeRef
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.storage.backends.table import backend_of
from virtbus.drivers.storage.entry import Entry
from virtbus.drivers.storage.model import VolumeModel
from virtbus.drivers.storage.qemu_img import Wish
from virtbus.drivers.storage.volume_xml import read_volume

if TYPE_CHECKING:
    from virtbus.drivers.storage.pool import StoragePool

PREALLOCATE, REFLINK, VALIDATE = 1, 2, 4


async def create(pool: StoragePool, xml: str, flags: int) -> VolumeRef:
    """Make a volume from its document."""
    check_flags(flags, PREALLOCATE | VALIDATE, "storageVolCreateXML")
    pool.check_active()
    volume = read_volume(xml, pool.model.type, validate=bool(flags & VALIDATE))
    wish = Wish(metadata=bool(flags & PREALLOCATE))
    backend = backend_of(pool.model.type)
    exists = StorageVolExist(f"'{volume.name}'")
    return await _made(pool, volume, lambda: backend.make_volume(pool.site, volume, wish), exists)


async def clone(pool: StoragePool, xml: str, origin: VolumeRef, flags: int) -> VolumeRef:
    """Make a volume from its document, with the contents of the volume `origin`."""
    check_flags(flags, PREALLOCATE | REFLINK | VALIDATE, "storageVolCreateXMLFrom")
    pool.check_active()
    other = pool.driver.active_pool(origin.pool)
    source = other.entry(origin.name)
    volume = read_volume(xml, pool.model.type, clone=True, validate=bool(flags & VALIDATE))
    exists = InternalError(f"storage volume name '{volume.name}' already in use.")
    if volume.name in pool.volumes:
        raise exists
    source.check_made()
    _take_over_sizes(source.model, volume)
    wish = Wish(metadata=bool(flags & PREALLOCATE), reflink=bool(flags & REFLINK))

    async def work() -> None:
        await backend_of(other.model.type).refresh_volume(other.site, source.model)
        _take_over_sizes(source.model, volume)
        await backend_of(pool.model.type).clone_volume(pool.site, source.model, volume, wish)

    source.users += 1
    try:
        return await _made(pool, volume, work, exists)
    finally:
        source.users -= 1


def _take_over_sizes(source: VolumeModel, volume: VolumeModel) -> None:
    """Make the copy at least as large as what is copied."""
    volume.capacity = max(volume.capacity, source.capacity)
    if not volume.allocation_given:
        volume.allocation = volume.capacity


async def _made(
    pool: StoragePool, volume: VolumeModel, work: Callable[[], Awaitable[None]], exists: LibvirtError
) -> VolumeRef:
    backend = backend_of(pool.model.type)
    # A refresh under way would not know of a volume that is registered meanwhile.
    async with pool.lock:
        pool.check_active()
        if volume.name in pool.volumes:
            raise exists
        entry = pool.volumes[volume.name] = Entry(volume, building=True)
        pool.jobs += 1
    try:
        await backend.place_volume(pool.site, volume)
        await work()
        if volume.times is None:
            await backend.refresh_volume(pool.site, volume)
    except BaseException:
        if pool.volumes.get(volume.name) is entry:
            del pool.volumes[volume.name]
        raise
    finally:
        pool.jobs -= 1
        entry.building = False
    if backend.accounts:
        account(pool, volume.allocation)
    pool.driver.volumes_changed(pool, (), (volume.name,))
    return pool.volume_ref(volume)


def account(pool: StoragePool, size: int) -> None:
    """Count bytes that a volume took (or, negative, gave back) until the pool is looked at again."""
    pool.model.allocation = max(pool.model.allocation + size, 0)
    pool.model.available = max(pool.model.available - size, 0)
