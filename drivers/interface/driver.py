# SPDX-License-Identifier: LGPL-2.1-or-later
"""The interface driver: an object for each link, made when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from virtbus.bus.catalogue import Api
from virtbus.bus.errors import ErrorDomain, LibvirtError, NoInterface
from virtbus.bus.refs import unescape
from virtbus.drivers.common.engine.sysfs import Sysfs
from virtbus.drivers.interface.interface import HostInterface
from virtbus.drivers.interface.look import Links
from virtbus.drivers.interface.manager import InterfaceManager

INTERFACES = "/org/libvirt/interface1/interface/"


class InterfaceDriver:
    """The interfaces of this host."""

    def __init__(self, *, sysfs: Sysfs | None = None) -> None:
        self.origin: ErrorDomain = ErrorDomain.INTERFACE
        self.links = Links(sysfs or Sysfs())
        self.manager: Api = InterfaceManager(self)

    def find(self, path: str) -> Api | None:
        """Give the object at a path."""
        try:
            name = unescape(path.removeprefix(INTERFACES)) if path.startswith(INTERFACES) else ""
        except ValueError:
            return None
        return HostInterface(self, name) if self.links.exists(name) else None

    def objects(self) -> Iterator[Api]:
        """Give every interface."""
        return (HostInterface(self, name) for name in self.links.names())

    def missing(self, path: str) -> LibvirtError:
        """Give the error for a path at which nothing is."""
        try:
            return NoInterface(f"couldn't find interface named '{unescape(path.removeprefix(INTERFACES))}'")
        except ValueError:
            return NoInterface(f"couldn't find interface at '{path}'")

    async def start(self, bus: Any) -> None:
        """Keep nothing: sysfs is asked each time."""

    async def stop(self) -> None:
        """Let go of nothing."""
