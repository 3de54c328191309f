# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon's driver: one of libvirt's, opened in this process, and the objects that it has."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import libvirt
import libvirtmod

from virtbus.bus.catalogue import Api
from virtbus.bus.errors import ErrorDomain, LibvirtError
from virtbus.bus.refs import DomainRef
from virtbus.drivers.hypervisor import embed, errors, hosting, lookups, objects, quick
from virtbus.drivers.hypervisor.ctypes_calls import native
from virtbus.drivers.hypervisor.eventloop import event_loop
from virtbus.drivers.hypervisor.events import Events, MonitorEvents
from virtbus.drivers.hypervisor.handles import Handle, families, readers
from virtbus.drivers.hypervisor.known import KINDS, Known
from virtbus.drivers.hypervisor.lookups import Place, handle_of, place
from virtbus.drivers.hypervisor.threads import Threads

log = logging.getLogger("virtbus.hypervisor")

EMBEDDED = "/embed"
CLOSING_SECONDS = 2.0
CONSTANT = ("ConnectGetType", "ConnectGetLibVersion", "ConnectGetURI")
"""Calls whose answer never changes."""

LISTS: dict[str, Callable[[Any, int], list[Any] | None]] = {
    "Domain": libvirtmod.virConnectListAllDomains,
    "Network": libvirtmod.virConnectListAllNetworks,
    "StoragePool": libvirtmod.virConnectListAllStoragePools,
    "NodeDevice": libvirtmod.virConnectListAllNodeDevices,
    "NWFilter": libvirtmod.virConnectListAllNWFilters,
    "NWFilterBinding": libvirtmod.virConnectListAllNWFilterBindings,
    "Secret": libvirtmod.virConnectListAllSecrets,
    "Interface": libvirtmod.virConnectListAllInterfaces,
}
"""How all objects of a kind are listed."""

WITHIN: dict[str, tuple[tuple[str, Callable[[Any, int], list[Any] | None]], ...]] = {
    "Domain": (
        ("DomainSnapshot", libvirtmod.virDomainListAllSnapshots),
        ("DomainCheckpoint", libvirtmod.virDomainListAllCheckpoints),
    ),
    "Network": (("NetworkPort", libvirtmod.virNetworkListAllPorts),),
    "StoragePool": (("StorageVol", libvirtmod.virStoragePoolListAllVolumes),),
}
"""How all objects of another object are listed."""


class Publisher(Protocol):
    """Where events go."""

    def emit_threadsafe(self, event: Callable[..., Any], *args: Any) -> None:
        """Tell an event from any thread."""

    def added(self, obj: Api) -> None:
        """Tell that an object came."""

    def removed(self, obj: Api) -> None:
        """Tell that an object went."""

    def changed(self, obj: Api, *properties: str) -> None:
        """Tell that properties changed."""


class HypervisorDriver:
    """libvirt's driver of a URI and all its objects."""

    def __init__(self, uri: str = "qemu:///embed", root: Path = embed.RUN / "embed") -> None:
        """Open nothing yet; `root` is the embedded driver's, where the URI asks for that."""
        scheme, _, path = uri.partition("://")
        self._scheme, self._embedded = scheme, path == EMBEDDED
        self.open_uri = embed.uri_of(scheme, root) if self._embedded else uri
        self._root = root
        self._everything = scheme == "test"
        self.uri = f"{scheme}:///system" if self._embedded else uri
        self.origin = ErrorDomain.TEST if scheme == "test" else ErrorDomain.QEMU
        self.threads = Threads()
        self.constants: dict[str, Any] = {}
        self.ending: set[bytes] = set()
        self.known = Known(self)
        self._stopping = False
        managers = objects.MANAGERS if self._everything else objects.MANAGERS[:1]
        self._managers = {f"/org/libvirt/{cls.daemon}1": cls(self) for cls in managers}
        self._root_object = self._managers["/org/libvirt/hypervisor1"]
        self.manager: Api = self._root_object

    # -- the driver's life

    async def start(self, bus: Publisher) -> None:
        """Open the connection: guests that run are found again, those that start by themselves are started."""
        self._bus = bus
        self._loop = asyncio.get_running_loop()
        await self._loop.run_in_executor(None, self.open)
        at = self.connection_address
        self.monitor_events = MonitorEvents(at, bus.emit_threadsafe)
        self._events = Events(self.library_connection, at, self._told)
        self._events.register(others=self._everything)
        self._learn()

    def open(self) -> None:
        """Open the connection; blocks. Raises libvirt's error."""
        event_loop()
        native()
        if self._embedded and hosting.possible():
            hosting.begin(self._scheme)
            self.threads.begin_with(hosting.act_as_system)
            self.open_uri = self.uri
        elif self._embedded:
            embed.make_root(self._root)
        try:
            self.library_connection = libvirt.open(self.open_uri)
        except libvirt.libvirtError as err:
            raise errors.failed("virConnectOpen") from err
        self.connection = self.library_connection._o
        self.connection_address: int = readers().pointer(self.connection, b"virConnectPtr")

    def _learn(self) -> None:
        for noun in KINDS if self._everything else ("Domain",):
            for handle in self._listed(noun):
                self.met(handle, handle.ref())
        for entry in self.manager.calls.values():
            if entry.name in CONSTANT:
                self.constants[entry.name] = self._root_object.invoke(entry, ())

    async def stop(self) -> None:
        """Let go of libvirt; guests go on."""
        self._events.deregister()
        self._stopping = True
        await self._loop.run_in_executor(None, self._close)

    def _close(self) -> None:
        if not self.threads.close(CLOSING_SECONDS):
            log.warning("calls on guests that do not answer are left behind")
            return
        self.known.forget()
        self.library_connection.close()

    # -- objects

    def find(self, path: str) -> Api | None:
        """Give the object at a path; None where there is none."""
        known = self._managers.get(path) or self.known.get(path)
        if known is not None:
            return known
        where = place(path)
        if where is None or not self._serves(where.noun):
            return None
        if where.noun in objects.INNER:
            return self._inner(where)
        try:
            handle = handle_of(self.connection, where)
        except LibvirtError:
            return None
        return self._object(handle)

    def objects(self) -> Iterator[Api]:
        """Give every object that there is now, managers first."""
        yield from self._managers.values()
        for noun in LISTS if self._everything else ("Domain",):
            for handle in self._listed(noun):
                yield self._object(handle)
                for inner, listed in WITHIN.get(noun, ()):
                    for raw in listed(handle.raw, 0) or ():
                        found = self.find(Handle(families()[inner], raw).ref().path())
                        if found is not None:
                            yield found

    def missing(self, path: str) -> LibvirtError:
        """Give the error for a path that names nothing."""
        return lookups.missing(path)

    def handle(self, ref: Any) -> Handle:
        """Give the handle of an object that a reference names; raises libvirt's error where there is none."""
        known = self.known.get(ref.path())
        if known is not None:
            return known.handle()
        where = place(ref.path())
        if where is None:
            raise self.missing(ref.path())
        return handle_of(self.connection, where)

    def met(self, handle: Handle, ref: Any) -> None:
        """Remember an object that a call gave."""
        if handle.family.noun in KINDS:
            self.known.meet(handle, ref)

    def knows(self, ref: DomainRef) -> bool:
        """Say whether a guest is remembered just so."""
        return self.known.is_guest(ref)

    def _object(self, handle: Handle) -> Api:
        noun, ref = handle.family.noun, handle.ref()
        return self.known.meet(handle, ref) if noun in KINDS else objects.KEPT[noun](self, handle, ref)

    def _inner(self, where: Place) -> Api | None:
        owner = self.find(DomainRef("", where.keys[0], -1).path())
        cls = objects.INNER[where.noun]
        if not isinstance(owner, objects.HostedDomain) or cls.ref_class is None:
            return None
        return cls(owner, where, cls.ref_class(where.keys[1], owner.ref))

    def _serves(self, noun: str) -> bool:
        return self._everything or noun == "Domain" or noun in objects.INNER

    def _listed(self, noun: str) -> list[Handle]:
        return [Handle(families()[noun], raw) for raw in LISTS[noun](self.connection, 0) or ()]

    # -- what libvirt tells

    def _told(self, event: Callable[..., Any], ref: Any, *args: Any) -> None:
        self._bus.emit_threadsafe(event, ref, *args)
        if isinstance(ref, DomainRef) and event.__name__ == quick.LIFECYCLE:
            quick.note(self.ending, ref.uuid, args[0])
        if event.__name__.endswith("_event_lifecycle") and not self._stopping:
            self.threads.urgent.put(lambda: self._look_again(ref))

    def _look_again(self, ref: Any) -> None:
        path = ref.path()
        was_there = self.known.is_alive(path)
        where = place(path)
        if where is None:
            return
        try:
            obj = self._object(handle_of(self.connection, where))
        except LibvirtError:
            gone = self.known.leave(path)
            if gone is not None:
                self._loop.call_soon_threadsafe(self._bus.removed, gone)
            return
        if was_there:
            changing = [name for name, prop in type(obj).properties.items() if prop.changes]
            self._loop.call_soon_threadsafe(self._bus.changed, obj, *changing)
        else:
            self._loop.call_soon_threadsafe(self._bus.added, obj)
