# SPDX-License-Identifier: LGPL-2.1-or-later
"""An interface of the host, as the API has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtbus.bus.api import interface as api
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import InterfaceRef
from virtbus.bus.types import Flag, UInt32
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.interface.model import write_interface

if TYPE_CHECKING:
    from virtbus.drivers.interface.driver import InterfaceDriver

INACTIVE = 1


class HostInterface(api.Iface):
    """One link."""

    ref: InterfaceRef

    def __init__(self, driver: InterfaceDriver, name: str) -> None:
        self.driver = driver
        self.ref = InterfaceRef(name, driver.links.mac(name))

    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the link; there is no stored form that differs."""
        check_flags(flags, INACTIVE, "udevInterfaceGetXMLDesc")
        return write_interface(self.driver.links.describe(self.ref.name))

    async def is_active(self) -> Flag:
        """Say whether the link works."""
        return self.driver.links.state(self.ref.name) == "up"

    async def undefine(self) -> None:
        """Refuse."""
        raise NoSupport("virInterfaceUndefine")

    async def create(self, flags: UInt32) -> None:
        """Refuse."""
        raise NoSupport("virInterfaceCreate")

    async def destroy(self, flags: UInt32) -> None:
        """Refuse."""
        raise NoSupport("virInterfaceDestroy")
