# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes to sections of a network."""

from __future__ import annotations

import signal

import pytest

from tests.unit.drivers.network.world import World, define, nat
from virtbus.bus.errors import LibvirtError

LIVE, CONFIG = 1, 2
MODIFY, DELETE, ADD_LAST, ADD_FIRST = 1, 2, 3, 4
HOST, RANGE, INTERFACE, PORTGROUP, DNS_HOST, DNS_TXT, DNS_SRV = 4, 5, 7, 9, 10, 11, 12
ONE = "<host mac='52:54:00:00:00:01' name='one' ip='192.168.177.11'/>"


async def test_a_host_is_read_again_without_a_restart_of_dnsmasq() -> None:
    world = World()
    network = await define(await world.driver(), nat())
    await network.create()
    ran, pid = len(world.processes.ran), next(iter(world.daemons.running.values()))
    await network.update(ADD_LAST, HOST, -1, ONE, LIVE)
    assert world.daemons.sent == [(pid, signal.SIGHUP)]
    assert len(world.processes.ran) == ran
    assert world.files.contents["/var/lib/libvirt/dnsmasq/n1.hostsfile"] == "52:54:00:00:00:01,192.168.177.11,one\n"
    assert "<host mac" in await network.get_xml_desc(0)
    assert "<host mac" not in await network.get_xml_desc(1)


async def test_a_record_restarts_dnsmasq_and_both_forms_change() -> None:
    world = World()
    network = await define(await world.driver(), nat())
    await network.create()
    await network.update(ADD_LAST, DNS_TXT, -1, "<txt name='a' value='b'/>", LIVE | CONFIG)
    assert world.daemons.stopped
    assert "txt-record=a,b\n" in world.files.contents["/var/lib/libvirt/dnsmasq/n1.conf"]
    assert "<txt" in world.files.contents["/etc/libvirt/qemu/networks/n1.xml"]
    assert "<txt" in world.files.contents["/run/libvirt/network/n1.xml"]


@pytest.mark.parametrize(
    ("command", "section", "xml", "message"),
    [
        (DELETE, HOST, "<host mac='52:54:00:00:00:09'/>", "couldn't locate a matching dhcp host entry in network 'n1'"),
        (MODIFY, RANGE, "<range start='192.168.177.1' end='192.168.177.2'/>",
         "dhcp ranges cannot be modified, only added or deleted"),
        (ADD_LAST, RANGE, "<range start='192.168.177.100' end='192.168.177.200'/>", "there is an existing dhcp range"),
        (MODIFY, DNS_HOST, "<host ip='1.2.3.4'/>", "DNS HOST records cannot be modified, only added or deleted"),
        (DELETE, DNS_SRV, "<srv service='a'/>", "couldn't locate a matching DNS SRV record in network n1"),
        (DELETE, PORTGROUP, "<portgroup name='x'/>", "couldn't find a portgroup entry"),
        (DELETE, INTERFACE, "<interface dev='x'/>", "couldn't find an interface entry"),
        (ADD_LAST, 1, "<bridge/>", "can't update 'bridge' section of network 'n1'"),
        (ADD_LAST, 99, "<x/>", "can't update unrecognized section of network"),
        (ADD_LAST, HOST, "<txt/>", "unexpected element <txt>, expecting <host>, while updating network 'n1'"),
        (ADD_LAST, HOST, "<host", "network_update_xml:1: Couldn't find end of Start Tag host line 1"),
        (ADD_LAST, DNS_TXT, "<txt name='a' value='b&#10;c'/>", "control character"),
        (9, HOST, ONE, "unrecognized network update command code 9"),
    ],
)  # fmt: skip
async def test_a_refused_change_changes_nothing(command: int, section: int, xml: str, message: str) -> None:
    network = await define(await World().driver(), nat())
    await network.create()
    before = await network.get_xml_desc(0), await network.get_xml_desc(1)
    with pytest.raises(LibvirtError) as caught:
        await network.update(command, section, -1, xml, LIVE | CONFIG)
    assert message in caught.value.message
    assert (await network.get_xml_desc(0), await network.get_xml_desc(1)) == before


async def test_order_and_identity_of_entries() -> None:
    network = await define(await World().driver(), nat())
    for command, xml in (
        (ADD_LAST, ONE),
        (ADD_FIRST, ONE.replace("01'", "02'").replace("one", "two").replace(".11", ".12")),
        (MODIFY, ONE.replace(".11", ".21")),
    ):
        await network.update(command, HOST, -1, xml, CONFIG)
    dhcp = network.model.ips[0].dhcp
    assert dhcp
    assert [(host.name, host.ip) for host in dhcp.hosts] == [("two", "192.168.177.12"), ("one", "192.168.177.21")]
    with pytest.raises(LibvirtError, match="there is an existing dhcp host entry"):
        await network.update(ADD_LAST, HOST, -1, ONE, CONFIG)
    await network.update(DELETE, HOST, -1, "<host name='two'/>", CONFIG)
    assert len(network.model.ips[0].dhcp.hosts if network.model.ips[0].dhcp else []) == 1
