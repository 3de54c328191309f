# SPDX-License-Identifier: LGPL-2.1-or-later
"""Network interfaces of the host."""

from __future__ import annotations

from typing import Annotated, ClassVar

from virtbus.bus.api.connection import Connection
from virtbus.bus.catalogue import Api, Form, Prop, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import InterfaceRef
from virtbus.bus.types import Flag, Int32, Max, UInt32


class Manager(Connection, noun="Connect", daemon="interface", kind="Manager", own=("Interface",)):
    """All network interfaces of the host."""

    @call(126, acl="connect:search_interfaces", filter="interface:getattr", since="0.6.4", urgent=True)
    async def num_of_interfaces(self) -> Int32:
        """Count the active network interfaces of the host."""
        raise NoSupport

    @call(
        127,
        acl="connect:search_interfaces",
        filter="interface:getattr",
        since="0.6.4",
        urgent=True,
        extra="maxnames",
        form=Form.MAX_NAMES,
    )
    async def list_interfaces(self) -> Annotated[list[str], Max(16384)]:
        """Give the names of the active network interfaces of the host."""
        raise NoSupport

    @call(128, acl="interface:getattr", since="0.6.4", urgent=True)
    async def interface_lookup_by_name(self, name: str) -> InterfaceRef:
        """Find the host interface that has this name."""
        raise NoSupport

    @call(129, acl="interface:getattr", since="0.6.4", urgent=True)
    async def interface_lookup_by_mac_string(self, mac: str) -> InterfaceRef:
        """Find the host interface that has this MAC address."""
        raise NoSupport

    @call(131, acl="interface:write interface:save", since="0.6.4", urgent=True)
    async def interface_define_xml(self, xml: str, flags: UInt32) -> InterfaceRef:
        """Store the host interface's configuration from the XML and give its reference."""
        raise NoSupport

    @call(137, acl="connect:search_interfaces", filter="interface:getattr", since="0.7.0", urgent=True)
    async def num_of_defined_interfaces(self) -> Int32:
        """Count the host interfaces that are defined but not up."""
        raise NoSupport

    @call(
        138,
        acl="connect:search_interfaces",
        filter="interface:getattr",
        since="0.7.0",
        urgent=True,
        extra="maxnames",
        form=Form.MAX_NAMES,
    )
    async def list_defined_interfaces(self) -> Annotated[list[str], Max(16384)]:
        """Give the names of the host interfaces that are defined but not up."""
        raise NoSupport

    @call(220, acl="connect:interface_transaction", since="0.9.2")
    async def interface_change_begin(self, flags: UInt32) -> None:
        """Take a restore point of the host's interface configuration before changing it."""
        raise NoSupport

    @call(221, acl="connect:interface_transaction", since="0.9.2")
    async def interface_change_commit(self, flags: UInt32) -> None:
        """Keep the interface changes made since the restore point."""
        raise NoSupport

    @call(222, acl="connect:interface_transaction", since="0.9.2")
    async def interface_change_rollback(self, flags: UInt32) -> None:
        """Undo the interface changes made since the restore point."""
        raise NoSupport

    @call(
        284,
        acl="connect:search_interfaces",
        filter="interface:getattr",
        since="0.10.2",
        urgent=True,
        form=Form.NEED_RESULTS,
    )
    async def list_all_interfaces(self, flags: UInt32) -> Annotated[list[InterfaceRef], Max(16384)]:
        """Give the host's network interfaces.

        Flags choose by up or down.
        """
        raise NoSupport


class Iface(Api, noun="Interface", daemon="interface", kind="Interface", ref=InterfaceRef):
    """A network interface of the host."""

    properties: ClassVar[dict[str, Prop]] = {
        "Name": Prop("name", changes=False, of_reference=True),
        "MAC": Prop("mac", changes=False, of_reference=True),
        "Active": Prop("is_active"),
    }

    @call(130, acl="interface:read", since="0.6.4")
    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the host interface as XML.

        Flags may ask for the stored form instead of the live one.
        """
        raise NoSupport

    @call(132, acl="interface:delete", since="0.6.4", urgent=True)
    async def undefine(self) -> None:
        """Remove the host interface's stored configuration."""
        raise NoSupport

    @call(133, acl="interface:start", since="0.6.4")
    async def create(self, flags: UInt32) -> None:
        """Bring the host interface up."""
        raise NoSupport

    @call(134, acl="interface:stop", since="0.6.4", urgent=True)
    async def destroy(self, flags: UInt32) -> None:
        """Take the host interface down."""
        raise NoSupport

    @call(156, acl="interface:read", since="0.7.3", urgent=True)
    async def is_active(self) -> Flag:
        """Say whether the host interface is up."""
        raise NoSupport
