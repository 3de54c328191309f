# SPDX-License-Identifier: LGPL-2.1-or-later
"""Images of formats other than raw: qemu-img does the work, on files that are made here.

A new image is an empty file first, made exclusively with mode 0600 beneath the pool; qemu-img gets it as an open
descriptor, so that it can neither make a file of wider mode nor be led to another one. Errors name the real path.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from virtbus.drivers.common.engine.beneath import folder, open_beneath
from virtbus.drivers.common.engine.process import Result, check, find_program
from virtbus.drivers.storage import qemu_img
from virtbus.drivers.storage.backends import files
from virtbus.drivers.storage.backends.base import Site
from virtbus.drivers.storage.checks import system_error
from virtbus.drivers.storage.model import PoolModel, VolumeModel
from virtbus.drivers.storage.qemu_img import Wish

TIMEOUT = 24 * 3600.0
"""Seconds that a conversion may take: big images on slow disks do take hours."""


async def make(site: Site, volume: VolumeModel, wish: Wish) -> None:
    """Make an empty image."""
    qemu_img.check_options(volume)
    if volume.backing is not None:
        await site.run(_check_backing, volume)
    await _fill(site, volume, lambda path: qemu_img.create(volume, path, wish))


async def convert(site: Site, source: VolumeModel, volume: VolumeModel, wish: Wish) -> None:
    """Make an image with another one's contents."""
    qemu_img.check_options(volume)
    await _fill(site, volume, lambda path: qemu_img.convert(source, source.path, volume, path, wish))


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


async def _fill(site: Site, volume: VolumeModel, command: Callable[[str], list[str]]) -> None:
    handle = await site.run(files.begin, site.model, volume)
    try:
        path = _handed(volume, handle)
        result = await site.processes.run(command(path), timeout=TIMEOUT, pass_fds=(handle,))
        _check(command(volume.path), result, path, volume.path)
        await site.run(files.settle, handle, volume)
    except BaseException:
        await site.run(files.remove, site.model, volume.name)
        raise
    finally:
        os.close(handle)


def _handed(volume: VolumeModel, handle: int) -> str:
    """Give the path by which qemu-img opens a file.

    A relative backing file is found from the true folder, and a VMDK writes its own name into itself.
    """
    relative = volume.backing is not None and not volume.backing.path.startswith("/")
    return volume.path if relative or volume.format == "vmdk" else f"/proc/self/fd/{handle}"


async def resize(site: Site, volume: VolumeModel, capacity: int, *, shrink: bool) -> None:
    """Change an image's capacity."""
    handle = await site.run(_open, site.model, volume)
    try:
        path = _handed(volume, handle)
        result = await site.processes.run(qemu_img.resize(path, capacity, shrink=shrink), pass_fds=(handle,))
    finally:
        os.close(handle)
    _check(qemu_img.resize(volume.path, capacity, shrink=shrink), result, path, volume.path)


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


def _check(argv: Sequence[str], result: Result, used: str, real: str) -> None:
    """Raise libvirt's error for a failed command, with the real path where the descriptor's stood."""
    said = result.err.replace(used.encode(), os.fsencode(real))
    check(argv, Result(result.status, result.out, said))
