# SPDX-License-Identifier: LGPL-2.1-or-later
"""A filter on an interface, as the API has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtbus.bus.api import nwfilter as api
from virtbus.bus.refs import BindingRef
from virtbus.bus.types import UInt32
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.nwfilter.binding_xml import write_binding
from virtbus.drivers.nwfilter.model import BindingModel
from virtbus.drivers.nwfilter.ruleset import Ruleset

if TYPE_CHECKING:
    from virtbus.drivers.nwfilter.driver import NWFilterDriver


class FilterBinding(api.Binding):
    """One binding; `rules` is what is in force for it."""

    ref: BindingRef

    def __init__(self, driver: NWFilterDriver, model: BindingModel, rules: Ruleset) -> None:
        self.driver, self.model, self.rules = driver, model, rules
        self.ref = BindingRef(model.port, model.filter)

    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the binding."""
        check_flags(flags, 0, "nwfilterBindingGetXMLDesc")
        return write_binding(self.model)

    async def delete(self) -> None:
        """Take the rules out of force."""
        await self.driver.unbind(self)
