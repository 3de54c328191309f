# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a pool and a volume are: plain values, filled from XML and from what is found on the host."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from virtbus.drivers.storage.formats import BY_NAME, PoolType

FILE, BLOCK, DIRECTORY, NETWORK, NETDIR, PLOOP = range(6)
VOLUME_TYPES = ("file", "block", "dir", "network", "netdir", "ploop")
"""The types of volume by their number (virStorageVolType)."""

DEFAULT_VOLUME_MODE = 0o600
DEFAULT_POOL_MODE = 0o711


@dataclass
class Permissions:
    """Mode, owner, group and label of a file; None where nobody asked or looked."""

    mode: int | None = None
    owner: int | None = None
    group: int | None = None
    label: str | None = None

    def __bool__(self) -> bool:
        return any(value is not None for value in (self.mode, self.owner, self.group, self.label))


@dataclass
class Host:
    """A server that a source is on."""

    name: str
    port: int = 0


@dataclass
class SourceDevice:
    """A device of a pool's source; `extents` are the free spaces found on it, as (start, end) in bytes."""

    path: str
    part_separator: str = ""
    extents: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Auth:
    """How to log in to the source: the secret is named by UUID or by usage."""

    type: str
    username: str
    secret_type: str = ""
    secret_uuid: str = ""
    secret_usage: str = ""


@dataclass
class ParentAddress:
    """The PCI address of a SCSI host, and which of its hosts."""

    domain: int
    bus: int
    slot: int
    function: int
    unique_id: int


@dataclass
class Adapter:
    """A SCSI host or a fibre channel host; `words` are its attributes as given, in the order of the document."""

    type: str
    words: dict[str, str] = field(default_factory=dict)
    parent: ParentAddress | None = None


@dataclass
class PoolSource:
    """Where a pool's storage comes from."""

    hosts: list[Host] = field(default_factory=list)
    devices: list[SourceDevice] = field(default_factory=list)
    dir: str = ""
    adapter: Adapter | None = None
    name: str = ""
    initiator: str = ""
    format: str = ""
    auth: Auth | None = None
    protocol: str = ""
    vendor: str = ""
    product: str = ""


@dataclass
class PoolModel:
    """A pool as its document describes it, and its sizes in bytes."""

    type: PoolType
    name: str
    uuid: uuid.UUID
    source: PoolSource = field(default_factory=PoolSource)
    target: str = ""
    permissions: Permissions = field(default_factory=Permissions)
    capacity: int = 0
    allocation: int = 0
    available: int = 0
    cow: str = ""
    refresh: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)

    def path(self, name: str) -> str:
        """Give the path of the volume of this name."""
        return f"{self.target}/{name}"


Moment = tuple[int, int]
"""Seconds and nanoseconds since 1970."""


@dataclass
class Times:
    """When a file was last read, written and changed; libvirt shows the birth as 0 where it does not know it."""

    atime: Moment
    mtime: Moment
    ctime: Moment
    btime: Moment = (0, 0)


@dataclass
class EncryptionSecret:
    """The secret of an encrypted volume, by UUID or by usage."""

    type: str = "passphrase"
    uuid: str = ""
    usage: str = ""


@dataclass
class Encryption:
    """How a volume is encrypted; `cipher` and `ivgen` are attributes as given."""

    format: str
    secrets: list[EncryptionSecret] = field(default_factory=list)
    cipher: dict[str, str] = field(default_factory=dict)
    ivgen: dict[str, str] = field(default_factory=dict)


@dataclass
class Backing:
    """The image that another one is based on."""

    path: str
    format: str
    permissions: Permissions = field(default_factory=Permissions)
    times: Times | None = None


@dataclass
class VolumeModel:
    """A volume as its document describes it, and what was found of it on the host. Sizes are in bytes.

    `features` is None where nothing is known of them; an empty set shows as an empty element.
    """

    name: str
    type: int = FILE
    key: str = ""
    path: str = ""
    format: str = "raw"
    capacity: int = 0
    allocation: int = 0
    allocation_given: bool = False
    capacity_given: bool = True
    physical: int = 0
    permissions: Permissions = field(default_factory=Permissions)
    times: Times | None = None
    encryption: Encryption | None = None
    compat: str = ""
    features: frozenset[str] | None = None
    cluster_size: int = 0
    nocow: bool = False
    backing: Backing | None = None
    extents: list[tuple[str, int, int]] = field(default_factory=list)


def pool_type(name: str) -> PoolType | None:
    """Give the kind of pool of this name."""
    return BY_NAME.get(name)
