# SPDX-License-Identifier: LGPL-2.1-or-later
"""Network filters and their bindings to guest interfaces."""

from __future__ import annotations

from typing import Annotated, ClassVar

from virtbus.bus.api.connection import Connection
from virtbus.bus.catalogue import Api, Form, Prop, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import BindingRef, FilterRef
from virtbus.bus.types import Int32, Max, UInt32, UuidStr


class Manager(Connection, noun="Connect", daemon="nwfilter", kind="Manager", own=("NWFilter",)):
    """All network filters and bindings."""

    @call(175, acl="nwfilter:getattr", since="0.8.0", urgent=True)
    async def nwfilter_lookup_by_name(self, name: str) -> FilterRef:
        """Find the network filter that has this name."""
        raise NoSupport

    @call(176, acl="nwfilter:getattr", since="0.8.0", urgent=True)
    async def nwfilter_lookup_by_uuid(self, uuid: UuidStr) -> FilterRef:
        """Find the network filter that has this UUID."""
        raise NoSupport

    @call(178, acl="connect:search_nwfilters", filter="nwfilter:getattr", since="0.8.0", urgent=True)
    async def num_of_nwfilters(self) -> Int32:
        """Count the network filters."""
        raise NoSupport

    @call(
        179,
        acl="connect:search_nwfilters",
        filter="nwfilter:getattr",
        since="0.8.0",
        urgent=True,
        extra="maxnames",
        form=Form.MAX_NAMES,
    )
    async def list_nwfilters(self) -> Annotated[list[str], Max(16384)]:
        """Give the names of the network filters."""
        raise NoSupport

    @call(180, acl="nwfilter:write nwfilter:save", since="0.8.0", urgent=True)
    async def nwfilter_define_xml(self, xml: str) -> FilterRef:
        """Store a network filter from the XML and give its reference.

        Interfaces that use it get the new rules at once.
        """
        raise NoSupport

    @call(
        286,
        acl="connect:search_nwfilters",
        filter="nwfilter:getattr",
        since="0.10.2",
        urgent=True,
        form=Form.NEED_RESULTS,
    )
    async def list_all_nwfilters(self, flags: UInt32) -> Annotated[list[FilterRef], Max(16384)]:
        """Give the network filters."""
        raise NoSupport

    @call(397, acl="nwfilter_binding:getattr", since="4.5.0", urgent=True)
    async def nwfilter_binding_lookup_by_port_dev(self, name: str) -> BindingRef:
        """Find the filter binding of this network port device."""
        raise NoSupport

    @call(399, acl="nwfilter_binding:create", since="4.5.0", urgent=True)
    async def nwfilter_binding_create_xml(self, xml: str, flags: UInt32) -> BindingRef:
        """Bind a filter to a port device by the XML, put its rules in force and give its reference."""
        raise NoSupport

    @call(
        401,
        acl="connect:search_nwfilter_bindings",
        filter="nwfilter_binding:getattr",
        since="4.5.0",
        urgent=True,
        form=Form.NEED_RESULTS,
    )
    async def list_all_nwfilter_bindings(self, flags: UInt32) -> Annotated[list[BindingRef], Max(16384)]:
        """Give the filter bindings."""
        raise NoSupport

    @call(431, acl="nwfilter:write nwfilter:save", since="7.7.0", urgent=True)
    async def nwfilter_define_xml_flags(self, xml: str, flags: UInt32) -> FilterRef:
        """Store a network filter from the XML and give its reference.

        Flags may have the XML checked against the schema.
        """
        raise NoSupport


class Binding(Api, noun="NWFilterBinding", daemon="nwfilter", kind="Binding", ref=BindingRef):
    """A filter bound to an interface."""

    properties: ClassVar[dict[str, Prop]] = {
        "PortDev": Prop("portdev", changes=False, of_reference=True),
        "FilterName": Prop("filtername", changes=False, of_reference=True),
    }

    @call(398, acl="nwfilter_binding:read", since="4.5.0", urgent=True)
    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the filter binding as XML."""
        raise NoSupport

    @call(400, acl="nwfilter_binding:delete", since="4.5.0", urgent=True)
    async def delete(self) -> None:
        """End the filter binding and take its rules out of force."""
        raise NoSupport


class Filter(Api, noun="NWFilter", daemon="nwfilter", kind="Filter", ref=FilterRef):
    """A network filter."""

    properties: ClassVar[dict[str, Prop]] = {
        "Name": Prop("name", changes=False, of_reference=True),
        "UUID": Prop("uuid", changes=False, of_reference=True),
    }

    @call(177, acl="nwfilter:read", since="0.8.0", urgent=True)
    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the network filter as XML."""
        raise NoSupport

    @call(181, acl="nwfilter:delete", since="0.8.0", urgent=True)
    async def undefine(self) -> None:
        """Remove the network filter; one in use is refused."""
        raise NoSupport
