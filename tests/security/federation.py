# SPDX-License-Identifier: LGPL-2.1-or-later
"""The running federation: who serves it, what it holds, and objects of every kind to be attacked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import libvirt

from virtbus.bus import daemons
from virtbus.bus.connection import BUS, BUS_PATH, SystemBus

URI = "qemu:///system"
TEST_URI = "test:///default"
SERVED = sorted({d.bus_name for d in daemons.load()} | {"org.libvirt.proxy1"})

DOMAIN = """<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os></domain>"""
NETWORK = "<network><name>{name}</name><bridge name='virbr-sec'/></network>"
POOL = "<pool type='dir'><name>{name}</name><target><path>{path}</path></target></pool>"
VOLUME = "<volume><name>{name}</name><capacity>4096</capacity><target><format type='raw'/></target></volume>"
FILTER = "<filter name='{name}'><rule action='accept' direction='inout'/></filter>"
SECRET = "<secret ephemeral='no' private='no'><usage type='ceph'><name>{name}</name></usage></secret>"


async def owners() -> dict[str, int]:
    """Give the process behind each bus name."""
    bus = await SystemBus.connect()
    try:
        found = {}
        for name in SERVED:
            (pid,) = (await bus.request(BUS, BUS_PATH, BUS, "GetConnectionUnixProcessID", "s", (name,))).values()
            found[name] = int(pid)
        return found
    finally:
        bus.link.close()


def holdings(connection: libvirt.virConnect) -> dict[str, list[str]]:
    """Give the names of everything that a connection shows."""
    pools = connection.listAllStoragePools()
    return {
        "domains": sorted(d.name() for d in connection.listAllDomains()),
        "networks": sorted(n.name() for n in connection.listAllNetworks()),
        "pools": sorted(p.name() for p in pools),
        "volumes": sorted(v.key() for p in pools if p.isActive() for v in p.listAllVolumes()),
        "filters": sorted(f.name() for f in connection.listAllNWFilters()),
        "secrets": sorted(s.UUIDString() for s in connection.listAllSecrets()),
        "devices": sorted(d.name() for d in connection.listAllDevices()),
        "interfaces": sorted(i.name() for i in connection.listAllInterfaces()),
    }


@contextlib.contextmanager
def unharmed(connection: libvirt.virConnect) -> Iterator[None]:
    """See that all daemons live through what is done meanwhile, and hold afterwards what they held before."""
    before = asyncio.run(owners()), holdings(connection)
    yield
    assert asyncio.run(owners()) == before[0]
    assert holdings(connection) == before[1]


@contextlib.contextmanager
def targets(connection: libvirt.virConnect, folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Define one object of each kind that can be, and remove them in the end."""
    made: dict[str, Any] = {}
    try:
        made["domain"] = connection.defineXML(DOMAIN.format(name=name))
        made["network"] = connection.networkDefineXML(NETWORK.format(name=name))
        made["pool"] = connection.storagePoolDefineXML(POOL.format(name=name, path=folder))
        made["pool"].create()
        made["volume"] = made["pool"].createXML(VOLUME.format(name=name))
        made["filter"] = connection.nwfilterDefineXML(FILTER.format(name=name))
        made["secret"] = connection.secretDefineXML(SECRET.format(name=name))
        yield made
    finally:
        if "volume" in made:
            made["volume"].delete()
        if "pool" in made:
            made["pool"].destroy()
        for kind in set(made) - {"volume"}:
            made[kind].undefine()
