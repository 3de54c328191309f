# SPDX-License-Identifier: LGPL-2.1-or-later
"""The proxy on the bus, as every daemon is there: its manager at org.libvirt.proxy1."""

from __future__ import annotations

from collections.abc import Iterable

from virtbus.bus.api import proxy
from virtbus.bus.api.proxy import LegacyClient
from virtbus.bus.catalogue import Api
from virtbus.bus.connection import SystemBus
from virtbus.bus.daemon import BusCallers
from virtbus.bus.errors import ErrorDomain, InvalidArg, LibvirtError
from virtbus.bus.service import Service
from virtbus.bus.signals import Signals
from virtbus.policy.authorise import Authoriser
from virtbus.proxy.rpc.connection import State
from virtbus.proxy.server import Server
from virtbus.proxy.session import Session

BUS_NAME = "org.libvirt.proxy1"


class Manager(proxy.Manager):
    """The proxy, of which there is one."""

    def __init__(self, server: Server) -> None:
        """Tell of the clients of `server`."""
        self._server = server

    async def list_clients(self) -> list[LegacyClient]:
        """Give the clients that are connected now."""
        return [_client(session) for session in self._server.sessions]

    async def num_of_clients(self) -> int:
        """Count the clients that are connected now."""
        return len(self._server.sessions)


class ProxyDriver:
    """The proxy's objects, for the service that all daemons use."""

    origin = ErrorDomain.RPC

    def __init__(self, server: Server) -> None:
        """Have the manager alone."""
        self.manager: Api = Manager(server)

    def find(self, path: str) -> Api | None:
        """Give nothing: the manager is known by itself."""
        return None

    def objects(self) -> Iterable[Api]:
        """Give the manager."""
        return [self.manager]

    def missing(self, path: str) -> LibvirtError:
        """Give the error for a path that names nothing."""
        return InvalidArg(f"the proxy has no object at {path}")

    async def start(self, bus: Signals) -> None:
        """Start nothing: the proxy has no events of its own."""

    async def stop(self) -> None:
        """Stop nothing."""


async def publish(bus: SystemBus, server: Server) -> bool:
    """Serve the proxy's objects under its name; False where another process has that."""
    driver = ProxyDriver(server)
    judge = Authoriser(bus, "proxy")
    service = Service(driver, judge, Signals(judge, driver.objects))
    BusCallers(bus, service)
    service.open()
    return await bus.own_name(BUS_NAME)


def _client(session: Session) -> LegacyClient:
    caller = session.caller
    identity = caller.sasl_user or caller.x509_dname or caller.user or ""
    opened = session.core.state is State.OPEN
    return LegacyClient(caller.transport, identity, caller.pid or 0, caller.read_only, opened)
