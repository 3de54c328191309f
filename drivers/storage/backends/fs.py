# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pools that are mounted: a file system on a device (fs), or a server's folder (netfs).

What would be run is a value first: `mount`, `umount` and `make` give the command lines.
"""

from __future__ import annotations

import os

from virtbus.bus.errors import InternalError, LibvirtError, OperationFailed, OperationInvalid
from virtbus.drivers.common.engine.process import Result, Runner, check
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.storage.backends import sources
from virtbus.drivers.storage.backends.base import BUILD_NO_OVERWRITE, Site, no_device, plain
from virtbus.drivers.storage.backends.blkid import refuse_contents
from virtbus.drivers.storage.backends.dir import DirectoryBackend
from virtbus.drivers.storage.formats import PoolType
from virtbus.drivers.storage.model import Host, PoolModel, PoolSource

SHOWMOUNT = "/usr/sbin/showmount"
MOUNT, UMOUNT, MKFS = "/bin/mount", "/bin/umount", "/sbin/mkfs"
MOUNTS = "/proc/self/mounts"
OPTIONS = "nodev,nosuid,noexec"
_FORCE = {"ext2": "-F", "ext3": "-F", "ext4": "-F", "xfs": "-f", "vfat": "-I"}
MOUNT_TIMEOUT = 120.0


def source(model: PoolModel) -> str:
    """Give what is mounted; InternalError where the pool does not say."""
    if model.type.name == "fs":
        if not model.source.devices:
            raise InternalError("missing source device")
        return model.source.devices[0].path
    if not model.source.hosts:
        raise InternalError("missing source host")
    if not model.source.dir:
        raise InternalError("missing source dir")
    host = model.source.hosts[0].name
    return f"//{host}/{model.source.dir}" if model.source.format == "cifs" else f"{host}:{model.source.dir}"


def mount(model: PoolModel) -> list[str]:
    """Give the command that mounts a pool."""
    kind = model.source.format
    words = [OPTIONS, *_EXTRA.get(kind, ())]
    if kind == "nfs" and model.source.protocol:
        words.append(f"nfsvers={model.source.protocol}")
    words += [f"{name}={value}" if value else name for name, value in model.options]
    typed = [] if model.type.name == "netfs" and kind == "auto" else ["-t", kind]
    return [MOUNT, "-o", ",".join(words), *typed, plain(source(model)), plain(model.target)]


_EXTRA = {"cifs": ("guest",), "glusterfs": ("direct-io-mode=1",)}


def umount(model: PoolModel) -> list[str]:
    """Give the command that unmounts a pool."""
    return [UMOUNT, plain(model.target)]


def make(model: PoolModel) -> list[str]:
    """Give the command that makes a pool's file system."""
    kind = model.source.format
    force = [_FORCE[kind]] if kind in _FORCE else []
    return [MKFS, "-t", kind, *force, plain(model.source.devices[0].path)]


def is_mounted(model: PoolModel) -> bool:
    """Say whether the pool's source is at its place (blocks)."""
    wanted = (os.path.realpath(source(model)) if source(model).startswith("/") else source(model), model.target)
    with open(MOUNTS, encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            device, place = (_unescaped(word) for word in line.split(" ")[:2])
            if place == wanted[1] and wanted[0] in (device, os.path.realpath(device)):
                return True
    return False


def _unescaped(word: str) -> str:
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        word = word.replace(code, char)
    return word


class MountedBackend(DirectoryBackend):
    """Run pools of types fs and netfs."""

    has_device = True

    async def is_active(self, site: Site) -> bool:
        """Say whether the pool is mounted."""
        return await site.run(is_mounted, site.model)

    async def start(self, site: Site) -> None:
        """Mount the pool, unless it is."""
        argv = mount(site.model)
        if not await site.run(is_mounted, site.model):
            check(argv, await site.processes.run(argv, timeout=MOUNT_TIMEOUT))

    async def stop(self, site: Site) -> None:
        """Unmount the pool, if it is mounted."""
        if await site.run(is_mounted, site.model):
            argv = umount(site.model)
            check(argv, await site.processes.run(argv, timeout=MOUNT_TIMEOUT))

    async def build(self, site: Site, flags: int) -> None:
        """Make the place to mount at, and the file system if a flag says so."""
        await super().build(site, flags)
        if flags:
            await self._format(site, flags)

    async def _format(self, site: Site, flags: int) -> None:
        model = site.model
        if not model.source.devices:
            raise no_device(model)
        device = model.source.devices[0].path
        if not await site.run(os.path.exists, device):
            raise OperationInvalid(f"Source device does not exist when formatting pool '{model.name}'")
        if flags & BUILD_NO_OVERWRITE:
            await refuse_contents(site.processes, device, model.source.format)
        argv = make(model)
        try:
            check(argv, await site.processes.run(argv))
        except LibvirtError:
            kind = model.source.format
            raise OperationFailed(f"Failed to make filesystem of type '{kind}' on device '{device}'") from None


class RemoteBackend(MountedBackend):
    """Run pools of type netfs."""

    has_device = False

    async def find_sources(self, kind: PoolType, spec: str | None, flags: int, processes: Runner) -> str:
        """Ask a server for its exports."""
        check_flags(flags, 0, "virStorageBackendFileSystemNetFindPoolSources")
        host = sources.host_of(spec, kind)
        try:
            listed = await processes.run(exports(host))
        except LibvirtError:
            listed = Result(1, b"", b"")
        folders = [] if listed.status else [line.split()[0] for line in listed.text.splitlines() if line.strip()]
        if not folders:
            raise OperationFailed(f"no storage pools were found on host '{host}'")
        found = [PoolSource(hosts=[Host(host)], dir=folder, format="nfs") for folder in folders]
        return sources.document(found, kind)


def exports(host: str) -> list[str]:
    """Give the command that lists a server's exports."""
    return [SHOWMOUNT, "--no-headers", "--exports", plain(host)]
