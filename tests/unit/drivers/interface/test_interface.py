# SPDX-License-Identifier: LGPL-2.1-or-later
"""Links are shown as libvirt's udev backend shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.drivers.common import tree
from virtbus.bus.api import interface as api
from virtbus.bus.errors import InvalidArg, MultipleInterfaces, NoInterface
from virtbus.drivers.interface.driver import InterfaceDriver

NET = "/sys/class/net"


def link(name: str, mac: str, state: str = "up", **more: str) -> dict[str, str | bytes]:
    found: dict[str, str | bytes] = {
        f"{NET}/{name}/{file}": text
        for file, text in {
            "address": mac, "mtu": "1500", "operstate": state, "speed": "1000", "ifindex": "7", "uevent": "",
        }.items()
    }  # fmt: skip
    return found | {f"{NET}/{name}/{file.replace('__', '/')}": text for file, text in more.items()}


@pytest.fixture
def driver(tmp_path: Path) -> InterfaceDriver:
    files = (
        link("br0", "02:00:00:00:00:01", uevent="DEVTYPE=bridge\n", bridge__stp_state="1", bridge__forward_delay="200",
             brif__eth1="x")
        | link("eth0", "02:00:00:00:00:02")
        | link("eth1", "02:00:00:00:00:03", brport__state="3")
        | link("eth2", "02:00:00:00:00:02", state="down")
        | link("lo", "00:00:00:00:00:00", state="unknown")
        | link("vnet0", "02:00:00:00:00:05", tun_flags="0x5002")
        | link("eth0.5", "02:00:00:00:00:06", uevent="DEVTYPE=vlan\n")
        | link("bond0", "02:00:00:00:00:07", uevent="DEVTYPE=bond\n", bonding__mode="active-backup 1",
               bonding__miimon="100", bonding__updelay="0", bonding__downdelay="200", bonding__use_carrier="1",
               bonding__slaves="eth2")
        | {"/proc/net/vlan/eth0.5": "eth0.5  VID: 5\t REORDER_HDR: 1\nDevice: eth0\n"}
    )  # fmt: skip
    return InterfaceDriver(sysfs=tree.make(tmp_path, files))


def manager(driver: InterfaceDriver) -> api.Manager:
    assert isinstance(driver.manager, api.Manager)
    return driver.manager


async def shown(driver: InterfaceDriver, name: str) -> str:
    ref = await manager(driver).interface_lookup_by_name(name)
    found = driver.find(ref.path())
    assert isinstance(found, api.Iface)
    return await found.get_xml_desc(0)


async def test_ports_of_bridges_and_taps_are_not_listed(driver: InterfaceDriver) -> None:
    refs = await manager(driver).list_all_interfaces(0)
    assert [ref.name for ref in refs] == ["bond0", "br0", "eth0", "eth0.5", "eth2", "lo"]
    assert [ref.name for ref in await manager(driver).list_all_interfaces(1)] == ["eth2", "lo"]
    assert await manager(driver).list_defined_interfaces() == ["eth2"]
    assert await manager(driver).num_of_interfaces() == 4


async def test_an_ethernet_link(driver: InterfaceDriver) -> None:
    assert await shown(driver, "eth0") == (
        "<interface type='ethernet' name='eth0'>\n"
        "  <mtu size='1500'/>\n"
        "  <link speed='1000' state='up'/>\n"
        "  <mac address='02:00:00:00:00:02'/>\n"
        "</interface>\n"
    )


async def test_a_bridge_with_its_port(driver: InterfaceDriver) -> None:
    assert await shown(driver, "br0") == (
        "<interface type='bridge' name='br0'>\n"
        "  <mtu size='1500'/>\n"
        "  <bridge stp='on' delay='200'>\n"
        "    <interface type='ethernet' name='eth1'>\n"
        "      <link speed='1000' state='up'/>\n"
        "      <mac address='02:00:00:00:00:03'/>\n"
        "    </interface>\n"
        "  </bridge>\n"
        "</interface>\n"
    )


async def test_a_bond_and_a_vlan(driver: InterfaceDriver) -> None:
    bond = await shown(driver, "bond0")
    assert "  <bond mode='active-backup'>\n    <miimon freq='100' downdelay='200' carrier='netif'/>\n" in bond
    assert "    <interface type='ethernet' name='eth2'>\n      <link state='down'/>\n" in bond
    assert "  <vlan tag='5'>\n    <interface name='eth0'/>\n  </vlan>\n" in await shown(driver, "eth0.5")


async def test_addresses_that_several_links_have(driver: InterfaceDriver) -> None:
    assert (await manager(driver).interface_lookup_by_mac_string("02:00:00:00:00:01")).name == "br0"
    with pytest.raises(MultipleInterfaces) as raised:
        await manager(driver).interface_lookup_by_mac_string("02:00:00:00:00:02")
    assert raised.value.message == "the MAC address '02:00:00:00:00:02' matches multiple interfaces"
    for mac in ("02:00:00:00:00:03", "", "nonsense"):
        with pytest.raises(NoInterface, match=f"couldn't find interface with MAC address '{mac}'"):
            await manager(driver).interface_lookup_by_mac_string(mac)


@pytest.mark.parametrize("name", ["", "nosuch", "../../../etc", "eth0/.", "."])
async def test_names_that_no_link_has(driver: InterfaceDriver, name: str) -> None:
    with pytest.raises(NoInterface, match="couldn't find interface named"):
        await manager(driver).interface_lookup_by_name(name)


async def test_unknown_flags_are_refused(driver: InterfaceDriver) -> None:
    with pytest.raises(InvalidArg) as raised:
        await manager(driver).list_all_interfaces(4)
    assert raised.value.message == "unsupported flags (0x4) in function udevConnectListAllInterfaces"
