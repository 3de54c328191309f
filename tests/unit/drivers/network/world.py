# SPDX-License-Identifier: LGPL-2.1-or-later
"""A network driver on a host that is simulated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from virtbus.bus.catalogue import Api
from virtbus.drivers.common.engine.process import Result
from virtbus.drivers.common.fake.daemons import Daemons
from virtbus.drivers.common.fake.files import Files
from virtbus.drivers.common.fake.netlink import Netlink
from virtbus.drivers.common.fake.nft import Nft
from virtbus.drivers.common.fake.process import Processes
from virtbus.drivers.network.driver import NetworkDriver
from virtbus.drivers.network.host import Host
from virtbus.drivers.network.manager import NetworkManager
from virtbus.drivers.network.network import VirtualNetwork

NAT = """\
<network>
  <name>{0}</name>
  <forward mode='nat'/>
  <bridge name='{1}'/>
  <ip address='192.168.{2}.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.{2}.100' end='192.168.{2}.200'/>
    </dhcp>
  </ip>
</network>
"""


def nat(name: str = "n1", bridge: str = "virbr7", third: int = 177) -> str:
    """Give a NAT network's document."""
    return NAT.format(name, bridge, third)


class Told:
    """What the driver tells, kept."""

    def __init__(self) -> None:
        self.events: list[tuple[str, int]] = []
        self.objects: list[tuple[str, str]] = []

    def emit(self, event: Any, *args: Any) -> None:
        self.events.append((args[0].name, args[1]))

    def changed(self, obj: Api, *properties: str) -> None:
        self.objects += [(obj.ref.path(), name) for name in properties]

    def added(self, obj: Api) -> None:
        self.objects.append((obj.ref.path(), "added"))

    def removed(self, obj: Api) -> None:
        self.objects.append((obj.ref.path(), "removed"))


class World:
    """A host, and any number of drivers one after the other on it."""

    def __init__(self) -> None:
        self.files, self.netlink, self.nft, self.daemons = Files(), Netlink(), Nft(), Daemons()
        self.processes = Processes({"dnsmasq": self._dnsmasq})
        self.dnsmasq_fails = False
        self.told = Told()

    def _dnsmasq(self, argv: Sequence[str], _input: bytes) -> Result:
        if self.dnsmasq_fails:
            return Result(3, b"", b"\ndnsmasq: no\n")
        self.daemons.running[argv[1]] = 1000 + len(self.processes.ran)
        return Result(0, b"", b"")

    async def driver(self) -> NetworkDriver:
        """Give a driver that was started, as after a restart of the daemon."""
        host = Host(
            files=self.files, processes=self.processes, netlink=self.netlink, nft=self.nft, daemons=self.daemons
        )
        driver = NetworkDriver(host=host)
        await driver.start(self.told)
        return driver

    def running(self) -> tuple[list[str], int, bool]:
        """Give what is on the host: bridges, programs, and whether there are rules."""
        rules = bool(self.nft.applied and len(self.nft.applied[-1]) > 2)
        return sorted(self.netlink.bridges), len(self.daemons.running), rules


def manager(driver: NetworkDriver) -> NetworkManager:
    """Give the driver's manager."""
    assert isinstance(driver.manager, NetworkManager)
    return driver.manager


async def define(driver: NetworkDriver, xml: str) -> VirtualNetwork:
    """Define a network and give it."""
    found = driver.find((await manager(driver).network_define_xml(xml)).path())
    assert isinstance(found, VirtualNetwork)
    return found


async def create(driver: NetworkDriver, xml: str) -> VirtualNetwork:
    """Create a network and give it."""
    found = driver.find((await manager(driver).network_create_xml(xml)).path())
    assert isinstance(found, VirtualNetwork)
    return found
