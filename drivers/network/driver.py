# SPDX-License-Identifier: LGPL-2.1-or-later
"""The network driver: which networks there are, what is stored of them, and what runs already."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Protocol

from virtbus.bus.catalogue import Api
from virtbus.bus.errors import ErrorDomain, LibvirtError, NoNetwork, NoNetworkPort
from virtbus.drivers.common.registry import Registry
from virtbus.drivers.common.state import Document, Places, Store
from virtbus.drivers.common.xml.parse import Element, parse
from virtbus.drivers.network.bridge import new_mac
from virtbus.drivers.network.check import fill_bridge, parse_network, read_network
from virtbus.drivers.network.host import Host
from virtbus.drivers.network.journal import Journal
from virtbus.drivers.network.manager import NetworkManager
from virtbus.drivers.network.model import Network
from virtbus.drivers.network.network import VirtualNetwork
from virtbus.drivers.network.portstore import PortStore

log = logging.getLogger(__name__)

ETC, RUN = "/etc/libvirt/qemu/networks", "/run/libvirt/network"
NETWORKS = "/org/libvirt/network1/network/"
REMEMBERED = 1000


class Publisher(Protocol):
    """What the driver tells to the world."""

    def emit(self, event: Any, *args: Any) -> None:
        """Tell an event."""

    def changed(self, obj: Api, *properties: str) -> None:
        """Tell that properties changed."""

    def added(self, obj: Api) -> None:
        """Tell that an object came."""

    def removed(self, obj: Api) -> None:
        """Tell that an object went."""


class NetworkDriver:
    """The networks of this host."""

    def __init__(self, *, host: Host | None = None, etc: str = ETC, run: str = RUN) -> None:
        self.origin: ErrorDomain = ErrorDomain.NETWORK
        self.host = host or Host()
        self.store = Store(self.host.files, Places(etc, f"{etc}/autostart", run), "virsh net-edit")
        self.portstore = PortStore(self.host.files, run)
        self.journal = Journal(self.host.files, run)
        self.networks: Registry[VirtualNetwork] = Registry()
        self.lock = asyncio.Lock()
        """Held while it is decided which names, UUIDs and bridges are whose."""
        self.manager: Api = NetworkManager(self)
        self.bus: Publisher
        self._run = run
        self._gone: OrderedDict[bytes, str] = OrderedDict()

    # Objects

    def find(self, path: str) -> Api | None:
        """Give the object at a path."""
        network, _, port = path.removeprefix(NETWORKS).partition("/port/")
        try:
            found = self.networks.by_uuid(bytes.fromhex(network)) if path.startswith(NETWORKS) else None
            if not port or found is None:
                return found
            return found.ports.get(uuid.UUID(hex=port))
        except ValueError:
            return None

    def objects(self) -> Iterator[Api]:
        """Give every network and port."""
        for network in self.networks:
            yield network
            yield from list(network.ports.values())

    def missing(self, path: str) -> LibvirtError:
        """Give the error for a path at which nothing is."""
        network, _, port = path.removeprefix(NETWORKS).partition("/port/")
        try:
            named = uuid.UUID(hex=network)
            if port and self.networks.by_uuid(named.bytes) is not None:
                return NoNetworkPort(f"Network port with UUID {uuid.UUID(hex=port)} does not exist")
        except ValueError:
            return NoNetwork(f"no network at '{path}'")
        return self.no_uuid(named)

    def no_uuid(self, named: uuid.UUID) -> NoNetwork:
        """Give the error for a network that is not there, with the name it had."""
        name = self._gone.get(named.bytes)
        return NoNetwork(f"no network with matching uuid '{named}'" + (f" ({name})" if name else ""))

    def add(self, network: VirtualNetwork) -> None:
        """Take a new network in."""
        self.networks.add(network)
        self.bus.added(network)

    def forget(self, network: VirtualNetwork) -> None:
        """Let a network go."""
        self.networks.remove(network)
        self._gone[network.uuid] = network.name
        if len(self._gone) > REMEMBERED:
            self._gone.popitem(last=False)
        self.bus.removed(network)

    def new_mac(self) -> str:
        """Give a MAC address that no bridge has."""
        used = {network.model.mac.address for network in self.networks if network.model.mac}
        while (mac := new_mac()) in used:
            pass
        return mac

    # Start and stop

    async def start(self, bus: Publisher) -> None:
        """Load what is stored, find again what runs, and start what starts with the host."""
        self.bus = bus
        for document in await asyncio.to_thread(self.store.load):
            self._load(document)
        await self._clean_up()
        for document in await asyncio.to_thread(self.store.load_status):
            await self._resume(document)
        try:
            await self.host.set_rules([network.live for network in self.networks if network.live])
        except LibvirtError as error:
            log.error("the rules of the running networks cannot be set: %s", error)
        self.host.watch()
        if await self._first_start():
            await self._autostart()

    async def stop(self) -> None:
        """Stop watching; networks go on without the daemon."""
        self.host.close()

    def _load(self, document: Document) -> None:
        try:
            model = parse_network(document.text, stored=True)
            fill_bridge(model)
            if model.name != document.name:
                raise ValueError(f"the file of '{document.name}' describes '{model.name}'")
            network = VirtualNetwork(self, model)
            network.autostart = self.store.autostarts(model.name)
            self.networks.add(network)
        except (LibvirtError, ValueError) as error:
            log.warning("network '%s' cannot be loaded: %s", document.name, error)

    async def _clean_up(self) -> None:
        """Take away what a daemon was starting or stopping when it was killed."""
        for text in await asyncio.to_thread(self.journal.pending):
            try:
                model = _running(text)
                await self.host.down(model)
                await self.store.delete_status(model.name)
                await self.journal.end(model)
            except LibvirtError as error:
                log.warning("a network that was half up cannot be taken down: %s", error)

    async def _resume(self, document: Document) -> None:
        """Find a running network again."""
        try:
            live = _running(document.text)
            network = self.networks.by_uuid(live.uuid.bytes) or VirtualNetwork(self, None, live)
            if not await self.host.exists(live):
                await self.store.delete_status(live.name)
                self.host.forget(live)
                return
            network.live = live
            if network not in self.networks:
                self.networks.add(network)
            await asyncio.to_thread(self.portstore.load, network)
            if live.owns_bridge and self.host.dnsmasq_pid(live) is None:
                await self.host.start_dnsmasq(live)
        except (LibvirtError, ValueError) as error:
            log.warning("the state of network '%s' cannot be taken up: %s", document.name, error)

    async def _first_start(self) -> bool:
        """Say whether this is the first start since the host booted."""
        path = f"{self._run}/autostarted"

        def look() -> bool:
            if self.host.files.exists(path):
                return False
            self.host.files.make_folder(self._run, 0o755)
            self.host.files.write(path, "")
            return True

        return await asyncio.to_thread(look)

    async def _autostart(self) -> None:
        for network in self.networks:
            if network.autostart and not network.active:
                try:
                    await network.create()
                except LibvirtError as error:
                    log.error("network '%s' cannot be started: %s", network.name, error)


def _running(text: str) -> Network:
    """Give the network of a state document, which may be an old one without a frame."""
    tree: Element | None = parse(text, "network_status")
    if tree is not None and tree.tag == "networkstatus":
        tree = tree.find("network")
    if tree is None:
        raise ValueError("there is no network in it")
    model = read_network(tree)
    fill_bridge(model)
    return model
