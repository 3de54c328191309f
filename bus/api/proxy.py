# SPDX-License-Identifier: LGPL-2.1-or-later
"""The proxy's own object: who is connected to it. Bus only: the legacy wire has its admin program for that."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.catalogue import Api, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.types import Flag, Int32, Max


class LegacyClient(NamedTuple):
    """A client of the legacy protocol: its transport, who it is, and whether it may only read.

    `identity` is the local account, or the name in the certificate, "" where the proxy knows neither.
    """

    transport: str
    identity: str
    pid: Int32
    read_only: Flag
    open: Flag


class Manager(Api, noun="Proxy", daemon="proxy", kind="Manager"):
    """The proxy that turns the legacy protocol into D-Bus."""

    @call(0, acl="connect:write", program="proxy")
    async def list_clients(self) -> Annotated[list[LegacyClient], Max(65536)]:
        """Give the clients that are connected now; `pid` is 0 for those from elsewhere, `open` after ConnectOpen."""
        raise NoSupport

    @call(0, acl="connect:read", program="proxy")
    async def num_of_clients(self) -> Int32:
        """Count the clients that are connected now."""
        raise NoSupport
