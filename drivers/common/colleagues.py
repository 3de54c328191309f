# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls to the other daemons, over the bus as any client's. The connection is made when first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from virtbus.bus.connection import BUS, BUS_PATH, ConnectionFailed, SystemBus
from virtbus.bus.errors import InternalError, LibvirtError
from virtbus.bus.wire.message import Message


class Colleagues:
    """A connection to the bus of a driver's own; a new one where the last ended."""

    def __init__(self, address: str | None = None) -> None:
        self._address = address
        self._bus: SystemBus | None = None
        self._connecting = asyncio.Lock()

    async def bus(self) -> SystemBus:
        """Give the connection; InternalError where there is no bus."""
        async with self._connecting:
            if self._bus is None or self._bus.link.closed:
                try:
                    self._bus = await SystemBus.connect(self._address)
                except (ConnectionFailed, OSError):
                    raise InternalError("the system bus cannot be reached") from None
            return self._bus

    async def request(
        self, name: str, path: str, interface: str, member: str, signature: str = "", args: Sequence[Any] = ()
    ) -> Message:
        """Call a method of another daemon and give its reply; its error is raised as it is."""
        return await (await self.bus()).request(name, path, interface, member, signature, args)

    async def process(self, name: str) -> int:
        """Give the process that owns a name on the bus, 0 where nobody does."""
        bus = await self.bus()
        try:
            (pid,) = (await bus.request(BUS, BUS_PATH, BUS, "GetConnectionUnixProcessID", "s", (name,))).values()
        except LibvirtError:
            return 0
        return int(pid)
