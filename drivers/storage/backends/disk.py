# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pools that are a disk: its partitions are the volumes, its free spaces are in the pool's document."""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import dataclass, replace

from virtbus.bus.errors import InvalidArg, NoSupport, OperationInvalid, StorageProbeFailed
from virtbus.drivers.common.engine.process import check
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.common.refuse import check_exclusive
from virtbus.drivers.storage.backends.base import BUILD_NO_OVERWRITE, BUILD_OVERWRITE, Backend, Found, Site, plain
from virtbus.drivers.storage.backends.blkid import found_on, refuse_contents
from virtbus.drivers.storage.backends.dir import EXCLUSIVE
from virtbus.drivers.storage.backends.mpath import look_at_block
from virtbus.drivers.storage.checks import system_error
from virtbus.drivers.storage.model import BLOCK, PoolModel, SourceDevice, VolumeModel

PARTED = "/usr/sbin/parted"
LABELS = {"dos": "msdos"}
TABLE_SIZE = 1024 * 1024
SECTOR = 512
_DIGIT = re.compile(r"[0-9]$")


@dataclass(frozen=True, slots=True)
class Part:
    """A partition (number > 0) or a free space (0) of a disk, in bytes; `end` is the first byte behind it."""

    number: int
    start: int
    end: int


def label(model: PoolModel) -> list[str]:
    """Give the command that writes an empty partition table."""
    kind = wanted(model)
    return [PARTED, plain(device(model).path), "mklabel", "--script", LABELS.get(kind, kind)]


def show(model: PoolModel) -> list[str]:
    """Give the command that lists partitions and free spaces, for a program to read."""
    return [PARTED, "-s", "-m", plain(device(model).path), "unit", "B", "print", "free"]


def parts(text: str) -> list[Part]:
    """Give what the list says."""
    found = []
    for line in text.splitlines()[2:]:
        words = line.rstrip(";").split(":")
        if len(words) < 5:
            continue
        start, end = (int(word.rstrip("B")) for word in words[1:3])
        found.append(Part(0 if words[4] == "free" else int(words[0]), start, end + 1))
    return found


def geometry(model: PoolModel) -> list[str]:
    """Give the command that tells a disk's cylinders, heads and sectors."""
    return [PARTED, "-s", "-m", plain(device(model).path), "unit", "cyl", "print"]


def whole_cylinders(text: str) -> int:
    """Give the bytes up to the end of the last whole cylinder: what lies behind is no use with an MBR."""
    words = text.splitlines()[2].split(":")
    return int(words[0]) * int(words[1]) * int(words[2]) * SECTOR


def cut(listed: list[Part], end: int) -> list[Part]:
    """Give the parts without the free space from `end` on."""
    cropped = (part if part.number else replace(part, end=min(part.end, end)) for part in listed)
    return [part for part in cropped if part.end > part.start]


def device(model: PoolModel) -> SourceDevice:
    """Give the disk."""
    if not model.source.devices:
        raise InvalidArg("device path '' doesn't exist")
    return model.source.devices[0]


def wanted(model: PoolModel) -> str:
    """Give the kind of partition table; dos where nobody says."""
    if model.source.format == "unknown":
        model.source.format = "dos"
    return model.source.format


def partition_name(model: PoolModel, number: int) -> str:
    """Give the name of a partition's device: sda1, loop0p1."""
    disk = device(model)
    base = os.path.basename(os.path.realpath(disk.path))
    separated = disk.part_separator == "yes" or (not disk.part_separator and _DIGIT.search(base))
    return f"{base}{'p' if separated else ''}{number}"


class DiskBackend(Backend):
    """Run pools of type disk."""

    accounts = False
    build_function = "virStorageBackendDiskBuildPool"

    async def is_active(self, site: Site) -> bool:
        """Say whether the disk is there."""
        return await site.run(os.path.exists, device(site.model).path)

    async def start(self, site: Site) -> None:
        """Make sure that the disk is there, with the partition table that it should have."""
        path, kind = device(site.model).path, wanted(site.model)
        if not await site.run(os.path.exists, path):
            raise InvalidArg(f"device path '{path}' doesn't exist")
        found = await found_on(site.processes, path)
        if not found:
            raise StorageProbeFailed(f"Device '{path}' is unrecognized, requires build")
        if found != kind:
            raise OperationInvalid(f"Format of device '{path}' does not match the expected format '{kind}'")

    async def build(self, site: Site, flags: int) -> None:
        """Write a partition table; over an old one only if a flag says so."""
        check_flags(flags, BUILD_OVERWRITE | BUILD_NO_OVERWRITE, self.build_function)
        check_exclusive(flags, EXCLUSIVE, self.build_function)
        path = device(site.model).path
        kind = wanted(site.model)
        if flags & BUILD_OVERWRITE:
            await site.run(_clear, path)
        else:
            await refuse_contents(site.processes, path, kind)
        argv = label(site.model)
        check(argv, await site.processes.run(argv))

    async def delete(self, site: Site, flags: int) -> None:
        """Clear the partition table."""
        check_flags(flags, 0, "virStorageBackendDiskDeletePool")
        await site.run(_clear, device(site.model).path)

    async def refresh(self, site: Site) -> Found:
        """Look at the partition table."""
        return await site.run(_found, site.model, await _listed(site))

    async def refresh_volume(self, site: Site, volume: VolumeModel) -> None:
        """Look at a partition again."""
        await site.run(look_at_block, volume)

    async def place_volume(self, site: Site, volume: VolumeModel) -> None:
        """Refuse names that a partition would not get."""
        used = {part.number for part in await _listed(site)}
        expected = partition_name(site.model, next(n for n in itertools.count(1) if n not in used))
        if volume.name != expected:
            raise InvalidArg(f"invalid partition name '{volume.name}', expected '{expected}'")
        raise NoSupport("storage pool does not support volume creation")

    def open_volume(self, model: PoolModel, volume: VolumeModel, flags: int) -> int:
        """Open the partition."""
        return os.open(volume.path, flags | os.O_CLOEXEC)


async def _listed(site: Site) -> list[Part]:
    """Give partitions and free spaces."""
    argv = show(site.model)
    listed = parts(check(argv, await site.processes.run(argv)).text)
    if wanted(site.model) != "dos":
        return listed
    argv = geometry(site.model)
    return cut(listed, whole_cylinders(check(argv, await site.processes.run(argv)).text))


def _clear(path: str) -> None:
    """Overwrite the start of a disk, where its partition table is (blocks)."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except OSError as error:
        raise system_error(error, f"Failed to open storage volume with path '{path}'") from None
    try:
        os.pwrite(handle, bytes(TABLE_SIZE), 0)
        end = os.lseek(handle, 0, os.SEEK_END)
        # The second copy of a GPT would be found again.
        os.pwrite(handle, bytes(TABLE_SIZE), max(end - TABLE_SIZE, 0))
        os.fsync(handle)
    except OSError as error:
        raise system_error(error, f"Failed to write to storage volume with path '{path}'") from None
    finally:
        os.close(handle)


def _found(model: PoolModel, listed: list[Part]) -> Found:
    """Give volumes and sizes, and note the free spaces in the pool's source (blocks)."""
    found = Found()
    free = [(part.start, part.end) for part in listed if not part.number]
    device(model).extents = free
    found.capacity = max((part.end for part in listed), default=0)
    found.available = sum(end - start for start, end in free)
    for part in listed:
        if part.number:
            found.allocation += part.end - part.start
            found.volumes.append(_volume(model, part))
    return found


def _volume(model: PoolModel, part: Part) -> VolumeModel:
    name = partition_name(model, part.number)
    path = f"/dev/{name}"
    volume = VolumeModel(name, BLOCK, key=path, path=path, format="none")
    volume.capacity = volume.allocation = part.end - part.start
    volume.extents = [(device(model).path, part.start, part.end)]
    return volume
