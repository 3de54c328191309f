# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program for `test_host.py`: networks with guests (network namespaces) and a world outside, by real packets.

It runs in namespaces of its own. Everything it asks of the host is asked of them.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from typing import Any

from tests.unit.drivers.network.world import Told, create, manager
from virtbus.drivers.network.driver import NetworkDriver

NET = """\
<network><name>{0}</name>{1}<bridge name='vb-{0}' stp='off'/><ip address='192.168.{2}.1' prefix='24'/></network>
"""


def do(command: str) -> None:
    subprocess.run(command.split(), check=True, capture_output=True)


def prepare() -> None:
    """Make an empty host: places of its own, and a world at 203.0.113.9 behind the link w0."""
    for place in ("/etc/libvirt", "/run", "/var/lib/libvirt"):
        os.makedirs(place, exist_ok=True)
        do(f"mount -t tmpfs tmpfs {place}")
    do("mount -t proc proc /proc")
    do("mount -t sysfs sysfs /sys")
    for folder in ("/etc/libvirt/qemu/networks", "/run/netns", "/run/libvirt/network"):
        os.makedirs(folder)
    do("ip link set lo up")
    do("ip netns add world")
    do("ip link add w0 type veth peer name w1 netns world")
    do("ip addr add 203.0.113.1/24 dev w0")
    do("ip link set w0 up")
    do("ip -n world addr add 203.0.113.9/24 dev w1")
    do("ip -n world link set w1 up")
    do("ip -n world link set lo up")


def guest(network: str, third: int) -> None:
    """Put a guest with the address .9 on a network."""
    do(f"ip netns add {network}")
    do(f"ip link add t-{network} type veth peer name eth0 netns {network}")
    do(f"ip link set t-{network} master vb-{network} up")
    do(f"ip -n {network} addr add 192.168.{third}.9/24 dev eth0")
    do(f"ip -n {network} link set eth0 up")
    do(f"ip -n {network} route add default via 192.168.{third}.1")


ECHO = """
import socket, sys
server = socket.create_server(("0.0.0.0", 7000))
print("up", flush=True)
while True:
    peer, address = server.accept()
    peer.sendall(address[0].encode())
    peer.close()
"""
ASK = """
import socket, sys
try:
    print(socket.create_connection((sys.argv[1], 7000), 3).recv(100).decode())
except OSError:
    print("")
"""


def serve(space: str) -> subprocess.Popen[bytes]:
    """Answer on port 7000 of a namespace with the address that asks."""
    argv = ["ip", "netns", "exec", space, "/usr/bin/python3", "-c", ECHO]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    return process


def ask(space: str, address: str) -> str:
    """Give what an address answers to a namespace, nothing when it does not."""
    argv = ["ip", "netns", "exec", space, "/usr/bin/python3", "-c", ASK, address]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


async def come_back() -> bool:
    """Look until the rules are there, for at most five seconds."""
    async with asyncio.timeout(5):
        while True:
            looking = await asyncio.create_subprocess_exec("nft", "list", "ruleset", stdout=subprocess.PIPE)
            if b"jump in_vb-nat" in (await looking.communicate())[0]:
                return True


def say(what: str, value: Any) -> None:
    os.write(1, f"{what}: {value}\n".encode())


async def main() -> None:
    prepare()
    driver = NetworkDriver()
    await driver.start(Told())
    networks = [
        await create(driver, NET.format("nat", "<forward mode='nat'/>", 71)),
        await create(driver, NET.format("iso", "", 72)),
    ]
    guest("nat", 71)
    guest("iso", 72)
    do("ip -n world route add 192.168.0.0/16 via 203.0.113.1")
    servers = [serve(space) for space in ("world", "nat", "iso")]
    seen = ask("nat", "203.0.113.9")
    say("nat guest reaches the world", seen != "")
    say("the world sees the host's address", seen == "203.0.113.1")
    say("the world reaches the guest", ask("world", "192.168.71.9") != "")
    say("isolated guest reaches the world", ask("iso", "203.0.113.9") != "")
    say("nat guest reaches the isolated one", ask("nat", "192.168.72.9") != "")
    do("nft flush ruleset")
    say("rules come back after a flush", await come_back())
    await driver.stop()
    again = NetworkDriver()
    await again.start(Told())
    say("restart finds", sorted(await manager(again).list_networks()))
    for server in servers:
        server.kill()
        server.wait()
    await again.stop()
    for network in networks:
        await network.destroy()
    links = [name for name in os.listdir("/sys/class/net") if name.startswith("vb-")]
    tables = subprocess.run(["nft", "list", "tables"], check=True, capture_output=True, text=True).stdout.split("\n")
    say("left", links + [table for table in tables if "virtbus" in table])


if __name__ == "__main__":
    asyncio.run(main())
