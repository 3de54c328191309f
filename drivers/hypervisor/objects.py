# SPDX-License-Identifier: LGPL-2.1-or-later
"""The catalogue's objects, each served by handing its calls on to libvirt.

An object takes any call of its class through `submit`: it is done in a thread, and `done` is told there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol

from virtbus.bus.api import (
    checkpoint,
    domain,
    hypervisor,
    interface,
    network,
    nodedev,
    nwfilter,
    secret,
    snapshot,
    storage,
)
from virtbus.bus.catalogue import Api, Call
from virtbus.bus.errors import InternalError, LibvirtError
from virtbus.drivers.hypervisor import autodestroy, quick, shield
from virtbus.drivers.hypervisor.delegate import Context, Plan
from virtbus.drivers.hypervisor.handles import Handle
from virtbus.drivers.hypervisor.lookups import Place, handle_of
from virtbus.drivers.hypervisor.special import plan_of
from virtbus.drivers.hypervisor.threads import Lane, Threads

log = logging.getLogger("virtbus.hypervisor")

Done = Callable[[Any, LibvirtError | None], None]


class Home(Context, Protocol):
    """What objects need of the driver that they belong to."""

    threads: Threads
    constants: dict[str, Any]
    ending: set[bytes]
    open_uri: str


class Hosted(Api):
    """An object whose calls libvirt does."""

    home: Home
    _lane: Lane | None = None

    def submit(self, entry: Call, args: tuple[Any, ...], done: Done) -> None:
        """Have the call done in a thread, which then calls `done` with its value or its error."""
        if entry.name in self.home.constants:
            done(self.home.constants[entry.name], None)
            return

        starts = self._starts(entry, args)

        def work() -> None:
            try:
                shield.check(entry, args)
                value = self.invoke(entry, args) if starts is None else starts(args)
            except LibvirtError as error:
                done(None, error)
            except Exception:
                log.exception("%s failed", entry.name)
                done(None, InternalError(f"{entry.name} failed"))
            else:
                done(value, None)

        if entry.name in quick.CALLS and self._undisturbed():
            work()
        elif entry.urgent or self._lane is None:
            (self.home.threads.urgent if entry.urgent else self.home.threads.normal).put(work)
        else:
            self._lane.put(work)

    def _starts(self, entry: Call, args: tuple[Any, ...]) -> autodestroy.Start | None:
        if not autodestroy.asked(entry, args):
            return None
        return autodestroy.Start(self.home, self.plan(entry), self.ref.path() if self.ref is not None else None)

    def _undisturbed(self) -> bool:
        """Say whether nothing can hold libvirt's locks on what the call looks at, so that it may be made at once."""
        return self.home.threads.normal.idle and not self.home.ending

    def invoke(self, entry: Call, args: tuple[Any, ...]) -> Any:
        """Do the call in this thread and give its value; raises libvirt's error."""
        return self.plan(entry)(self.home, self.handle(), args)

    def plan(self, entry: Call) -> Plan:
        """Give what does the call."""
        return plan_of(entry)

    def handle(self) -> Handle | None:
        """Give the object's handle; None for a manager."""
        return None


class Kept(Hosted):
    """An object that libvirt finds by itself however long its handle is held: one with a UUID, mostly."""

    def __init__(self, home: Home, handle: Handle, ref: Any) -> None:
        self.home = home
        self.ref = ref
        self._handle = handle

    def handle(self) -> Handle:
        """Give the object's handle."""
        return self._handle


class HostedDomain(Kept, domain.Domain):
    """A guest."""

    def __init__(self, home: Home, handle: Handle, ref: Any) -> None:
        super().__init__(home, handle, ref)
        self._lane: Lane = home.threads.lane()

    def _undisturbed(self) -> bool:
        return self._lane.idle and self.ref.uuid not in self.home.ending


class Inner(Hosted):
    """An object of a guest, looked up for each call in the thread that does it."""

    def __init__(self, owner: HostedDomain, where: Place, ref: Any) -> None:
        self.home = owner.home
        self.ref = ref
        self._lane = owner._lane
        self._where = where

    def handle(self) -> Handle:
        """Look the object up; raises libvirt's error where it is gone."""
        return handle_of(self.home.connection, self._where)


class HostedSnapshot(Inner, snapshot.Snapshot):
    """A guest's snapshot."""


class HostedCheckpoint(Inner, checkpoint.Checkpoint):
    """A guest's checkpoint."""


class HostedNetwork(Kept, network.Network):
    """A virtual network."""


class HostedPort(Kept, network.Port):
    """A guest's port on a network."""


class HostedPool(Kept, storage.Pool):
    """A storage pool."""


class HostedVolume(Kept, storage.Volume):
    """A storage volume."""


class HostedDevice(Kept, nodedev.Device):
    """A device of the host."""


class HostedFilter(Kept, nwfilter.Filter):
    """A network filter."""


class HostedBinding(Kept, nwfilter.Binding):
    """A filter bound to a guest's interface."""


class HostedSecret(Kept, secret.Secret):
    """A secret."""


class HostedInterface(Kept, interface.Iface):
    """A network interface of the host."""


class Root(Hosted):
    """A manager: its calls are the connection's."""

    def __init__(self, home: Home) -> None:
        self.home = home


class HypervisorManager(Root, hypervisor.Manager):
    """The hypervisor and all its guests."""


class NetworkManager(Root, network.Manager):
    """All virtual networks."""


class StorageManager(Root, storage.Manager):
    """All storage pools."""


class DeviceManager(Root, nodedev.Manager):
    """All devices of the host."""


class FilterManager(Root, nwfilter.Manager):
    """All network filters."""


class SecretManager(Root, secret.Manager):
    """All secrets."""


class InterfaceManager(Root, interface.Manager):
    """All network interfaces of the host."""


MANAGERS: tuple[type[Root], ...] = (
    HypervisorManager, NetworkManager, StorageManager, DeviceManager, FilterManager, SecretManager, InterfaceManager,
)  # fmt: skip
KEPT: dict[str, type[Kept]] = {
    cls.noun: cls
    for cls in (
        HostedDomain, HostedNetwork, HostedPort, HostedPool, HostedVolume, HostedDevice, HostedFilter, HostedBinding,
        HostedSecret, HostedInterface,
    )
}  # fmt: skip
INNER: dict[str, type[Inner]] = {cls.noun: cls for cls in (HostedSnapshot, HostedCheckpoint)}
