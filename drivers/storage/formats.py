# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kinds of pool, and the formats that each knows for its source and its volumes.

https://libvirt.org/storage.html and https://libvirt.org/formatstorage.html list them; the order of each list is the
numbering of libvirt's enumerations, which clients see in flags and capabilities.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Source(enum.Flag):
    """Which parts of <source> a kind of pool has."""

    NONE = 0
    HOST = enum.auto()
    DEVICE = enum.auto()
    DIR = enum.auto()
    ADAPTER = enum.auto()
    NAME = enum.auto()
    INITIATOR = enum.auto()
    PROTOCOL = enum.auto()
    NETWORK = enum.auto()


FILE_FORMATS = (
    "none", "raw", "dir", "bochs", "cloop", "dmg", "iso", "vpc", "vdi", "fat", "vhd", "ploop", "cow", "qcow", "qcow2",
    "qed", "vmdk",
)  # fmt: skip
DISK_VOLUME_FORMATS = ("none", "linux", "fat16", "fat32", "linux-swap", "linux-lvm", "linux-raid", "extended")
FS_FORMATS = (
    "auto", "ext2", "ext3", "ext4", "ufs", "iso9660", "udf", "gfs", "gfs2", "vfat", "hfs+", "xfs", "ocfs2", "vmfs",
)  # fmt: skip
NETFS_FORMATS = ("auto", "nfs", "glusterfs", "cifs")
DISK_FORMATS = ("unknown", "dos", "dvh", "gpt", "mac", "bsd", "pc98", "sun", "lvm2")
LOGICAL_FORMATS = ("unknown", "lvm2")


@dataclass(frozen=True, slots=True)
class PoolType:
    """One kind of pool.

    `number` is its place in libvirt's enumeration; `listed` the bit that lists are filtered by. `built`: this program
    can run it. `formats`: of the source; `volumes`: of the volumes, with `volume_default`.
    """

    name: str
    number: int
    listed: int
    source: Source
    built: bool = True
    formats: tuple[str, ...] = ()
    default: str = ""
    volumes: tuple[str, ...] | None = None
    volume_default: str = "raw"
    takes_formats: bool = False

    @property
    def has_target(self) -> bool:
        """Whether the pool is at a path of the host."""
        return Source.NETWORK not in self.source


_S = Source
TYPES: tuple[PoolType, ...] = (
    PoolType("dir", 0, 0x40, _S.NONE, volumes=FILE_FORMATS, takes_formats=True),
    PoolType("fs", 1, 0x80, _S.DEVICE, formats=FS_FORMATS, default="auto", volumes=FILE_FORMATS, takes_formats=True),
    PoolType(
        "netfs", 2, 0x100, _S.HOST | _S.DIR | _S.PROTOCOL,
        formats=NETFS_FORMATS, default="auto", volumes=FILE_FORMATS, takes_formats=True,
    ),
    PoolType("logical", 3, 0x200, _S.NAME | _S.DEVICE, formats=LOGICAL_FORMATS, default="lvm2"),
    PoolType(
        "disk", 4, 0x400, _S.DEVICE,
        formats=DISK_FORMATS, default="unknown", volumes=DISK_VOLUME_FORMATS, volume_default="none",
        takes_formats=True,
    ),
    PoolType("iscsi", 5, 0x800, _S.HOST | _S.DEVICE | _S.INITIATOR),
    PoolType("iscsi-direct", 6, 0x80000, _S.HOST | _S.DEVICE | _S.NETWORK | _S.INITIATOR, built=False),
    PoolType("scsi", 7, 0x1000, _S.ADAPTER),
    PoolType("mpath", 8, 0x2000, _S.NONE),
    PoolType("rbd", 9, 0x4000, _S.HOST | _S.NETWORK | _S.NAME, built=False, volumes=()),
    PoolType("sheepdog", 10, 0x8000, _S.HOST | _S.NETWORK | _S.NAME, built=False),
    PoolType("gluster", 11, 0x10000, _S.NETWORK | _S.HOST | _S.NAME | _S.DIR, built=False, volumes=FILE_FORMATS),
    PoolType("zfs", 12, 0x20000, _S.NAME | _S.DEVICE, built=False),
    PoolType("vstorage", 13, 0x40000, _S.NAME, built=False, volumes=FILE_FORMATS),
)  # fmt: skip
BY_NAME = {kind.name: kind for kind in TYPES}
ALL_TYPES = sum(kind.listed for kind in TYPES)
