# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names for bridges: unique among the networks, and free on the host where they are chosen here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtbus.bus.errors import InternalError
from virtbus.drivers.network.bridge import new_name
from virtbus.drivers.network.model import Bridge, Network

if TYPE_CHECKING:
    from virtbus.drivers.network.driver import NetworkDriver


async def name_bridge(driver: NetworkDriver, model: Network) -> None:
    """Give a network's bridge its name, or refuse one that another network has."""
    others = {name for network in driver.networks if network.name != model.name for name in network.bridges()}
    wanted = model.bridge_name
    if wanted and "%d" not in wanted:
        if wanted in others:
            raise InternalError(f"bridge name '{wanted}' already in use.")
        return
    model.bridge = model.bridge or Bridge()
    model.bridge.name = new_name(wanted, others | await driver.host.link_names())
