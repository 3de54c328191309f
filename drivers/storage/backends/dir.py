# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pools that are a folder: volumes are its files."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator

from virtbus.bus.errors import (
    ArgumentUnsupported,
    ConfigUnsupported,
    ErrorDomain,
    InvalidArg,
    NoStorageVol,
    NoSupport,
    OperationInvalid,
    OperationUnsupported,
)
from virtbus.drivers.common.engine.beneath import folder, open_beneath
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.common.refuse import check_exclusive
from virtbus.drivers.storage.backends import files, images, look
from virtbus.drivers.storage.backends.base import (
    BUILD_NO_OVERWRITE,
    BUILD_OVERWRITE,
    Backend,
    Found,
    Site,
    no_device,
)
from virtbus.drivers.storage.checks import system_error
from virtbus.drivers.storage.model import DEFAULT_POOL_MODE, FILE, PoolModel, VolumeModel
from virtbus.drivers.storage.qemu_img import Wish

log = logging.getLogger(__name__)

WIPE_NAMES = ("zero", "nnsa", "dod", "bsi", "gutmann", "schneier", "pfitzner7", "pfitzner33", "random", "trim")
RESIZE_ALLOCATE, RESIZE_DELTA, RESIZE_SHRINK = 1, 2, 4
EXCLUSIVE = (
    (BUILD_OVERWRITE, "VIR_STORAGE_POOL_BUILD_OVERWRITE"),
    (BUILD_NO_OVERWRITE, "VIR_STORAGE_POOL_BUILD_NO_OVERWRITE"),
)


class DirectoryBackend(Backend):
    """Run pools of type dir, and the parts of fs and netfs pools that are the same once they are mounted."""

    build_function = "virStorageBackendFileSystemBuild"
    delete_function = "virStorageBackendDeleteLocal"

    async def is_active(self, site: Site) -> bool:
        """Say whether the folder is there."""
        return await site.run(os.path.exists, site.model.target)

    def check_build(self, model: PoolModel, flags: int) -> None:
        """Refuse flags that a file system does not know, and formatting without a device."""
        check_flags(flags, BUILD_OVERWRITE | BUILD_NO_OVERWRITE, self.build_function)
        check_exclusive(flags, EXCLUSIVE, self.build_function)

    async def build(self, site: Site, flags: int) -> None:
        """Make the folder."""
        self.check_build(site.model, flags)
        if flags and not self.has_device:
            raise no_device(site.model)
        await site.run(files.build_folder, site.model.target, site.model.permissions, DEFAULT_POOL_MODE)

    has_device = False

    async def delete(self, site: Site, flags: int) -> None:
        """Remove the empty folder."""
        check_flags(flags, 0, self.delete_function)
        await site.run(files.delete_folder, site.model.target)

    async def refresh(self, site: Site) -> Found:
        """Look at every file of the folder."""
        return await site.run(scan, site.model)

    async def refresh_volume(self, site: Site, volume: VolumeModel) -> None:
        """Look at the file again."""
        await site.run(_look_again, site.model, volume)

    async def probe_volume(self, site: Site, volume: VolumeModel) -> None:
        """Look at the file again, and at its header as if it were new."""
        await site.run(_look_whole, site.model, volume)

    async def place_volume(self, site: Site, volume: VolumeModel) -> None:
        """Name the file; one that is there already is refused when it is made."""
        volume.type = FILE
        if "/" in volume.name:
            raise OperationInvalid(f"volume name '{volume.name}' cannot contain '/'")
        volume.path = volume.key = site.model.path(volume.name)

    async def make_volume(self, site: Site, volume: VolumeModel, wish: Wish) -> None:
        """Make a raw file, a folder, or an image of another format."""
        if volume.format == "raw" and volume.encryption is None:
            files.check_raw(volume, wish)
            await site.run(files.make_raw, site.model, volume)
        elif volume.format == "dir":
            _check_directory(volume, wish)
            await site.run(files.make_directory, site.model, volume)
        else:
            await images.make(site, volume, wish)

    async def clone_volume(self, site: Site, source: VolumeModel, volume: VolumeModel, wish: Wish) -> None:
        """Copy a raw file, or convert an image."""
        if volume.format == "dir":
            raise InvalidArg("cannot copy from volume to a directory volume")
        if _is_raw(source) and _is_raw(volume):
            files.check_raw(volume, wish)
            await site.run(files.copy_raw, site.model, source, volume, wish)
        else:
            await images.convert(site, source, volume, wish)

    async def delete_volume(self, site: Site, volume: VolumeModel, flags: int) -> None:
        """Delete the file or the empty folder."""
        check_flags(flags, 0, "virStorageBackendVolDeleteLocal")
        await site.run(files.delete, site.model, volume)

    async def resize_volume(self, site: Site, volume: VolumeModel, capacity: int, flags: int) -> None:
        """Resize a raw file, or an image by qemu-img."""
        if _is_raw(volume):
            allocate = bool(flags & RESIZE_ALLOCATE)
            await site.run(_resize_raw, site.model, volume, capacity, allocate)
            return
        if flags & RESIZE_ALLOCATE:
            raise OperationUnsupported("preallocate is only supported for raw type volume")
        await images.resize(site, volume, capacity, shrink=bool(flags & RESIZE_SHRINK))

    async def wipe_volume(self, site: Site, volume: VolumeModel, algorithm: int) -> None:
        """Overwrite the file: with zeros here, with patterns by the program scrub."""
        name = WIPE_NAMES[algorithm]
        if name == "trim":
            raise ArgumentUnsupported("'trim' algorithm not supported")
        if name == "zero":
            await site.run(files.wipe_zero, site.model, volume)
            return
        await images.scrub(site, volume, name)

    def open_volume(self, model: PoolModel, volume: VolumeModel, flags: int) -> int:
        """Open the file."""
        with folder(model.target) as at:
            return open_beneath(at, volume.name, flags)


def _is_raw(volume: VolumeModel) -> bool:
    return volume.format == "raw" and volume.encryption is None


def _resize_raw(model: PoolModel, volume: VolumeModel, capacity: int, allocate: bool) -> None:
    files.resize_raw(model, volume, capacity, allocate=allocate)


def _check_directory(volume: VolumeModel, wish: Wish) -> None:
    if wish.metadata:
        raise ConfigUnsupported("metadata preallocation is not supported for directory volumes")
    if volume.backing is not None:
        raise NoSupport("backing storage not supported for directories volumes")


def scan(model: PoolModel) -> Found:
    """Give the files of a pool's folder and its sizes (blocks)."""
    found = Found()
    try:
        with folder(model.target) as at:
            for name in os.listdir(at):
                volume = _volume_of(at, model, name)
                if volume is not None:
                    found.volumes.append(volume)
            found.permissions = look.permissions_of(os.fstat(at), model.permissions.label)
            space = os.fstatvfs(at)
    except OSError as error:
        raise system_error(error, f"cannot open directory '{model.target}'", origin=ErrorDomain.NONE) from None
    found.capacity = space.f_frsize * space.f_blocks
    found.available = space.f_frsize * space.f_bfree
    found.allocation = found.capacity - found.available
    return found


def _volume_of(at: int, model: PoolModel, name: str) -> VolumeModel | None:
    if not name.isprintable():
        log.warning("ignoring a file of pool '%s' whose name has characters that cannot be shown", model.name)
        return None
    try:
        volume = look.probe_file(at, model.target, name)
    except look.NotAVolumeError:
        return None
    except OSError as error:
        log.warning("ignoring '%s': %s", model.path(name), os.strerror(error.errno or 0))
        return None
    if model.refresh == "capacity":
        volume.allocation = volume.capacity
    return volume


def _look_again(model: PoolModel, volume: VolumeModel) -> None:
    with _looking(volume), folder(model.target) as at:
        look.refresh(at, volume)


def _look_whole(model: PoolModel, volume: VolumeModel) -> None:
    with _looking(volume), folder(model.target) as at:
        look.probe(at, model.target, volume)


@contextlib.contextmanager
def _looking(volume: VolumeModel) -> Iterator[None]:
    try:
        yield
    except (look.NotAVolumeError, FileNotFoundError, NotADirectoryError):
        raise NoStorageVol(f"no storage vol with matching path '{volume.path}'") from None
    except OSError as error:
        raise system_error(error, f"cannot open volume '{volume.path}'") from None
