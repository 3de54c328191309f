# SPDX-License-Identifier: LGPL-2.1-or-later
"""All networks, as the API has them: list, look up, define, create."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from virtbus.bus.api import network as api
from virtbus.bus.errors import ConfigUnsupported, InvalidArg, NoNetwork, OperationFailed, OperationInvalid
from virtbus.bus.refs import NetworkRef
from virtbus.bus.types import Int32, UInt32, UuidStr
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.common.xml.values import to_uuid
from virtbus.drivers.network.check import fill_bridge, parse_network, validate
from virtbus.drivers.network.describe import describe
from virtbus.drivers.network.model import Mac, Network
from virtbus.drivers.network.naming import name_bridge
from virtbus.drivers.network.network import DEFINED, EVENT, VirtualNetwork

if TYPE_CHECKING:
    from virtbus.drivers.network.driver import NetworkDriver

PCI = "/sys/bus/pci/devices"
VALIDATE = 1
INACTIVE, ACTIVE, PERSISTENT, TRANSIENT, AUTOSTART, NO_AUTOSTART = (1 << bit for bit in range(6))
LIST_ALL = (1 << 6) - 1


class NetworkManager(api.Manager):
    """All virtual networks of this host."""

    def __init__(self, driver: NetworkDriver) -> None:
        self.driver = driver

    # Lists

    async def list_networks(self) -> list[str]:
        """Give the names of the active networks."""
        return [network.name for network in self.driver.networks if network.active]

    async def list_defined_networks(self) -> list[str]:
        """Give the names of the networks that are defined but not active."""
        return [network.name for network in self.driver.networks if not network.active and network.config]

    async def num_of_networks(self) -> Int32:
        """Count the active networks."""
        return len(await self.list_networks())

    async def num_of_defined_networks(self) -> Int32:
        """Count the networks that are defined but not active."""
        return len(await self.list_defined_networks())

    async def list_all_networks(self, flags: UInt32) -> list[NetworkRef]:
        """Give the networks."""
        check_flags(flags, LIST_ALL, "networkConnectListAllNetworks")
        return [network.ref for network in self.driver.networks if _chosen(network, flags)]

    # Look up

    async def network_lookup_by_name(self, name: str) -> NetworkRef:
        """Find the network that has this name."""
        network = self.driver.networks.by_name(name)
        if network is None:
            raise NoNetwork(f"no network with matching name '{name}'")
        return network.ref

    async def network_lookup_by_uuid(self, uuid: UuidStr) -> NetworkRef:
        """Find the network that has this UUID."""
        wanted = to_uuid(uuid)
        if wanted is None:
            raise InvalidArg(f"uuidstr in virNetworkLookupByUUIDString must be a valid UUID, not '{uuid}'")
        network = self.driver.networks.by_uuid(wanted.bytes)
        if network is None:
            raise NoNetwork(f"no network with matching uuid '{wanted}'")
        return network.ref

    # Define and create

    async def network_define_xml(self, xml: str) -> NetworkRef:
        """Store the network's persistent configuration from the XML and give its reference."""
        return await self._define(xml, schema=False)

    async def network_define_xml_flags(self, xml: str, flags: UInt32) -> NetworkRef:
        """Store the network's persistent configuration from the XML and give its reference."""
        check_flags(flags, VALIDATE, "networkDefineXMLFlags")
        return await self._define(xml, schema=bool(flags & VALIDATE))

    async def network_create_xml(self, xml: str) -> NetworkRef:
        """Start a network from the XML, transient unless it is defined already, and give its reference."""
        return await self._create(xml, schema=False)

    async def network_create_xml_flags(self, xml: str, flags: UInt32) -> NetworkRef:
        """Start a network from the XML, transient unless it is defined already, and give its reference."""
        check_flags(flags, VALIDATE, "networkCreateXMLFlags")
        return await self._create(xml, schema=bool(flags & VALIDATE))

    async def _define(self, xml: str, *, schema: bool) -> NetworkRef:
        model = parse_network(xml, schema=schema)
        async with self.driver.lock:
            await self.prepare(model)
            network = self._same(model)
            if network is not None:
                async with network.lock:
                    return await self._store(network, model)
            return await self._store(None, model)

    async def _store(self, network: VirtualNetwork | None, model: Network) -> NetworkRef:
        if network is not None and network not in self.driver.networks:
            network = None  # it went while its lock was waited for
        await self.driver.store.save(model.name, describe(model))
        if network is None:
            network = VirtualNetwork(self.driver, model)
            self.driver.add(network)
        else:
            new = network.config is None
            network.config = model
            if new:
                self.driver.bus.changed(network, "Persistent")
        self.driver.bus.emit(EVENT, network.ref, DEFINED, 0)
        return network.ref

    async def _create(self, xml: str, *, schema: bool) -> NetworkRef:
        model = parse_network(xml, schema=schema)
        async with self.driver.lock:
            await self.prepare(model)
            network = self._same(model)
            if network is not None and network.active:
                raise OperationInvalid(f"network is already active as '{network.name}'")
            if network is None:
                # Known from now on, so that no other takes its name or bridge; started apart from the driver's lock.
                network = VirtualNetwork(self.driver, None, model)
                self.driver.networks.add(network)
        async with network.lock:
            return await self._start(network, model)

    async def _start(self, network: VirtualNetwork, model: Network) -> NetworkRef:
        fresh = network.config is None
        if network.active or network not in self.driver.networks:
            raise OperationInvalid(f"network is already active as '{network.name}'")
        try:
            await network.start(model)
        except BaseException:
            if fresh:
                self.driver.networks.remove(network)
            raise
        if fresh:
            self.driver.bus.added(network)
        return network.ref

    async def prepare(self, model: Network) -> None:
        """Check a new document against the others and fill in what libvirt generates; the driver's lock is held."""
        if model.owns_bridge:
            await name_bridge(self.driver, model)
            fill_bridge(model)
            model.mac = model.mac or Mac(self.driver.new_mac())
        validate(model)
        await asyncio.to_thread(self._check_devices, model)

    def _check_devices(self, model: Network) -> None:
        """Refuse devices of a pool that cannot be handed out."""
        for address in model.forward.addresses if model.forward else []:
            domain, bus, slot, function = (
                int(part or "0", 16) for part in (address.domain, address.bus, address.slot, address.function)
            )
            path = f"{PCI}/{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"
            if not self.driver.host.files.exists(f"{path}/physfn"):
                words = "is not an SR-IOV Virtual Function"
                raise ConfigUnsupported(f"device '{path}' in network '{model.name}' {words}")

    def _same(self, model: Network) -> VirtualNetwork | None:
        """Give the network that a document is of; OperationFailed when name and UUID are of different ones."""
        network = self.driver.networks.by_uuid(model.uuid.bytes)
        if network is not None:
            if network.name != model.name:
                raise OperationFailed(f"network '{network.name}' is already defined with uuid {model.uuid}")
            return network
        network = self.driver.networks.by_name(model.name)
        if network is not None:
            known = network.model.uuid
            raise OperationFailed(f"network '{model.name}' already exists with uuid {known}")
        return None


def _chosen(network: VirtualNetwork, flags: int) -> bool:
    """Say whether a network is in each of the groups that flags name."""
    if not network.active and network.config is None:
        return False
    for yes, no, has in (
        (ACTIVE, INACTIVE, network.active),
        (PERSISTENT, TRANSIENT, network.config is not None),
        (AUTOSTART, NO_AUTOSTART, network.autostart),
    ):
        if flags & (yes | no) and not flags & (yes if has else no):
            return False
    return True
