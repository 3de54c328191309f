# SPDX-License-Identifier: LGPL-2.1-or-later
"""The contract of a backend: what a kind of pool does when it is started, filled, emptied.

A method that a kind of pool has no use for answers as libvirt does for it. Backends hold no state: everything is in
the models that they are given. Blocking work goes through `Site.run`, which has a thread of the pool's own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from virtbus.bus.errors import InvalidArg, NoSupport, OperationInvalid
from virtbus.drivers.common.engine.process import Runner
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.common.secrets import Secrets
from virtbus.drivers.storage.formats import PoolType
from virtbus.drivers.storage.model import Permissions, PoolModel, PoolSource, VolumeModel
from virtbus.drivers.storage.qemu_img import Wish

T = TypeVar("T")

BUILD_NEW, BUILD_REPAIR, BUILD_RESIZE, BUILD_NO_OVERWRITE, BUILD_OVERWRITE = 0, 1, 2, 4, 8


class Run(Protocol):
    """Run a blocking function in a thread of the pool."""

    def __call__(self, work: Callable[..., T], *args: Any) -> Awaitable[T]:
        """Give what the function gives."""
        ...


@dataclass(frozen=True)
class Site:
    """A pool as its backend sees it: the model, and the means to work on the host."""

    model: PoolModel
    processes: Runner
    run: Run
    secrets: Secrets


@dataclass
class Found:
    """What a look at a pool gave. `lost` names the volumes that could not be read."""

    volumes: list[VolumeModel] = field(default_factory=list)
    capacity: int = 0
    allocation: int = 0
    available: int = 0
    permissions: Permissions = field(default_factory=Permissions)


class Backend:
    """What all kinds of pool share: nothing to start, nothing to stop, no volumes to make."""

    build_function = "virStorageBackendBuildPool"
    delete_function = "virStorageBackendDeletePool"
    accounts = True
    """Whether the pool's sizes follow from its volumes between two looks."""

    async def is_active(self, site: Site) -> bool:
        """Say whether the pool is up already, when the daemon starts."""
        return False

    async def start(self, site: Site) -> None:
        """Bring the pool up: mount, log in, activate."""

    async def stop(self, site: Site) -> None:
        """Take the pool down."""

    async def build(self, site: Site, flags: int) -> None:
        """Prepare the pool's storage."""

    async def delete(self, site: Site, flags: int) -> None:
        """Remove the pool's storage."""
        raise NoSupport("pool does not support pool deletion")

    async def refresh(self, site: Site) -> Found:
        """Give the pool's volumes and sizes as they are now."""
        raise NoSupport("pool does not support refreshing")

    async def find_sources(self, kind: PoolType, spec: str | None, flags: int, processes: Runner) -> str:
        """Give where such pools could be, as XML."""
        raise NoSupport(f"pool type '{kind.name}' does not support source discovery")

    async def refresh_volume(self, site: Site, volume: VolumeModel) -> None:
        """Bring a volume's sizes, permissions and times up to date."""

    async def probe_volume(self, site: Site, volume: VolumeModel) -> None:
        """Bring everything up to date that a volume's contents say."""
        await self.refresh_volume(site, volume)

    async def place_volume(self, site: Site, volume: VolumeModel) -> None:
        """Give a new volume its path and key, and refuse what cannot be made."""
        raise NoSupport("storage pool does not support volume creation")

    async def make_volume(self, site: Site, volume: VolumeModel, wish: Wish) -> None:
        """Make a new volume, or nothing if that fails."""
        raise NoSupport("storage pool does not support volume creation")

    async def clone_volume(self, site: Site, source: VolumeModel, volume: VolumeModel, wish: Wish) -> None:
        """Make a new volume with another one's contents, or nothing if that fails."""
        raise NoSupport("storage pool does not support volume creation from an existing volume")

    async def delete_volume(self, site: Site, volume: VolumeModel, flags: int) -> None:
        """Delete a volume."""
        raise NoSupport("storage pool does not support vol deletion")

    async def resize_volume(self, site: Site, volume: VolumeModel, capacity: int, flags: int) -> None:
        """Change a volume's capacity."""
        raise NoSupport("storage pool does not support changing of volume capacity")

    async def wipe_volume(self, site: Site, volume: VolumeModel, algorithm: int) -> None:
        """Overwrite a volume's contents."""
        raise NoSupport("storage pool doesn't support volume wiping")

    def open_volume(self, model: PoolModel, volume: VolumeModel, flags: int) -> int:
        """Open a volume's data (blocks); OSError where that is refused."""
        raise NoSupport("storage pool doesn't support volume data")

    def check_build(self, model: PoolModel, flags: int) -> None:
        """Refuse flags of a build that this kind of pool does not know."""
        check_flags(flags, 0, self.build_function)


def no_device(model: PoolModel) -> OperationInvalid:
    """Give the error of a pool that has no device to format."""
    return OperationInvalid(f"No source device specified when formatting pool '{model.name}'")


def same_source(one: PoolSource, other: PoolSource) -> bool:
    """Say whether two sources name the same servers and folder."""
    return one.dir == other.dir and [h.name for h in one.hosts] == [h.name for h in other.hosts]


def plain(word: str) -> str:
    """Give a word of a document for a command line; one that would be an option there is refused."""
    if word.startswith("-"):
        raise InvalidArg(f"'{word}' may not begin with a dash")
    return word
