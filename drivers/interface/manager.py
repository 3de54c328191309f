# SPDX-License-Identifier: LGPL-2.1-or-later
"""All interfaces of the host, as the API has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtbus.bus.api import interface as api
from virtbus.bus.errors import MultipleInterfaces, NoInterface, NoSupport
from virtbus.bus.refs import InterfaceRef
from virtbus.bus.types import Int32, UInt32
from virtbus.drivers.common.flags import check_flags

if TYPE_CHECKING:
    from virtbus.drivers.interface.driver import InterfaceDriver

INACTIVE, ACTIVE = 1, 2


class InterfaceManager(api.Manager):
    """The interfaces of this host."""

    def __init__(self, driver: InterfaceDriver) -> None:
        self.driver = driver

    def _in_state(self, state: str) -> list[str]:
        links = self.driver.links
        return [name for name in links.names() if links.state(name) == state]

    async def num_of_interfaces(self) -> Int32:
        """Count the links that are up."""
        return len(self._in_state("up"))

    async def list_interfaces(self) -> list[str]:
        """Give the names of the links that are up."""
        return self._in_state("up")

    async def num_of_defined_interfaces(self) -> Int32:
        """Count the links that are down."""
        return len(self._in_state("down"))

    async def list_defined_interfaces(self) -> list[str]:
        """Give the names of the links that are down."""
        return self._in_state("down")

    async def list_all_interfaces(self, flags: UInt32) -> list[InterfaceRef]:
        """Give the links, all or those that are up or are not."""
        check_flags(flags, INACTIVE | ACTIVE, "udevConnectListAllInterfaces")
        links = self.driver.links
        wanted = flags or INACTIVE | ACTIVE
        chosen = [name for name in links.names() if wanted & (ACTIVE if links.state(name) == "up" else INACTIVE)]
        return [InterfaceRef(name, links.mac(name)) for name in chosen]

    async def interface_lookup_by_name(self, name: str) -> InterfaceRef:
        """Find the link that has this name."""
        if not self.driver.links.exists(name):
            raise NoInterface(f"couldn't find interface named '{name}'")
        return InterfaceRef(name, self.driver.links.mac(name))

    async def interface_lookup_by_mac_string(self, mac: str) -> InterfaceRef:
        """Find the one link that has this address, written as the kernel writes it."""
        links = self.driver.links
        found = [name for name in links.names() if mac and links.mac(name) == mac]
        if not found:
            raise NoInterface(f"couldn't find interface with MAC address '{mac}'")
        if len(found) > 1:
            error = MultipleInterfaces()
            error.message = f"the MAC address '{mac}' matches multiple interfaces"
            raise error
        return InterfaceRef(found[0], mac)

    async def interface_define_xml(self, xml: str, flags: UInt32) -> InterfaceRef:
        """Refuse: this daemon looks at links, it does not configure them."""
        raise NoSupport("virInterfaceDefineXML")

    async def interface_change_begin(self, flags: UInt32) -> None:
        """Refuse."""
        raise NoSupport("virInterfaceChangeBegin")

    async def interface_change_commit(self, flags: UInt32) -> None:
        """Refuse."""
        raise NoSupport("virInterfaceChangeCommit")

    async def interface_change_rollback(self, flags: UInt32) -> None:
        """Refuse."""
        raise NoSupport("virInterfaceChangeRollback")
