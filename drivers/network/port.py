# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest's port on a network, as the API has it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from virtbus.bus.api import network as api
from virtbus.bus.errors import InvalidArg, NoNetworkPort
from virtbus.bus.refs import PortRef
from virtbus.bus.types import ParamDict, ParamValue, UInt, UInt32
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.common.xml.codec import dump
from virtbus.drivers.network.model import Bandwidth, Rate
from virtbus.drivers.network.port_model import NetworkPort

if TYPE_CHECKING:
    from virtbus.drivers.network.network import VirtualNetwork

FIELDS = ("average", "peak", "floor", "burst")


def no_port(identity: uuid.UUID | str) -> NoNetworkPort:
    """Give the error for a port that is not there."""
    return NoNetworkPort(f"Network port with UUID {identity} does not exist")


class Port(api.Port):
    """A port of an active network."""

    def __init__(self, network: VirtualNetwork, model: NetworkPort) -> None:
        self.network = network
        self.model = model
        self.uuid = uuid.UUID(model.uuid)

    @property
    def ref(self) -> PortRef:
        """Give the reference."""
        return PortRef(self.network.ref, self.uuid.bytes)

    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the network port as XML."""
        check_flags(flags, 0, "networkPortGetXMLDesc")
        self._check_there()
        return dump(self.model, "networkport")

    async def get_parameters(self, flags: UInt32) -> ParamDict:
        """Give the port's bandwidth limits."""
        check_flags(flags, 0, "networkPortGetParameters")
        self._check_there()
        found: ParamDict = {}
        for direction in ("inbound", "outbound"):
            rate = getattr(self.model.bandwidth, direction, None)
            for field in FIELDS:
                value = getattr(rate, field, None)
                if value:
                    found[f"{direction}.{field}"] = UInt(int(value))
        return found

    async def set_parameters(self, params: ParamDict, flags: UInt32) -> None:
        """Change the port's bandwidth limits."""
        check_flags(flags, 0, "networkPortSetParameters")
        self._check_there()
        bandwidth = self.model.bandwidth or Bandwidth()
        wanted = Bandwidth(
            _changed(bandwidth.inbound, "inbound", params), _changed(bandwidth.outbound, "outbound", params)
        )
        known = {f"{direction}.{field}" for direction in ("inbound", "outbound") for field in FIELDS}
        for name in params:
            if name not in known - {"outbound.floor"}:
                raise InvalidArg(f"parameter '{name}' not supported")
        before, self.model.bandwidth = self.model.bandwidth, wanted if wanted.inbound or wanted.outbound else None
        try:
            await self.network.save_port(self)
        except BaseException:
            self.model.bandwidth = before
            raise

    async def delete(self, flags: UInt32) -> None:
        """Delete the port and give back what the network kept for it."""
        check_flags(flags, 0, "networkPortDelete")
        self._check_there()
        await self.network.remove_port(self)

    def _check_there(self) -> None:
        self.network.check_active()
        if self.network.ports.get(self.uuid) is not self:
            raise no_port(self.uuid)


def _changed(rate: Rate | None, direction: str, params: dict[str, ParamValue]) -> Rate | None:
    """Give a rate with what the parameters say of it; 0 lifts a limit, and no average lifts all."""
    values = {field: getattr(rate, field, None) for field in FIELDS}
    for field in FIELDS:
        value = params.get(f"{direction}.{field}")
        if value is not None:
            if isinstance(value, (str, float)) or value < 0:
                raise InvalidArg(f"parameter '{direction}.{field}' must be a number of type uint")
            values[field] = str(int(value)) if value else None
    if not values["average"] and not values["floor"]:
        return None
    return Rate(**values)
