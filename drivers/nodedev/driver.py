# SPDX-License-Identifier: LGPL-2.1-or-later
"""The device driver: which devices there are, kept up as they come and go."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from virtbus.bus.api import nodedev as api
from virtbus.bus.catalogue import Api
from virtbus.bus.errors import ErrorDomain, LibvirtError, NoNodeDevice
from virtbus.bus.refs import unescape
from virtbus.drivers.common.engine.sysfs import Sysfs
from virtbus.drivers.common.engine.uevents import Uevent, Uevents
from virtbus.drivers.nodedev.device import HostDevice
from virtbus.drivers.nodedev.manager import NodeDeviceManager
from virtbus.drivers.nodedev.model import DeviceModel
from virtbus.drivers.nodedev.probe import ROOT, Prober

log = logging.getLogger(__name__)

DEVICES = "/org/libvirt/nodedev1/device/"
CREATED, DELETED = 0, 1


class Publisher(Protocol):
    """What the driver tells to the world."""

    def emit(self, event: Any, *args: Any) -> None:
        """Tell an event."""

    def added(self, obj: Api) -> None:
        """Tell that an object came."""

    def removed(self, obj: Api) -> None:
        """Tell that an object went."""


class NodeDeviceDriver:
    """The devices of this host."""

    def __init__(self, *, prober: Prober | None = None, listen: bool = True) -> None:
        self.origin: ErrorDomain = ErrorDomain.NODEDEV
        self.prober = prober or Prober(Sysfs())
        self.manager: Api = NodeDeviceManager(self)
        self.bus: Publisher
        self._by_name: dict[str, HostDevice] = {}
        self._by_path: dict[str, HostDevice] = {}
        self._uevents = Uevents(self.changed, self.look_again) if listen else None

    # Objects

    def find(self, path: str) -> Api | None:
        """Give the object at a path."""
        try:
            return self.by_name(unescape(path.removeprefix(DEVICES))) if path.startswith(DEVICES) else None
        except ValueError:
            return None

    def objects(self) -> Iterator[Api]:
        """Give every device."""
        return iter(self.devices())

    def missing(self, path: str) -> LibvirtError:
        """Give the error for a path at which nothing is."""
        try:
            return NoNodeDevice(f"no node device with matching name '{unescape(path.removeprefix(DEVICES))}'")
        except ValueError:
            return NoNodeDevice(f"no node device at '{path}'")

    def by_name(self, name: str) -> HostDevice | None:
        """Give the device of a name."""
        return self._by_name.get(name)

    def devices(self) -> list[HostDevice]:
        """Give all devices."""
        return list(self._by_name.values())

    # Start, stop, changes

    async def start(self, bus: Any) -> None:
        """Look at all devices, and listen for changes from before that look on."""
        self.bus = bus
        if self._uevents is not None:
            self._uevents.start()
        for model in await asyncio.to_thread(self._look):
            if model.name not in self._by_name:
                self._keep(model)

    async def stop(self) -> None:
        """Listen no more."""
        if self._uevents is not None:
            self._uevents.stop()

    def _look(self) -> list[DeviceModel]:
        known: dict[str, str] = {}
        models = [self.prober.computer()]
        for path in self.prober.sysfs.devices():
            model = self.prober.device(path, lambda p: _above(p, known.get))
            if model is not None:
                known[path] = model.name
                models.append(model)
        return models

    def changed(self, event: Uevent) -> None:
        """Follow a change that the kernel told."""
        if event.action == "remove":
            self._forget(event.path)
        elif event.action == "move" and "DEVPATH_OLD" in event.properties:
            self._forget(f"/sys{event.properties['DEVPATH_OLD']}")
            self._probe(event.path)
        else:
            self._probe(event.path)

    def look_again(self) -> None:
        """Compare with all devices there are, since changes were missed."""
        models = {model.path: model for model in self._look() if model.path}
        for path in [path for path in self._by_path if path not in models]:
            self._forget(path)
        for path in models:
            self._probe(path)

    def refresh(self, device: HostDevice) -> None:
        """Bring a device's description up to date: a link's state changes without anybody being told."""
        if device.model.path is None:
            return
        with contextlib.suppress(OSError):
            model = self.prober.device(device.model.path, self._parent)
            if model is not None and model.name == device.model.name:
                device.model = model

    def _probe(self, path: str) -> None:
        model = self.prober.device(path, self._parent)
        known = self._by_path.get(path)
        if known is not None and (model is None or model.name != known.model.name):
            self._forget(path)
        if model is None:
            return
        if known is None or known.model.name != model.name:
            if model.name in self._by_name:
                log.warning("two devices are called %s", model.name)
                return
            made = self._keep(model)
            self.bus.added(made)
            self.bus.emit(api.Manager.node_device_event_lifecycle, made.ref, CREATED, 0)
        elif known.model != model:
            known.model = model
            self.bus.emit(api.Manager.node_device_event_update, known.ref)

    def _keep(self, model: DeviceModel) -> HostDevice:
        made = HostDevice(self, model)
        self._by_name[model.name] = made
        if model.path is not None:
            self._by_path[model.path] = made
        return made

    def _forget(self, path: str) -> None:
        known = self._by_path.pop(path, None)
        if known is not None:
            del self._by_name[known.model.name]
            self.bus.removed(known)
            self.bus.emit(api.Manager.node_device_event_lifecycle, known.ref, DELETED, 0)

    def _parent(self, path: str) -> str:
        return _above(path, self._name_at)

    def _name_at(self, path: str) -> str | None:
        known = self._by_path.get(path)
        return None if known is None else known.model.name


def _above(path: str, name_at: Callable[[str], str | None]) -> str:
    """Give the name of the nearest device above a path."""
    while path.count("/") > 2:
        path = path.rpartition("/")[0]
        name = name_at(path)
        if name is not None:
            return name
    return ROOT
