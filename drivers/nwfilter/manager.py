# SPDX-License-Identifier: LGPL-2.1-or-later
"""All filters and bindings, as the API has them."""

from __future__ import annotations

import uuid as _uuid
from typing import TYPE_CHECKING

from virtbus.bus.api import nwfilter as api
from virtbus.bus.errors import NoNwfilter, NoNwfilterBinding
from virtbus.bus.refs import BindingRef, FilterRef
from virtbus.bus.types import Int32, UInt32, UuidStr
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.nwfilter.binding_xml import read_binding
from virtbus.drivers.nwfilter.filter_xml import read_filter

if TYPE_CHECKING:
    from virtbus.drivers.nwfilter.driver import NWFilterDriver

VALIDATE = 1


class NWFilterManager(api.Manager):
    """The filters of this host and where they are used."""

    def __init__(self, driver: NWFilterDriver) -> None:
        self.driver = driver

    async def num_of_nwfilters(self) -> Int32:
        """Count the filters."""
        return len(self.driver.filters)

    async def list_nwfilters(self) -> list[str]:
        """Give the names of the filters."""
        return [known.name for known in self.driver.filters]

    async def list_all_nwfilters(self, flags: UInt32) -> list[FilterRef]:
        """Give the filters."""
        check_flags(flags, 0, "nwfilterConnectListAllNWFilters")
        return [known.ref for known in self.driver.filters]

    async def nwfilter_lookup_by_name(self, name: str) -> FilterRef:
        """Find the filter that has this name."""
        known = self.driver.filters.by_name(name)
        if known is None:
            raise NoNwfilter(f"no nwfilter with matching name '{name}'")
        return known.ref

    async def nwfilter_lookup_by_uuid(self, uuid: UuidStr) -> FilterRef:
        """Find the filter that has this UUID."""
        known = self.driver.filters.by_uuid(_uuid.UUID(uuid).bytes)
        if known is None:
            raise NoNwfilter(f"no nwfilter with matching uuid '{_uuid.UUID(uuid)}'")
        return known.ref

    async def nwfilter_define_xml(self, xml: str) -> FilterRef:
        """Store a filter."""
        return await self.driver.define(read_filter(xml))

    async def nwfilter_define_xml_flags(self, xml: str, flags: UInt32) -> FilterRef:
        """Store a filter, perhaps held against the schema first."""
        check_flags(flags, VALIDATE, "nwfilterDefineXMLFlags")
        return await self.driver.define(read_filter(xml, validate=bool(flags & VALIDATE)))

    async def nwfilter_binding_lookup_by_port_dev(self, name: str) -> BindingRef:
        """Find the binding of this interface."""
        known = self.driver.bindings.get(name)
        if known is None:
            raise NoNwfilterBinding(f"no nwfilter binding for port dev '{name}'")
        return known.ref

    async def nwfilter_binding_create_xml(self, xml: str, flags: UInt32) -> BindingRef:
        """Put a filter in force on an interface."""
        check_flags(flags, VALIDATE, "nwfilterBindingCreateXML")
        return await self.driver.bind(read_binding(xml, validate=bool(flags & VALIDATE)))

    async def list_all_nwfilter_bindings(self, flags: UInt32) -> list[BindingRef]:
        """Give the bindings."""
        check_flags(flags, 0, "nwfilterConnectListAllNWFilterBindings")
        return [known.ref for known in self.driver.bindings.values()]
