# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small driver and a permissive judge, for tests of the service around them."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable
from typing import Any

from virtbus.bus.api import network as api
from virtbus.bus.caller import Caller
from virtbus.bus.catalogue import Api, Call, Event
from virtbus.bus.errors import AccessDenied, ErrorDomain, LibvirtError, NoNetwork
from virtbus.bus.link import Link
from virtbus.bus.refs import NetworkRef
from virtbus.bus.service import Service
from virtbus.bus.signals import Signals

ROOT = "/org/libvirt/network1"
MANAGER = "org.libvirt.network1.Manager"
NETWORK = "org.libvirt.network1.Network"
CALLER = Caller(uid=0, transport="unix")


class Network(api.Network):
    """A network that only has a name."""

    def __init__(self, ref: NetworkRef) -> None:
        self.ref = ref
        self.autostart = False

    async def get_xml_desc(self, flags: int) -> str:
        return f"<network><name>{self.ref.name}</name></network>"

    async def get_autostart(self) -> bool:
        return self.autostart

    async def set_autostart(self, autostart: bool) -> None:
        self.autostart = autostart


class Manager(api.Manager):
    """Lists, finds and fails."""

    def __init__(self, driver: ToyDriver) -> None:
        self.driver = driver

    async def list_all_networks(self, flags: int) -> list[NetworkRef]:
        return [n.ref for n in self.driver.networks.values()]

    async def network_lookup_by_name(self, name: str) -> NetworkRef:
        for network in self.driver.networks.values():
            if network.ref.name == name:
                return network.ref
        raise NoNetwork(f"no network with matching name '{name}'")

    async def network_define_xml(self, xml: str) -> NetworkRef:
        ref = next(iter(self.driver.networks.values())).ref
        self.driver.bus.emit(api.Manager.network_event_lifecycle, ref, 0, 0)
        return ref

    async def num_of_networks(self) -> int:
        raise KeyError("a secret path: /etc/shadow")


class ToyDriver:
    """Three networks."""

    origin = ErrorDomain.NETWORK

    def __init__(self) -> None:
        self.manager = Manager(self)
        refs = [NetworkRef(f"n{i}", bytes([i]) * 16) for i in range(3)]
        self.networks = {r.path(): Network(r) for r in refs}
        self.bus: Signals

    def find(self, path: str) -> Api | None:
        return self.networks.get(path)

    def objects(self) -> Iterable[Api]:
        return [self.manager, *self.networks.values()]

    def missing(self, path: str) -> LibvirtError:
        return NoNetwork(f"no network with matching uuid '{path.rpartition('/')[2]}'")

    async def start(self, bus: Signals) -> None:
        self.bus = bus

    async def stop(self) -> None:
        return


class Judge:
    """Allows everything, but for callers that are held to reading, who get nothing."""

    def allowed_at_once(self, caller: Caller, entry: Call, args: tuple[Any, ...], obj: Api | None = None) -> bool:
        if caller.read_only and entry.denied_to_readers(args):
            raise AccessDenied("read only")
        return True

    async def check(
        self, caller: Caller, entry: Call, args: tuple[Any, ...], obj: Api, *, interactive: bool = False
    ) -> None:
        return

    async def filter(
        self,
        caller: Caller,
        entry: Call,
        value: Any,
        find: Callable[[str], Api | None],
        obj: Api | None = None,
        args: tuple[Any, ...] = (),
    ) -> Any:
        return value

    def may_assert(self, caller: Caller) -> bool:
        return caller.uid == 0

    def sees_all(self, caller: Caller) -> bool:
        return True

    async def may_see(self, caller: Caller, event: Event | None, ref: Any) -> bool:
        return True


async def served(caller: Caller = CALLER, driver: Any = None) -> tuple[Link, Service]:
    """Give a link to a running service of the toy driver."""
    driver = driver or ToyDriver()
    judge = Judge()
    signals = Signals(judge, lambda: [driver.manager])
    service = Service(driver, judge, signals)
    await driver.start(signals)
    service.open()
    near, far = socket.socketpair()
    theirs = Link(far)
    service.serve(theirs, caller)
    theirs.start()
    link = Link(near)
    link.start()
    return link, service


def open_descriptors() -> int:
    """Count this process's descriptors."""
    return len(os.listdir("/proc/self/fd"))
