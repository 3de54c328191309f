# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program for `test_packets.py`: two guests (network namespaces) on a bridge, one of them filtered, by real packets.

It runs in namespaces of its own. Everything it asks of the host is asked of them.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from typing import Any

from virtbus.bus.api import nwfilter as api
from virtbus.drivers.nwfilter.driver import NWFilterDriver

BINDING = """<filterbinding><owner><name>g</name><uuid>74770000-0000-4000-8000-0000000013f1</uuid></owner>
<portdev name='t-one'/><mac address='02:00:00:00:00:01'/><filterref filter='{}'>{}</filterref></filterbinding>"""
SPOOFING = """<filter name='clean'>
  <filterref filter='mac'/><filterref filter='ip'/><filterref filter='arp'/>
  <rule action='accept' direction='inout' priority='500'><ip/></rule>
  <rule action='accept' direction='inout' priority='500'><arp/></rule>
  <rule action='drop' direction='inout' priority='1000'/>
</filter>"""
PARTS = (
    (
        "<filter name='mac' chain='mac'><rule action='return' direction='out'><mac srcmacaddr='$MAC'/></rule>"
        "<rule action='drop' direction='out' priority='1000'/></filter>"
    ),
    (
        "<filter name='ip' chain='ipv4'><rule action='return' direction='out'><ip srcipaddr='$IP'/></rule>"
        "<rule action='drop' direction='out' priority='1000'/></filter>"
    ),
    (
        "<filter name='arp' chain='arp'><rule action='return' direction='out'><arp arpsrcipaddr='$IP'/></rule>"
        "<rule action='drop' direction='out' priority='1000'/></filter>"
    ),
)


def do(command: str) -> bool:
    return subprocess.run(command.split(), check=False, capture_output=True).returncode == 0


def prepare() -> None:
    """Make an empty host with a bridge and two guests on it."""
    for place in ("/etc/libvirt", "/run"):
        os.makedirs(place, exist_ok=True)
        do(f"mount -t tmpfs tmpfs {place}")
    do("mount -t proc proc /proc")
    do("mount -t sysfs sysfs /sys")
    os.makedirs("/run/netns")
    do("ip link add br0 type bridge")
    do("ip link set br0 up")
    for number, name in enumerate(("one", "two"), 1):
        do(f"ip netns add {name}")
        do(f"ip link add t-{name} type veth peer name eth0 netns {name}")
        do(f"ip link set t-{name} master br0 up")
        do(f"ip -n {name} link set eth0 address 02:00:00:00:00:0{number}")
        do(f"ip -n {name} addr add 10.9.0.{number}/24 dev eth0")
        do(f"ip -n {name} link set eth0 up")
    do("ip -n one addr add 10.9.0.66/24 dev eth0")


def reaches(source: str) -> bool:
    """Say whether the filtered guest gets an answer with this address as its own."""
    for name in ("one", "two"):
        do(f"ip -n {name} neigh flush all")
    return do(f"ip netns exec one ping -c 1 -W 1 -I {source} 10.9.0.2")


def seen(what: str) -> None:
    own, other = reaches("10.9.0.1"), reaches("10.9.0.66")
    do("ip -n one link set eth0 address 02:00:00:00:00:99")
    print(f"{what}: own address {own}, another {other}, another MAC {reaches('10.9.0.1')}")
    do("ip -n one link set eth0 address 02:00:00:00:00:01")


class Bus:
    """Hear nothing."""

    def added(self, obj: Any) -> None:
        pass

    def removed(self, obj: Any) -> None:
        pass


async def main() -> None:
    prepare()
    driver = NWFilterDriver()
    await driver.start(Bus())
    manager = driver.manager
    assert isinstance(manager, api.Manager)
    for text in (*PARTS, SPOOFING):
        await manager.nwfilter_define_xml(text)
    seen("without a filter")
    await manager.nwfilter_binding_create_xml(BINDING.format("clean", "<parameter name='IP' value='10.9.0.1'/>"), 0)
    seen("filtered")
    do("nft delete table bridge virtbus_nwfilter")
    again = NWFilterDriver()
    await again.start(Bus())
    seen("after a flush and a restart")
    await again.bindings["t-one"].delete()
    assert isinstance(again.manager, api.Manager)
    await again.manager.nwfilter_binding_create_xml(BINDING.format("clean", ""), 0)
    seen("with an address that is learned")
    third = NWFilterDriver()
    await third.start(Bus())
    seen("after another restart")
    await third.bindings["t-one"].delete()
    seen("without a filter again")


asyncio.run(main())
