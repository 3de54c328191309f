# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images of formats other than raw: qemu-img does the work, on files that are made here.

A new image is an empty file first, made exclusively with mode 0600 beneath the pool; qemu-img gets it as an open
descriptor, so that it can neither make a file of wider mode nor be led to another one. Errors name the real path.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence

from virtbus.drivers.common.engine.beneath import folder, open_beneath
from virtbus.drivers.common.engine.handover import in_memory
from virtbus.drivers.common.engine.process import Result, check, find_program
from virtbus.drivers.storage import qemu_img
from virtbus.drivers.storage.backends import files
from virtbus.drivers.storage.backends.base import Site
from virtbus.drivers.storage.checks import system_error
from virtbus.drivers.storage.model import EncryptionSecret, PoolModel, VolumeModel
from virtbus.drivers.storage.qemu_img import Key, Wish

FDS = "/proc/self/fd/"
USAGE_VOLUME = 1
TIMEOUT = 24 * 3600.0
"""Seconds that a conversion may take: big images on slow disks do take hours."""


async def make(site: Site, volume: VolumeModel, wish: Wish) -> None:
    """Make an empty image."""
    qemu_img.check_options(volume)
    qemu_img.check_encryption(volume)
    if volume.backing is not None:
        await site.run(_check_backing, volume)
    async with _key(site, volume) as key, _new(site, volume) as (path, handles):
        await _run(site, lambda at: qemu_img.create(volume, at, wish, key), path, volume.path, handles + _fds(key))


async def convert(site: Site, source: VolumeModel, volume: VolumeModel, wish: Wish) -> None:
    """Make an image with another one's contents."""
    qemu_img.check_options(volume)
    qemu_img.check_encryption(volume)
    if source.encryption is not None or volume.encryption is not None:
        await _convert_encrypted(site, source, volume, wish)
        return
    async with _new(site, volume) as (path, handles):
        await _run(site, lambda at: qemu_img.convert(source, source.path, volume, at, wish), path, volume.path, handles)


async def _convert_encrypted(site: Site, source: VolumeModel, volume: VolumeModel, wish: Wish) -> None:
    async with (
        _key(site, source) as source_key,
        _key(site, volume) as key,
        _new(site, volume) as (path, handles),
    ):
        fds = handles + _fds(key) + _fds(source_key)
        await _run(site, lambda at: qemu_img.create(volume, at, wish, key), path, volume.path, fds)
        await _run(
            site,
            lambda at: qemu_img.fill(source, source.path, source_key, volume, at, key),
            path,
            volume.path,
            fds,
        )


def _check_backing(volume: VolumeModel) -> None:
    """Refuse a backing file that is not there; a relative one is sought beside the image."""
    if volume.backing is None:
        return
    path = os.path.join(os.path.dirname(volume.path), volume.backing.path)
    try:
        os.stat(path)
    except OSError as error:
        text = f"inaccessible backing store volume {volume.backing.path}"
        raise system_error(error, text) from None


@contextlib.asynccontextmanager
async def _new(site: Site, volume: VolumeModel) -> AsyncIterator[tuple[str, list[int]]]:
    """Give the path of a new file for qemu-img and what it must inherit; the file is gone if the block fails."""
    handle = await site.run(files.begin, site.model, volume)
    try:
        yield _handed(volume, handle), [handle]
        await site.run(files.settle, handle, volume)
    except BaseException:
        await site.run(files.remove, site.model, volume.name)
        raise
    finally:
        os.close(handle)


@contextlib.asynccontextmanager
async def _key(site: Site, volume: VolumeModel) -> AsyncIterator[Key | None]:
    """Give the key of an encrypted volume, whose value is in memory alone; None for a plain one."""
    if volume.encryption is None:
        yield None
        return
    secret = volume.encryption.secrets[0] if volume.encryption.secrets else EncryptionSecret(usage=volume.path)
    if secret.uuid:
        value = await site.secrets.by_uuid(secret.uuid)
    else:
        value = await site.secrets.by_usage(USAGE_VOLUME, secret.usage)
    with in_memory(value) as handle:
        yield qemu_img.key_of(volume, f"{FDS}{handle}")


def _fds(key: Key | None) -> list[int]:
    return [] if key is None else [int(key.file.removeprefix(FDS))]


async def _run(site: Site, command: Callable[[str], list[str]], path: str, real: str, fds: Sequence[int]) -> None:
    """Run a command on the file at `path`; an error names the `real` one."""
    result = await site.processes.run(command(path), timeout=TIMEOUT, pass_fds=fds)
    said = result.err.replace(path.encode(), os.fsencode(real))
    check(command(real), Result(result.status, result.out, said))


def _handed(volume: VolumeModel, handle: int) -> str:
    """Give the path by which qemu-img opens a file.

    A relative backing file is found from the true folder, and a VMDK writes its own name into itself.
    """
    relative = volume.backing is not None and not volume.backing.path.startswith("/")
    return volume.path if relative or volume.format == "vmdk" else f"{FDS}{handle}"


async def resize(site: Site, volume: VolumeModel, capacity: int, *, shrink: bool) -> None:
    """Change an image's capacity."""
    handle = await site.run(_open, site.model, volume)
    try:
        path = _handed(volume, handle)
        async with _key(site, volume) as key:
            await _run(site, _resizing(volume, capacity, key, shrink=shrink), path, volume.path, [handle, *_fds(key)])
    finally:
        os.close(handle)


def _resizing(volume: VolumeModel, capacity: int, key: Key | None, *, shrink: bool) -> Callable[[str], list[str]]:
    if key is None:
        return lambda path: qemu_img.resize(path, capacity, shrink=shrink)
    return lambda path: qemu_img.resize_encrypted(volume, path, capacity, key, shrink=shrink)


def _open(model: PoolModel, volume: VolumeModel) -> int:
    try:
        with folder(model.target) as at:
            return open_beneath(at, volume.name, os.O_RDONLY)
    except OSError as error:
        raise system_error(error, f"Unable to open '{volume.path}'") from None


async def scrub(site: Site, volume: VolumeModel, pattern: str) -> None:
    """Overwrite a file with patterns."""
    program = find_program("scrub")
    argv = [program, "-f", "-p", pattern, volume.path]
    check(argv, await site.processes.run(argv, timeout=TIMEOUT))
