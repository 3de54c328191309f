# SPDX-License-Identifier: LGPL-2.1-or-later
"""The life of networks, on a simulated host."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.drivers.network.world import World, create, define, manager, nat
from virtbus.bus.errors import (
    InternalError,
    InvalidArg,
    NoNetwork,
    OperationFailed,
    OperationInvalid,
    SystemCallError,
)
from virtbus.drivers.common.engine.netlink import AddAddress, DeleteLink, MakeBridge, Setting, SetUp
from virtbus.drivers.network.network import VirtualNetwork

UP = (["virbr7"], 1, True)
DOWN: tuple[list[str], int, bool] = ([], 0, False)


async def test_define_start_destroy_undefine() -> None:
    world = World()
    driver = await world.driver()
    network = await define(driver, nat())
    assert (await network.is_active(), await network.is_persistent()) == (False, True)
    assert "/etc/libvirt/qemu/networks/n1.xml" in world.files.contents
    await network.create()
    assert world.running() == UP
    assert "/run/libvirt/network/n1.xml" in world.files.contents
    assert not [name for name in world.files.contents if name.endswith(".pending")]
    assert "<port start='1024' end='65535'/>" in await network.get_xml_desc(0)
    assert "<port" not in await network.get_xml_desc(1)
    await network.destroy()
    assert world.running() == DOWN
    await network.undefine()
    assert world.told.events == [("n1", 0), ("n1", 2), ("n1", 3), ("n1", 1)]
    assert set(world.files.contents) == {"/run/libvirt/network/autostarted"}
    with pytest.raises(NoNetwork, match=r"with matching uuid '.*' \(n1\)"):
        await network.create()


async def test_what_is_asked_of_the_host_and_in_which_order() -> None:
    world = World()
    await create(await world.driver(), nat().replace("<ip", "<mac address='52:54:00:00:00:07'/><ip"))
    assert world.netlink.made == [
        MakeBridge("virbr7", "52:54:00:00:00:07", None, stp=True, delay=0),
        Setting("net/ipv6/conf/virbr7/disable_ipv6", "1", optional=True),
        Setting("net/ipv6/conf/virbr7/accept_ra", "0", optional=True),
        Setting("net/ipv6/conf/virbr7/autoconf", "0", optional=True),
        AddAddress("virbr7", "192.168.177.1", 24, "192.168.177.255"),
        SetUp("virbr7"),
        Setting("net/ipv4/ip_forward", "1"),
    ]


@pytest.mark.parametrize("broken", ["bridge", "rules", "address", "dnsmasq", "state"])
async def test_a_start_that_fails_leaves_nothing(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    driver = await world.driver()
    network = await define(driver, nat())
    if broken == "bridge":
        mac = network.model.mac
        assert mac
        world.netlink.refused = [MakeBridge("virbr7", mac.address, None, stp=True, delay=0)]
    elif broken == "rules":
        world.nft.broken = "no"
    elif broken == "address":
        world.netlink.refused = [AddAddress("virbr7", "192.168.177.1", 24, "192.168.177.255")]
    elif broken == "dnsmasq":
        world.dnsmasq_fails = True
    else:

        async def fail(_name: str, _text: str) -> None:
            raise SystemCallError("no space")

        monkeypatch.setattr(driver.store, "save_status", fail)
    with pytest.raises((InternalError, SystemCallError)):
        await network.create()
    world.nft.broken = ""
    assert world.running() == DOWN
    assert not await network.is_active()
    assert not [name for name in world.files.contents if name.startswith("/run/libvirt/network/n1")]
    assert world.told.events == [("n1", 0)]


async def test_a_transient_network_that_cannot_start_is_forgotten() -> None:
    world = World()
    world.dnsmasq_fails = True
    driver = await world.driver()
    with pytest.raises(InternalError, match="Child process"):
        await create(driver, nat())
    assert await manager(driver).list_all_networks(0) == []
    assert world.running() == DOWN


async def test_a_restart_of_the_daemon_leaves_networks_alone() -> None:
    world = World()
    first = await world.driver()
    await create(first, nat("t1", "virbr1", 1))
    await (await define(first, nat("p1", "virbr2", 2))).create()
    made, ran = len(world.netlink.made), len(world.processes.ran)
    second = await world.driver()
    assert await manager(second).list_networks() == ["p1", "t1"]
    found = second.networks.by_name("t1")
    assert found
    assert not await found.is_persistent()
    assert (len(world.netlink.made), len(world.processes.ran)) == (made, ran)
    await found.destroy()
    assert sorted(world.netlink.bridges) == ["virbr2"]


async def test_a_daemon_killed_in_between_leaves_the_whole_network_or_nothing() -> None:
    world = World()
    first = await world.driver()
    network = await create(first, nat())
    live = network.live
    assert live
    await first.journal.begin(live)  # killed while it took the network down
    second = await world.driver()
    assert world.running() == DOWN
    assert await manager(second).list_all_networks(0) == []
    assert not [name for name in world.files.contents if name.endswith((".pending", "n1.xml"))]


async def test_a_dnsmasq_that_died_is_started_again_with_the_daemon() -> None:
    world = World()
    await create(await world.driver(), nat())
    world.daemons.running.clear()
    await world.driver()
    assert world.running() == UP


async def test_autostart_once_after_boot() -> None:
    world = World()
    network = await define(await world.driver(), nat())
    await network.set_autostart(True)
    assert world.files.links == {"/etc/libvirt/qemu/networks/autostart/n1.xml": "/etc/libvirt/qemu/networks/n1.xml"}
    assert await manager(await world.driver()).list_networks() == []
    world.files.remove("/run/libvirt/network/autostarted")
    assert await manager(await world.driver()).list_networks() == ["n1"]


async def test_names_uuids_and_bridges_are_unique() -> None:
    world = World()
    driver = await world.driver()
    network = await define(driver, nat())
    identity = str(network.model.uuid)
    with pytest.raises(InternalError, match="bridge name 'virbr7' already in use"):
        await define(driver, nat("n2"))
    with pytest.raises(OperationFailed, match=f"network 'n1' is already defined with uuid {identity}"):
        await define(driver, nat("n2", "virbr8").replace("<forward", f"<uuid>{identity}</uuid><forward"))
    with pytest.raises(OperationFailed, match=f"network 'n1' already exists with uuid {identity}"):
        await define(driver, nat("n1", "virbr8"))
    await define(driver, "<network><name>a</name></network>")
    world.netlink.add("virbr1")
    await define(driver, "<network><name>b</name></network>")
    names = [n.model.bridge_name for n in driver.networks]
    assert names == ["virbr7", "virbr0", "virbr2"]


async def test_addresses_of_the_host_are_refused() -> None:
    world = World()
    world.files.contents["/proc/net/route"] = (
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00B1A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )
    with pytest.raises(InternalError, match="Network is already in use by interface eth0"):
        await create(await world.driver(), nat())
    assert world.netlink.made == []


@pytest.mark.parametrize("name", ["averyveryverylongname", "a b", "-x", "a;b", "$(id)", "a/b", "..", "."])
async def test_names_that_no_link_can_have_do_not_reach_the_host(name: str) -> None:
    world = World()
    driver = await world.driver()
    with pytest.raises(InvalidArg):
        await create(driver, nat(bridge=name))
    assert (world.netlink.made, world.processes.ran) == ([], [])


async def test_two_networks_at_once_both_get_rules() -> None:
    world = World()
    driver = await world.driver()
    networks = [await define(driver, nat(f"n{i}", f"virbr{i}", i)) for i in range(1, 6)]
    await asyncio.gather(*(network.create() for network in networks))
    chains = {c["add"]["chain"]["name"] for c in world.nft.applied[-1] if "chain" in c.get("add", {})}
    assert {f"in_virbr{i}" for i in range(1, 6)} <= chains
    await asyncio.gather(*(network.destroy() for network in networks))
    assert world.running() == DOWN


async def test_refusals_of_a_state_that_does_not_fit() -> None:
    driver = await World().driver()
    network: VirtualNetwork = await create(driver, nat())
    for call, words in (
        (network.create(), "network is already active"),
        (network.undefine(), "can't undefine transient network"),
        (network.set_autostart(True), "cannot set autostart for transient network"),
        (network.update(3, 10, -1, "<host/>", 2), "cannot change persistent config of a transient network"),
        (manager(driver).network_create_xml(await network.get_xml_desc(0)), "network is already active as 'n1'"),
    ):
        with pytest.raises(OperationInvalid) as caught:
            await call
        assert caught.value.message == f"Requested operation is not valid: {words}"
    with pytest.raises(InvalidArg) as flags:
        await network.get_xml_desc(1 << 20)
    assert flags.value.message == "unsupported flags (0x100000) in function networkGetXMLDesc"


async def test_an_active_network_that_is_defined_again_keeps_running_as_it_is() -> None:
    world = World()
    driver = await world.driver()
    network = await define(driver, nat())
    await network.create()
    xml = (await network.get_xml_desc(1)).replace("192.168.177.100", "192.168.177.50")
    assert await define(driver, xml) is network
    assert "177.100" in await network.get_xml_desc(0)
    assert "177.50" in await network.get_xml_desc(1)
    await network.undefine()
    assert "177.100" in await network.get_xml_desc(1)
    await network.destroy()
    assert [n for n in world.netlink.made if isinstance(n, DeleteLink)] == [DeleteLink("virbr7")]


async def test_rules_that_another_program_deletes_are_put_back() -> None:
    world = World()
    driver = await world.driver()
    await create(driver, nat())
    before = world.nft.applied[-1]
    assert world.nft.lost
    world.nft.lost()
    await asyncio.gather(*driver.host._tasks)
    assert len(world.nft.applied) == 3
    assert world.nft.applied[-1] == before
    await driver.stop()
    assert world.nft.lost is None
