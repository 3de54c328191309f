# SPDX-License-Identifier: LGPL-2.1-or-later
"""A filter, as the API has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtbus.bus.api import nwfilter as api
from virtbus.bus.refs import FilterRef
from virtbus.bus.types import UInt32
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.nwfilter.filter_xml import write_filter
from virtbus.drivers.nwfilter.model import FilterModel

if TYPE_CHECKING:
    from virtbus.drivers.nwfilter.driver import NWFilterDriver


class NetworkFilter(api.Filter):
    """One filter of this host."""

    ref: FilterRef

    def __init__(self, driver: NWFilterDriver, model: FilterModel) -> None:
        self.driver, self.model = driver, model
        self.ref = FilterRef(model.name, model.uuid.bytes)

    @property
    def name(self) -> str:
        """Give the name."""
        return self.model.name

    @property
    def uuid(self) -> bytes:
        """Give the UUID's bytes."""
        return self.model.uuid.bytes

    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the filter."""
        check_flags(flags, 0, "nwfilterGetXMLDesc")
        return write_filter(self.model)

    async def undefine(self) -> None:
        """Remove the filter."""
        await self.driver.undefine(self)
