# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's events are told as the catalogue's, in order, and keep what is known up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.unit.drivers.hypervisor.hosted import NETWORK, POOL, Hosted
from virtbus.bus.refs import DomainRef


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so, looking again each time the loop has been through."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


async def test_life_of_a_guest_in_order(hosted: Hosted) -> None:
    ref = hosted.guest(running=False)
    dom = hosted.at(ref)
    for method in ("create", "suspend", "resume", "destroy", "undefine"):
        hosted.call(dom, method)

    def told() -> list[tuple[int, int]]:
        return [e[2:] for e in hosted.told.events if e[0] == "domain_event_lifecycle" and e[1].uuid == ref.uuid]

    await until(lambda: len(told()) == 6)
    assert told() == [(0, 0), (2, 0), (3, 0), (4, 0), (5, 1), (1, 0)]
    ids = [e[1].id for e in hosted.told.events if e[0] == "domain_event_lifecycle"]
    assert ids[0] == -1
    assert ids[1] == ids[2] > 0
    assert ids[-1] == -1


async def test_objects_come_and_go(hosted: Hosted) -> None:
    ref = hosted.guest(running=False)
    await until(lambda: ("added", ref) in hosted.told.objects)
    assert hosted.driver.known.is_alive(ref.path())
    hosted.libvirt.lookupByName("guest").undefine()
    await until(lambda: ("removed", ref) in hosted.told.objects)
    assert not hosted.driver.known.is_alive(ref.path())
    assert hosted.driver.known.get(ref.path()) is not None


async def test_renamed_guest_is_another_object(hosted: Hosted) -> None:
    ref = hosted.guest(running=False)
    before = hosted.at(ref)
    hosted.call(before, "rename", "renamed", 0)
    await until(lambda: hosted.at(ref).ref.name == "renamed")
    assert hosted.call(hosted.driver.manager, "domain_lookup_by_name", "renamed") == DomainRef("renamed", ref.uuid, -1)


async def test_id_is_followed(hosted: Hosted) -> None:
    ref = hosted.guest(running=False)
    await until(lambda: hosted.at(ref).ref.id == -1)
    hosted.libvirt.lookupByName("guest").create()
    await until(lambda: hosted.at(ref).ref.id > 0)


async def test_other_objects_tell_too(hosted: Hosted) -> None:
    network = hosted.libvirt.networkDefineXML(NETWORK.replace("default", "told"))
    pool = hosted.libvirt.storagePoolDefineXML(POOL.replace("default-pool", "told"))
    network.undefine()
    pool.undefine()
    names = [e[0] for e in hosted.told.events]
    await until(lambda: [e[0] for e in hosted.told.events].count("storage_pool_event_lifecycle") == 2)
    names = [(e[0], e[1].name, e[2]) for e in hosted.told.events]
    assert ("network_event_lifecycle", "told", 0) in names
    assert ("network_event_lifecycle", "told", 1) in names
