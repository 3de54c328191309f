# SPDX-License-Identifier: LGPL-2.1-or-later
"""Virtual networks and the ports that guests have on them."""

from __future__ import annotations

from typing import Annotated, ClassVar, NamedTuple

from virtbus.bus.api.connection import Connection
from virtbus.bus.catalogue import Api, Form, Perm, Prop, call, event
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import NetworkRef, PortRef
from virtbus.bus.types import Flag, Int32, Int64, Max, ParamDict, Parameters, UInt32, UuidStr


class DHCPLease(NamedTuple):
    """Hold a DHCP lease; `expirytime` in seconds since 1970, `type` a virIPAddrType."""

    iface: str
    expirytime: Int64
    type: Int32
    mac: str | None
    iaid: str | None
    ipaddr: str
    prefix: UInt32
    hostname: str | None
    clientid: str | None


class Manager(Connection, noun="Connect", daemon="network", kind="Manager", own=("Network",)):
    """All virtual networks."""

    @call(
        36,
        acl="connect:search_networks",
        filter="network:getattr",
        since="0.2.0",
        urgent=True,
        extra="maxnames",
        form=Form.MAX_NAMES,
    )
    async def list_defined_networks(self) -> Annotated[list[str], Max(16384)]:
        """Give the names of the networks that are defined but not active."""
        raise NoSupport

    @call(
        38,
        acl="connect:search_networks",
        filter="network:getattr",
        since="0.2.0",
        urgent=True,
        extra="maxnames",
        form=Form.MAX_NAMES,
    )
    async def list_networks(self) -> Annotated[list[str], Max(16384)]:
        """Give the names of the active networks."""
        raise NoSupport

    @call(40, acl="network:write network:start", since="0.2.0")
    async def network_create_xml(self, xml: str) -> NetworkRef:
        """Start a network from the XML, transient unless it is defined already, and give its reference."""
        raise NoSupport

    @call(41, acl="network:write network:save", since="0.2.0", urgent=True)
    async def network_define_xml(self, xml: str) -> NetworkRef:
        """Store the network's persistent configuration from the XML and give its reference."""
        raise NoSupport

    @call(46, acl="network:getattr", since="0.2.0", urgent=True)
    async def network_lookup_by_name(self, name: str) -> NetworkRef:
        """Find the network that has this name."""
        raise NoSupport

    @call(47, acl="network:getattr", since="0.2.0", urgent=True)
    async def network_lookup_by_uuid(self, uuid: UuidStr) -> NetworkRef:
        """Find the network that has this UUID."""
        raise NoSupport

    @call(50, acl="connect:search_networks", filter="network:getattr", since="0.2.0", urgent=True)
    async def num_of_defined_networks(self) -> Int32:
        """Count the networks that are defined but not active."""
        raise NoSupport

    @call(52, acl="connect:search_networks", filter="network:getattr", since="0.2.0", urgent=True)
    async def num_of_networks(self) -> Int32:
        """Count the active networks."""
        raise NoSupport

    @call(
        283,
        acl="connect:search_networks",
        filter="network:getattr",
        since="0.10.2",
        urgent=True,
        form=Form.NEED_RESULTS,
    )
    async def list_all_networks(self, flags: UInt32) -> Annotated[list[NetworkRef], Max(16384)]:
        """Give the networks.

        Flags choose by active, stored and autostart.
        """
        raise NoSupport

    @call(432, acl="network:write network:save", since="7.7.0", urgent=True)
    async def network_define_xml_flags(self, xml: str, flags: UInt32) -> NetworkRef:
        """Store the network's persistent configuration from the XML and give its reference.

        Flags may have the XML checked against the schema.
        """
        raise NoSupport

    @call(437, acl="network:write network:start", since="7.8.0", urgent=True)
    async def network_create_xml_flags(self, xml: str, flags: UInt32) -> NetworkRef:
        """Start a network from the XML, transient unless it is defined already, and give its reference.

        Flags may have the XML checked against the schema.
        """
        raise NoSupport

    @event(0, callback=315, since="1.2.1", acl="network:getattr")
    def network_event_lifecycle(self, net: NetworkRef, event: Int32, detail: Int32) -> None:
        """Tell that a network was defined, undefined, started or stopped.

        event is a virNetworkEventLifecycleType number; detail has no meaning yet.
        """

    @event(1, callback=446, since="9.8.0", acl="network:getattr")
    def network_event_metadata_change(self, net: NetworkRef, type: Int32, nsuri: str | None) -> None:
        """Tell that the network's title, description or an application's XML changed.

        type is a virNetworkMetadataType number; nsuri names the namespace of the XML.
        """


class Network(Api, noun="Network", daemon="network", kind="Network", ref=NetworkRef):
    """A virtual network."""

    properties: ClassVar[dict[str, Prop]] = {
        "Name": Prop("name", changes=False, of_reference=True),
        "UUID": Prop("uuid", changes=False, of_reference=True),
        "Active": Prop("is_active"),
        "Autostart": Prop("get_autostart", "set_autostart"),
        "Persistent": Prop("is_persistent"),
        "BridgeName": Prop("get_bridge_name"),
    }

    @call(39, acl="network:start", since="0.2.0")
    async def create(self) -> None:
        """Start the defined network."""
        raise NoSupport

    @call(42, acl="network:stop", since="0.2.0", urgent=True)
    async def destroy(self) -> None:
        """Stop the network, taking down its bridge and services.

        A transient network is gone afterwards.
        """
        raise NoSupport

    @call(43, acl="network:read", since="0.2.0", urgent=True)
    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the network as XML.

        Flags may ask for the stored form instead of the live one.
        """
        raise NoSupport

    @call(44, acl="network:read", since="0.2.1", urgent=True)
    async def get_autostart(self) -> Flag:
        """Say whether the network starts along with its daemon."""
        raise NoSupport

    @call(45, acl="network:read", since="0.2.0", urgent=True)
    async def get_bridge_name(self) -> str:
        """Give the name of the bridge device that the network uses."""
        raise NoSupport

    @call(48, acl="network:write", since="0.2.1", urgent=True)
    async def set_autostart(self, autostart: Flag) -> None:
        """Choose whether the network starts along with its daemon."""
        raise NoSupport

    @call(49, acl="network:delete", since="0.2.0", urgent=True)
    async def undefine(self) -> None:
        """Remove the network's stored configuration.

        An active network goes on as a transient one.
        """
        raise NoSupport

    @call(152, acl="network:read", since="0.7.3", urgent=True)
    async def is_active(self) -> Flag:
        """Say whether the network is active."""
        raise NoSupport

    @call(153, acl="network:read", since="0.7.3", urgent=True)
    async def is_persistent(self) -> Flag:
        """Say whether the network has a stored configuration."""
        raise NoSupport

    @call(
        291,
        acl=("network:write", Perm("network", "save", unless=3), Perm("network", "save", when=2)),
        since="0.10.2",
        urgent=True,
    )
    async def update(self, command: UInt32, section: UInt32, parent_index: Int32, xml: str, flags: UInt32) -> None:
        """Change one part of the network by the XML, live, stored or both.

        command and section are virNetworkUpdate numbers; parentIndex -1 means find it.
        """
        raise NoSupport

    @call(341, acl="network:read", since="1.2.6", form=Form.NEED_RESULTS)
    async def get_dhcp_leases(self, mac: str | None, flags: UInt32) -> Annotated[list[DHCPLease], Max(65536)]:
        """Give the network's DHCP leases, all or those of one MAC address.

        expirytime is in seconds since 1970, 0 for never; type is IPv4 or IPv6.
        """
        raise NoSupport

    @call(
        404,
        acl="network:search_ports",
        filter="network_port:getattr",
        since="5.5.0",
        urgent=True,
        form=Form.NEED_RESULTS,
    )
    async def list_all_ports(self, flags: UInt32) -> Annotated[list[PortRef], Max(16384)]:
        """Give the network's ports."""
        raise NoSupport

    @call(405, acl="network_port:getattr", since="5.5.0", urgent=True)
    async def port_lookup_by_uuid(self, uuid: UuidStr) -> PortRef:
        """Find the network's port that has this UUID."""
        raise NoSupport

    @call(406, acl="network_port:create", since="5.5.0")
    async def port_create_xml(self, xml: str, flags: UInt32) -> PortRef:
        """Make a port on the active network from the XML and give its reference."""
        raise NoSupport

    @call(444, acl=("network:write", Perm("network", "save", unless=3), Perm("network", "save", when=2)), since="9.7.0")
    async def set_metadata(
        self, type: Int32, metadata: str | None, key: str | None, uri: str | None, flags: UInt32
    ) -> None:
        """Change the network's title, description or an application's own XML.

        No value removes it; key and uri name the XML's namespace.
        """
        raise NoSupport

    @call(445, acl="network:read", since="9.7.0")
    async def get_metadata(self, type: Int32, uri: str | None, flags: UInt32) -> str:
        """Give the network's title, description or the XML stored under a namespace."""
        raise NoSupport


class Port(Api, noun="NetworkPort", daemon="network", kind="Port", ref=PortRef):
    """A guest's port on a virtual network."""

    properties: ClassVar[dict[str, Prop]] = {
        "UUID": Prop("uuid", changes=False, of_reference=True),
    }

    @call(407, acl="network_port:read", since="5.5.0", form=Form.NPARAMS)
    async def get_parameters(self, flags: UInt32) -> Annotated[ParamDict, Parameters(16)]:
        """Give the port's bandwidth limits.

        Average, peak and floor are in KiB/s, burst in KiB.
        """
        raise NoSupport

    @call(408, acl="network_port:write", since="5.5.0")
    async def set_parameters(self, params: Annotated[ParamDict, Parameters(16)], flags: UInt32) -> None:
        """Change the port's bandwidth limits.

        Average, peak and floor are in KiB/s, burst in KiB.
        """
        raise NoSupport

    @call(409, acl="network_port:read", since="5.5.0")
    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the network port as XML."""
        raise NoSupport

    @call(410, acl="network_port:delete", since="5.5.0")
    async def delete(self, flags: UInt32) -> None:
        """Delete the port and give back what the network kept for it."""
        raise NoSupport
