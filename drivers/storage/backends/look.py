# SPDX-License-Identifier: LGPL-2.1-or-later
"""Look at files of a pool: sizes, permissions, times, and what an image's header says. Blocking functions."""

from __future__ import annotations

import errno
import json
import os
import stat

from virtbus.drivers.common.engine.beneath import open_beneath
from virtbus.drivers.storage import image
from virtbus.drivers.storage.formats import FILE_FORMATS
from virtbus.drivers.storage.model import (
    BLOCK,
    DIRECTORY,
    FILE,
    PLOOP,
    Backing,
    Encryption,
    Permissions,
    Times,
    VolumeModel,
)

READ = os.O_RDONLY | os.O_NONBLOCK
SKIPPED = (errno.ENOENT, errno.ELOOP, errno.EXDEV, errno.ENXIO, errno.ENODEV, errno.EACCES, errno.EPERM)


class NotAVolumeError(Exception):
    """Say that a file is nothing that a pool shows: a socket, a pipe, a link that leads out of the pool."""


def probe_file(at: int, folder: str, name: str) -> VolumeModel:
    """Give the volume that a file of the folder `at` is; NotAVolumeError where it is none."""
    path = f"{folder}/{name}"
    volume = VolumeModel(name, key=path, path=path)
    probe(at, folder, volume)
    return volume


def probe(at: int, folder: str, volume: VolumeModel) -> None:
    """Read anew what a file is, format and all."""
    handle = _open(at, volume.name)
    try:
        head = measure(handle, volume)
    finally:
        os.close(handle)
    if volume.type == DIRECTORY:
        volume.format = "dir"
        return
    found = image.describe(head, image.probe(head) if head else "raw")
    secrets = volume.encryption.secrets if volume.encryption else []
    volume.format = found.format
    volume.encryption = Encryption(found.encrypted, secrets) if found.encrypted else None
    volume.capacity = found.capacity or volume.physical - found.payload
    volume.compat, volume.features = found.compat, found.features
    volume.cluster_size = found.cluster_size
    volume.backing = _backing(folder, found) if found.backing else None
    if found.format == "ploop":
        volume.type = PLOOP


def refresh(at: int, volume: VolumeModel) -> None:
    """Bring sizes, permissions and times up to date; the format stays what it is."""
    handle = _open(at, volume.name)
    try:
        head = measure(handle, volume)
    finally:
        os.close(handle)
    if volume.type != DIRECTORY:
        volume.capacity = _capacity(head, volume)
    if volume.backing is not None:
        look_at_backing(volume.backing)


def _capacity(head: bytes, volume: VolumeModel) -> int:
    kind = "luks" if volume.format == "raw" and volume.encryption is not None else volume.format
    found = image.describe(head, kind)
    return found.capacity or volume.physical - found.payload


def _open(at: int, name: str) -> int:
    try:
        return open_beneath(at, name, READ)
    except OSError as error:
        if error.errno in SKIPPED:
            raise NotAVolumeError(name) from None
        raise


def measure(handle: int, volume: VolumeModel) -> bytes:
    """Take size, permissions and times from an open file and give its first bytes."""
    found = os.fstat(handle)
    volume.permissions = permissions_of(found, volume.permissions.label)
    volume.times = times_of(found)
    if stat.S_ISDIR(found.st_mode):
        volume.type, volume.capacity, volume.allocation, volume.physical = DIRECTORY, 0, 0, 0
        return b""
    if stat.S_ISREG(found.st_mode):
        volume.type = FILE if volume.type != PLOOP else PLOOP
        volume.allocation, volume.physical = found.st_blocks * 512, found.st_size
    elif stat.S_ISBLK(found.st_mode):
        volume.type = BLOCK
        volume.allocation = volume.physical = os.lseek(handle, 0, os.SEEK_END)
    else:
        raise NotAVolumeError(volume.name)
    return _header(handle, volume.physical)


def _header(handle: int, size: int) -> bytes:
    """Give as much of a file's beginning as its format is told by: most files are no images, and read quickly."""
    glance = os.pread(handle, image.GLANCE_SIZE, 0)
    if not image.plain_at_a_glance(glance):
        return os.pread(handle, image.HEADER_SIZE, 0)
    if size > image.ISO_AT and os.pread(handle, len(image.ISO_MAGIC), image.ISO_AT) == image.ISO_MAGIC:
        return os.pread(handle, image.HEADER_SIZE, 0)
    return glance


def permissions_of(found: os.stat_result, label: str | None = None) -> Permissions:
    """Give the permissions of a file."""
    return Permissions(found.st_mode & 0o777, found.st_uid, found.st_gid, label)


def times_of(found: os.stat_result) -> Times:
    """Give the times of a file."""
    return Times(_moment(found.st_atime_ns), _moment(found.st_mtime_ns), _moment(found.st_ctime_ns))


def _moment(nanoseconds: int) -> tuple[int, int]:
    return divmod(nanoseconds, 1_000_000_000)


def look_at_backing(backing: Backing) -> None:
    """Take the permissions and times of a backing file, where there is one; its contents are left alone."""
    try:
        found = os.stat(backing.path)
    except (OSError, ValueError):
        return
    backing.permissions = permissions_of(found)
    backing.times = times_of(found)


def _backing(folder: str, found: image.Image) -> Backing:
    path = local_path(found.backing)
    if path is None:
        return Backing(found.backing, "raw")
    path = path if path.startswith("/") else f"{folder}/{path}"
    named = found.backing_format
    backing = Backing(path, named if named in FILE_FORMATS else _probed(path) if not named else "raw")
    look_at_backing(backing)
    return backing


def local_path(text: str) -> str | None:
    """Give the file that a backing string names, None for one that is elsewhere."""
    if text.startswith("json:"):
        return _json_path(text[5:])
    if text.startswith("file:"):
        return text[5:].removeprefix("//")
    colon, slash = text.find(":"), text.find("/")
    return None if colon >= 0 and (slash < 0 or colon < slash) else text


def _json_path(text: str) -> str | None:
    try:
        node = json.loads(text)
    except (ValueError, RecursionError):
        return None
    for _ in range(4):
        if not isinstance(node, dict):
            return None
        if isinstance(node.get("file.filename"), str):
            return str(node["file.filename"])
        if isinstance(node.get("filename"), str):
            return local_path(node["filename"]) if not node["filename"].startswith("json:") else None
        node = node.get("file")
    return None


def _probed(path: str) -> str:
    """Give the format of a backing file whose image does not name it; "raw" where it cannot be seen."""
    try:
        handle = os.open(path, READ | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError):
        return "raw"
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return "raw"
        kind = image.probe(os.pread(handle, image.HEADER_SIZE, 0))
    finally:
        os.close(handle)
    return "raw" if kind == "luks" else kind
