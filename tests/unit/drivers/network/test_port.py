# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ports of guests."""

from __future__ import annotations

import pytest

from tests.unit.drivers.network.world import World, create, nat
from virtbus.bus.errors import InternalError, InvalidArg, LibvirtError, NetworkPortExist, NoNetworkPort
from virtbus.bus.types import ParamDict, UInt
from virtbus.drivers.network.network import VirtualNetwork
from virtbus.drivers.network.port import Port

OWNER = "<owner><name>g</name><uuid>74770000-0000-4000-8000-0000000000f1</uuid></owner>"


def port_xml(last: int = 1, more: str = "") -> str:
    uuid = f"<uuid>74770000-0000-4000-8000-0000000000{last:02x}</uuid>"
    return f"<networkport>{uuid}{OWNER}<mac address='52:54:00:00:00:{last:02x}'/>{more}</networkport>"


async def add(network: VirtualNetwork, xml: str, flags: int = 0) -> Port:
    ref = await network.port_create_xml(xml, flags)
    found = network.driver.find(ref.path())
    assert isinstance(found, Port)
    return found


async def test_a_port_is_plugged_into_the_bridge() -> None:
    world = World()
    network = await create(await world.driver(), nat())
    port = await add(network, port_xml())
    assert await port.get_xml_desc(0) == (
        "<networkport>\n"
        "  <uuid>74770000-0000-4000-8000-000000000001</uuid>\n"
        "  <owner>\n"
        "    <name>g</name>\n"
        "    <uuid>74770000-0000-4000-8000-0000000000f1</uuid>\n"
        "  </owner>\n"
        "  <mac address='52:54:00:00:00:01'/>\n"
        "  <plug type='network' bridge='virbr7'/>\n"
        "</networkport>\n"
    )
    assert (await network.get_xml_desc(0)).startswith("<network connections='1'>")
    assert '"52:54:00:00:00:01"' in world.files.contents["/var/lib/libvirt/dnsmasq/virbr7.macs"]
    with pytest.raises(NetworkPortExist):
        await add(network, port_xml())
    await port.delete(0)
    assert await network.list_all_ports(0) == []
    with pytest.raises(NoNetworkPort):
        await port.delete(0)


async def test_ports_are_there_after_a_restart_and_gone_with_the_network() -> None:
    world = World()
    await add(await create(await world.driver(), nat()), port_xml())
    network = (await world.driver()).networks.by_name("n1")
    assert network
    assert len(await network.list_all_ports(0)) == 1
    await network.destroy()
    assert not [name for name in world.files.contents if "/ports/" in name]


async def test_devices_of_a_pool_are_shared_evenly() -> None:
    devices = "".join(f"<interface dev='e{i}'/>" for i in range(2))
    xml = f"<network><name>m</name><forward mode='private'>{devices}</forward></network>"
    network = await create(await World().driver(), xml)
    plugs = [(await add(network, port_xml(i))).model.plug for i in range(1, 4)]
    assert [(plug.type, plug.dev, plug.mode) for plug in plugs if plug] == [
        ("direct", "e0", "private"), ("direct", "e1", "private"), ("direct", "e0", "private"),
    ]  # fmt: skip
    assert "<interface dev='e0' connections='2'/>" in await network.get_xml_desc(0)


async def test_devices_that_are_not_shared_run_out() -> None:
    xml = "<network><name>m</name><forward mode='passthrough' dev='e0'/></network>"
    network = await create(await World().driver(), xml)
    await add(network, port_xml(1))
    with pytest.raises(InternalError, match="requires exclusive access to interfaces, but none are available"):
        await add(network, port_xml(2))
    assert len(network.ports) == 1


async def test_a_port_inherits_from_its_group_and_network() -> None:
    group = "<portgroup name='g' default='yes'><bandwidth><inbound average='5'/></bandwidth></portgroup>"
    xml = nat().replace("<network>", "<network trustGuestRxFilters='yes'>").replace("</network>", group + "</network>")
    text = await (await add(await create(await World().driver(), xml), port_xml())).get_xml_desc(0)
    assert "<inbound average='5'/>" in text
    assert "<rxfilters trustGuest='yes'/>" in text


async def test_bandwidth_as_parameters() -> None:
    more = "<bandwidth><inbound average='5' peak='6'/></bandwidth>"
    port = await add(await create(await World().driver(), nat()), port_xml(1, more))
    assert await port.get_parameters(0) == {"inbound.average": UInt(5), "inbound.peak": UInt(6)}
    await port.set_parameters({"inbound.average": UInt(0), "outbound.average": UInt(7)}, 0)
    assert await port.get_parameters(0) == {"outbound.average": UInt(7)}
    wrongs: tuple[ParamDict, ...] = ({"nonsense": UInt(1)}, {"inbound.average": "x"}, {"inbound.peak": 1.5})
    for wrong in wrongs:
        with pytest.raises(InvalidArg):
            await port.set_parameters(wrong, 0)
    assert await port.get_parameters(0) == {"outbound.average": UInt(7)}


@pytest.mark.parametrize(
    ("xml", "flags", "message"),
    [
        ("<networkport/>", 0, "internal error: network port has no uuid"),
        ("<networkport><uuid>x</uuid></networkport>", 0, "internal error: Unable to parse UUID 'x'"),
        (port_xml().replace(OWNER, ""), 0, "internal error: network port has no owner name"),
        (port_xml().replace("52:54", "x"), 0, "internal error: Unable to parse MAC 'x:00:00:00:01'"),
        (port_xml(), 1, "invalid argument: Port reclaim requested but plug type is none"),
        (port_xml(1, "<plug type='network' bridge='x'/>"), 0,
         "invalid argument: Port reclaim not requested but plug type is not none"),
        (port_xml(1, "<plug type='x'/>"), 0, "XML error: Invalid value for attribute 'type' in element 'plug': 'x'."),
        (port_xml(), 8, "unsupported flags (0x8) in function networkPortCreateXML"),
    ],
)  # fmt: skip
async def test_what_is_no_port(xml: str, flags: int, message: str) -> None:
    network = await create(await World().driver(), nat())
    with pytest.raises(LibvirtError) as caught:
        await network.port_create_xml(xml, flags)
    assert caught.value.message == message
    assert network.ports == {}
