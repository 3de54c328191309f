# SPDX-License-Identifier: LGPL-2.1-or-later
"""One virtual network, as the API has it: what is stored of it, and what runs."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from virtbus.bus.api import network as api
from virtbus.bus.errors import InternalError, InvalidArg, NetworkPortExist, OperationInvalid
from virtbus.bus.refs import NetworkRef, PortRef
from virtbus.bus.types import Flag, Int32, UInt32, UuidStr
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.common.transaction import Transaction
from virtbus.drivers.common.xml.values import to_uuid
from virtbus.drivers.network import dnsmasq, update
from virtbus.drivers.network.allocate import allocate, reclaim
from virtbus.drivers.network.describe import describe, running_form, status
from virtbus.drivers.network.leases import leases, normal_mac
from virtbus.drivers.network.metadata import get, set_metadata, targets
from virtbus.drivers.network.model import Network
from virtbus.drivers.network.port import Port, no_port
from virtbus.drivers.network.port_model import parse_port

if TYPE_CHECKING:
    from virtbus.drivers.network.driver import NetworkDriver

INACTIVE_XML = 1
RECLAIM, VALIDATE_PORT = 1, 2
DEFINED, UNDEFINED, STARTED, STOPPED = range(4)
EVENT = api.Manager.network_event_lifecycle


class VirtualNetwork(api.Network):
    """A network of this host. `config` is stored, `live` is what runs.

    A transient one that is being started, or is gone, has neither: then `seed` still says what it is.
    """

    def __init__(self, driver: NetworkDriver, config: Network | None, seed: Network | None = None) -> None:
        self.driver = driver
        self.config = config
        self.live: Network | None = None
        self.seed = seed
        self.autostart = False
        self.ports: dict[uuid.UUID, Port] = {}
        self.lock = asyncio.Lock()
        """Held while the network is started, stopped or changed."""

    @property
    def model(self) -> Network:
        """Give what counts now: what runs, else what is stored."""
        model = self.live or self.config or self.seed
        if model is None:
            raise InternalError("a network without a document")
        return model

    @property
    def name(self) -> str:
        """Give the name."""
        return self.model.name

    @property
    def uuid(self) -> bytes:
        """Give the UUID's bytes."""
        return self.model.uuid.bytes

    @property
    def ref(self) -> NetworkRef:
        """Give the reference."""
        return NetworkRef(self.name, self.uuid)

    @property
    def active(self) -> bool:
        """Whether the network runs."""
        return self.live is not None

    def bridges(self) -> set[str]:
        """Give the names of bridges that it has or will have."""
        return {model.bridge_name for model in (self.live, self.config) if model and model.bridge_name}

    def check_active(self) -> Network:
        """Give what runs; OperationInvalid when nothing does."""
        if self.live is None:
            raise OperationInvalid(f"network '{self.name}' is not active")
        return self.live

    # State

    async def is_active(self) -> Flag:
        """Say whether the network is active."""
        return self.active

    async def is_persistent(self) -> Flag:
        """Say whether the network has a stored configuration."""
        return self.config is not None

    async def get_autostart(self) -> Flag:
        """Say whether the network starts along with its daemon."""
        return self.autostart

    async def set_autostart(self, autostart: Flag) -> None:
        """Choose whether the network starts along with its daemon."""
        async with self.lock:
            self.check_known()
            if self.config is None:
                raise OperationInvalid("cannot set autostart for transient network")
            if self.autostart != bool(autostart):
                await self.driver.store.set_autostart(self.name, bool(autostart))
                self.autostart = bool(autostart)
                self.driver.bus.changed(self, "Autostart")

    async def get_bridge_name(self) -> str:
        """Give the name of the bridge device that the network uses."""
        name = self.model.bridge_name
        if not name:
            raise InternalError(f"network '{self.name}' does not have a bridge name.")
        return name

    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the network as XML."""
        check_flags(flags, INACTIVE_XML, "networkGetXMLDesc")
        if flags & INACTIVE_XML or self.live is None:
            return describe(self.config or self.model)
        return describe(self.live, len(self.ports), self.uses())

    async def get_dhcp_leases(self, mac: str | None, flags: UInt32) -> list[api.DHCPLease]:
        """Give the network's DHCP leases, all or those of one MAC address."""
        check_flags(flags, 0, "networkGetDHCPLeases")
        wanted = normal_mac(mac) if mac is not None else None
        model = self.model
        if not model.bridge_name:
            return []
        text = await asyncio.to_thread(self.driver.host.files.read, dnsmasq.status_path(model.bridge_name))
        return leases(model, text, wanted, time.time())

    # Life

    def check_known(self) -> None:
        """Refuse what comes after the network went away."""
        if self not in self.driver.networks:
            raise self.driver.no_uuid(self.model.uuid)

    async def create(self) -> None:
        """Start the defined network."""
        async with self.lock:
            self.check_known()
            if self.config is None or self.active:
                raise OperationInvalid("network is already active")
            await self.start(self.config)

    async def start(self, model: Network) -> None:
        """Bring the network up with a document and tell so; the caller holds the lock."""
        live = running_form(model)
        host, journal = self.driver.host, self.driver.journal
        await host.check(live)
        await journal.begin(live)
        try:
            async with Transaction() as transaction:
                await transaction.step(host.up(live), partial(host.down, live))
                await self.driver.store.save_status(live.name, status(live))
        finally:
            await journal.end(live)
        self.live = live
        self.driver.bus.emit(EVENT, self.ref, STARTED, 0)
        self.driver.bus.changed(self, "Active")

    async def destroy(self) -> None:
        """Stop the network, taking down its bridge and services."""
        async with self.lock:
            self.check_known()
            live = self.check_active()
            await self.driver.journal.begin(live)
            for port in list(self.ports.values()):
                await self.drop_port(port)
            try:
                await self.driver.host.down(live)
            finally:
                await self.driver.store.delete_status(live.name)
                await self.driver.journal.end(live)
            self.stopped(live)

    def stopped(self, live: Network) -> None:
        """Note that the network no longer runs and tell so; a transient one is gone."""
        ref = self.ref
        if self.config is None:
            self.driver.host.forget(live)
            self.driver.forget(self)
        self.live, self.seed = None, live
        self.driver.bus.emit(EVENT, ref, STOPPED, 0)
        if self.config is not None:
            self.driver.bus.changed(self, "Active")

    async def undefine(self) -> None:
        """Remove the network's stored configuration."""
        async with self.lock:
            self.check_known()
            if self.config is None:
                raise OperationInvalid("can't undefine transient network")
            await self.driver.store.delete(self.name)
            ref, config, self.autostart = self.ref, self.config, False
            if self.active:
                self.config = None
            else:
                self.driver.host.forget(config)
                self.driver.forget(self)
            self.driver.bus.emit(EVENT, ref, UNDEFINED, 0)
            if self.active:
                self.driver.bus.changed(self, "Persistent", "Autostart")

    async def update(self, command: UInt32, section: UInt32, parent_index: Int32, xml: str, flags: UInt32) -> None:
        """Change one part of the network by the XML, live, stored or both."""
        async with self.lock:
            self.check_known()
            await update.update(self, update.Change(command, section, parent_index, xml), flags)

    async def set_metadata(
        self, type: Int32, metadata: str | None, key: str | None, uri: str | None, flags: UInt32
    ) -> None:
        """Change the network's title, description or an application's own XML."""
        async with self.lock:
            self.check_known()
            await set_metadata(self, type, metadata, key, uri, flags)
        self.driver.bus.emit(api.Manager.network_event_metadata_change, self.ref, type, uri)

    async def get_metadata(self, type: Int32, uri: str | None, flags: UInt32) -> str:
        """Give the network's title, description or the XML stored under a namespace."""
        live, _ = targets(self, flags, "networkGetMetadata")
        return get((self.live if live else self.config) or self.model, type, uri)

    # Ports

    def uses(self) -> dict[str, int]:
        """Count the ports on each device of the pool."""
        return Counter(p.model.plug.dev for p in self.ports.values() if p.model.plug and p.model.plug.dev)

    async def list_all_ports(self, flags: UInt32) -> list[PortRef]:
        """Give the network's ports."""
        check_flags(flags, 0, "networkListAllPorts")
        self.check_active()
        return [port.ref for port in self.ports.values()]

    async def port_lookup_by_uuid(self, uuid: UuidStr) -> PortRef:
        """Find the network's port that has this UUID."""
        wanted = to_uuid(uuid)
        if wanted is None:
            raise InvalidArg(f"uuidstr in virNetworkPortLookupByUUIDString must be a valid UUID, not '{uuid}'")
        self.check_active()
        port = self.ports.get(wanted)
        if port is None:
            raise no_port(wanted)
        return port.ref

    async def port_create_xml(self, xml: str, flags: UInt32) -> PortRef:
        """Make a port on the active network from the XML and give its reference."""
        check_flags(flags, RECLAIM | VALIDATE_PORT, "networkPortCreateXML")
        async with self.lock:
            self.check_known()
            live = self.check_active()
            model = parse_port(xml, schema=bool(flags & VALIDATE_PORT))
            port = Port(self, model)
            if port.uuid in self.ports:
                raise NetworkPortExist(f"Network port with UUID {port.uuid} already exists")
            if flags & RECLAIM:
                reclaim(live, model)
            else:
                allocate(live, model, self.uses())
            self.ports[port.uuid] = port
            try:
                await self.save_port(port)
            except BaseException:
                del self.ports[port.uuid]
                raise
        self.driver.bus.added(port)
        return port.ref

    async def save_port(self, port: Port) -> None:
        """Keep a port's document."""
        await self.driver.portstore.save(self, port)

    async def remove_port(self, port: Port) -> None:
        """Delete a port."""
        async with self.lock:
            if port.uuid not in self.ports:
                raise no_port(port.uuid)
            await self.drop_port(port)

    async def drop_port(self, port: Port) -> None:
        """Forget a port; the caller holds the lock."""
        del self.ports[port.uuid]
        await self.driver.portstore.delete(self, port)
        self.driver.bus.removed(port)
