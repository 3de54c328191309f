# SPDX-License-Identifier: LGPL-2.1-or-later
"""Links that exist only here: requests are recorded, and the bridges they make are listed."""

from __future__ import annotations

from collections.abc import Sequence

from virtbus.bus.errors import SystemCallError
from virtbus.drivers.common.engine.netlink import DeleteLink, Link, MakeBridge, Request, SetMaster, SetUp


class Netlink:
    """Record requests in `made`; a request in `refused` fails as the kernel would refuse it."""

    def __init__(self) -> None:
        self.made: list[Request] = []
        self.refused: list[Request] = []
        self.bridges: dict[str, Link] = {}
        self._next = 2

    async def apply(self, requests: Sequence[Request]) -> None:
        """Record the requests and follow the links they make and remove."""
        for request in requests:
            if request in self.refused:
                raise SystemCallError(f"{request!r}: Operation not permitted", int1=1)
            self.made.append(request)
            self._follow(request)

    def _follow(self, request: Request) -> None:
        if isinstance(request, MakeBridge):
            self.add(request.name, "bridge", request.mac or "")
        elif isinstance(request, DeleteLink):
            self.bridges.pop(request.name, None)
        elif isinstance(request, SetUp) and request.name in self.bridges:
            self.bridges[request.name] = self.bridges[request.name]._replace(up=request.up)
        elif isinstance(request, SetMaster):
            master = self.bridges[request.bridge].number
            self.bridges[request.name] = self.bridges[request.name]._replace(master=master)

    def add(self, name: str, kind: str = "", mac: str = "") -> None:
        """Put a link on the host."""
        self.bridges[name] = Link(name, self._next, kind, mac, up=False, master=0)
        self._next += 1

    async def links(self) -> list[Link]:
        """Give the links."""
        return list(self.bridges.values())

    def close(self) -> None:
        """Do nothing."""
