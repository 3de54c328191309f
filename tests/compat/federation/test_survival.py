# SPDX-License-Identifier: LGPL-2.1-or-later
"""Any daemon may be killed at any time: guests and networks go on, and the daemon is back for whoever asks."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import libvirt
import pytest

from tests.compat.federation.conftest import URI, Virsh, run_virsh
from virtbus.bus import daemons
from virtbus.bus.connection import BUS, BUS_PATH, SystemBus

pytestmark = pytest.mark.federation

EVERY = [d for d in daemons.load() if d.name != "proxy"]


@contextmanager
def load() -> Iterator[None]:
    """Keep clients busy, each with a connection of its own, reconnecting whenever it is lost."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                connection = libvirt.open(URI)
                while not stop.is_set():
                    connection.listAllDomains()
                    connection.listAllNetworks()
                    connection.listAllStoragePools()
            except libvirt.libvirtError:
                continue

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        stop.set()
        for worker in workers:
            worker.join(60)


async def owner_pid(bus: SystemBus, name: str) -> int:
    """Give the process that owns a bus name."""
    (pid,) = (await bus.request(BUS, BUS_PATH, BUS, "GetConnectionUnixProcessID", "s", (name,))).values()
    return int(pid)


async def kill_and_call(name: str) -> None:
    """Kill the owner of a bus name and see that a call brings it back."""
    bus = await SystemBus.connect()
    part = name.removeprefix("org.libvirt.").partition(".")[0]
    before = await owner_pid(bus, name)
    gone = asyncio.Event()
    await bus.watch_owner(name, lambda owner: gone.set() if not owner else None)
    os.kill(before, signal.SIGKILL)
    await asyncio.wait_for(gone.wait(), 10)
    root = f"/org/libvirt/{part}"
    reply = await asyncio.wait_for(bus.request(name, root, "org.freedesktop.DBus.Peer", "Ping"), 25)
    assert reply.values() == ()
    assert await owner_pid(bus, name) != before
    bus.link.close()


def qemu_pid(name: str) -> int:
    """Give a guest's process."""
    return int(Path(f"/run/libvirt/qemu/{name}.pid").read_text())


@pytest.mark.parametrize("daemon", EVERY, ids=lambda d: d.program)
def test_a_killed_daemon_is_back_and_nothing_is_lost(
    daemon: daemons.Daemon, guest: str, network: str, virsh: Virsh
) -> None:
    guest_process = qemu_pid(guest)
    with load():
        asyncio.run(kill_and_call(daemon.bus_name))
    assert Path(f"/proc/{guest_process}").exists()
    assert qemu_pid(guest) == guest_process
    assert Path("/sys/class/net/virbr-sv").exists()
    assert virsh("list", "--name") == guest
    assert virsh("domstate", guest) == "running"
    assert network in virsh("net-list", "--name").split()
    assert "yes" in virsh("net-info", network)


def test_a_killed_proxy_is_back(guest: str, network: str, virsh: Virsh) -> None:
    with load():
        asyncio.run(kill_and_call("org.libvirt.proxy1"))
    assert virsh("list", "--name") == guest
    assert network in virsh("net-list", "--name").split()


def test_a_client_whose_daemon_was_killed_goes_on(guest: str) -> None:
    connection = libvirt.open(URI)
    assert connection.lookupByName(guest).isActive()
    asyncio.run(kill_and_call("org.libvirt.hypervisor1.qemu"))
    for _ in range(3):
        try:
            found = [d.name() for d in connection.listAllDomains()]
        except libvirt.libvirtError:
            continue  # the call that met the killed daemon; the next opens a new link
        assert found == [guest]
        break
    else:
        pytest.fail("the connection never worked again")
    connection.close()
    assert run_virsh("dominfo", guest).returncode == 0
