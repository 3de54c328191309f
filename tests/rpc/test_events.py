# SPDX-License-Identifier: LGPL-2.1-or-later
"""Events: old and new registrations, one object or all, slow readers, daemons that come back."""

from __future__ import annotations

import asyncio

import pytest

from tests.rpc.client import Refused
from tests.rpc.conftest import DOMAIN, Connect
from tests.rpc.toy import Toy
from virtbus.bus.api.hypervisor import Manager
from virtbus.bus.api.network import Manager as Networks
from virtbus.bus.refs import DomainRef, NetworkRef
from virtbus.proxy.server import Server

REF = DomainRef("demo", bytes.fromhex(DOMAIN["uuid"]), 1)
OTHER = DomainRef("other", bytes(16), 2)
NAME = "ConnectDomainEventCallbackRegisterAny"


async def test_new_form(connect: Connect, toy: Toy) -> None:
    client = await connect()
    first = (await client.call(NAME, eventID=0, dom=None))["callbackID"]
    second = (await client.call(NAME, eventID=0, dom=DOMAIN))["callbackID"]
    assert second != first
    toy.emit(Manager.domain_event_lifecycle, OTHER, 2, 0)
    event = await client.event()
    assert event["proc"] == 318
    assert event["serial"] == 0
    assert event["body"]["callbackID"] == first
    assert event["body"]["msg"]["dom"]["name"] == "other"
    toy.emit(Manager.domain_event_lifecycle, REF, 2, 0)
    assert {(await client.event())["body"]["callbackID"] for _ in range(2)} == {first, second}


async def test_old_forms(connect: Connect, toy: Toy) -> None:
    client = await connect()
    assert await client.call("ConnectDomainEventRegister") == {"cb_registered": 0}
    with pytest.raises(Refused, match="event callback already tracked"):
        await client.call("ConnectDomainEventRegisterAny", eventID=0)
    await client.call("ConnectDomainEventRegisterAny", eventID=11)
    toy.emit(Manager.domain_event_lifecycle, REF, 2, 1)
    assert (await client.event())["body"] == {"dom": DOMAIN, "event": 2, "detail": 1}
    toy.emit(Manager.domain_event_pmwakeup, REF, 0)
    event = await client.event()
    assert (event["proc"], event["body"]) == (269, {"dom": DOMAIN})
    await client.call("ConnectDomainEventDeregister")
    with pytest.raises(Refused, match="domain event 0 not registered"):
        await client.call("ConnectDomainEventDeregister")


async def test_reason_in_front(connect: Connect, toy: Toy) -> None:
    client = await connect()
    ident = (await client.call(NAME, eventID=12, dom=None))["callbackID"]
    toy.emit(Manager.domain_event_pmsuspend, REF, 7)
    assert (await client.event())["body"] == {"callbackID": ident, "reason": 7, "msg": {"dom": DOMAIN}}


async def test_refused(connect: Connect) -> None:
    client = await connect()
    await client.call(NAME, eventID=0, dom=None)
    for name, args, code, text in (
        (NAME, {"eventID": 0, "dom": None}, 8, "invalid argument: event callback already tracked"),
        (NAME, {"eventID": 99, "dom": None}, 1, "internal error: unsupported event ID 99"),
        ("ConnectDomainEventRegisterAny", {"eventID": 16}, 1, "internal error: unsupported event ID 16"),
        ("ConnectDomainEventCallbackDeregisterAny", {"callbackID": 77}, 1, "domain event callback 77 not registered"),
        ("ConnectNetworkEventRegisterAny", {"eventID": 9, "net": None}, 1, "unsupported network event ID 9"),
        ("ConnectStoragePoolEventDeregisterAny", {"callbackID": 9}, 1, "storage pool event callback 9 not registered"),
    ):
        with pytest.raises(Refused, match=text) as caught:
            await client.call(name, **args)
        assert caught.value.code == code


async def test_subscribed_once(connect: Connect, toy: Toy) -> None:
    client = await connect()
    idents = [(await client.call(NAME, eventID=n, dom=None))["callbackID"] for n in (0, 1, 2)]
    assert toy.subscribed == 1
    for ident in idents:
        await client.call("ConnectDomainEventCallbackDeregisterAny", callbackID=ident)
    await client.call("ConnectSupportsFeature", feature=6)
    assert toy.subscribed == 0


async def test_other_objects(connect: Connect, toy: Toy) -> None:
    client = await connect()
    ident = (await client.call("ConnectNetworkEventRegisterAny", eventID=0, net=None))["callbackID"]
    toy.emit(Networks.network_event_lifecycle, NetworkRef("n", bytes(16)), 2, 0)
    event = await client.event()
    assert event["proc"] == 315
    assert event["body"] == {"callbackID": ident, "net": {"name": "n", "uuid": "0" * 32}, "event": 2, "detail": 0}


async def test_order(connect: Connect, toy: Toy) -> None:
    client = await connect()
    await client.call(NAME, eventID=0, dom=None)
    for detail in range(200):
        toy.emit(Manager.domain_event_lifecycle, REF, 2, detail)
    assert [(await client.event())["body"]["msg"]["detail"] for _ in range(200)] == list(range(200))


async def test_daemon_comes_back(connect: Connect, toy: Toy) -> None:
    client = await connect()
    await client.call(NAME, eventID=0, dom=None)
    toy.subscribed = 0
    toy.drop()
    while not toy.subscribed:
        toy.arrived.clear()
        await asyncio.wait_for(toy.arrived.wait(), 10)
    toy.emit(Manager.domain_event_lifecycle, REF, 2, 0)
    assert (await client.event())["body"]["msg"]["dom"] == DOMAIN


async def test_slow_reader_is_cut_off_alone(connect: Connect, toy: Toy, server: Server) -> None:
    quick, slow = await connect(), await connect()
    for client in (quick, slow):
        await client.call(NAME, eventID=0, dom=None)
    long = DomainRef("x" * 100_000, bytes(16), 1)
    for number in range(300):
        toy.emit(Manager.domain_event_lifecycle, long, 2, number)
        assert (await quick.event())["body"]["msg"]["detail"] == number
    assert len(server.sessions) == 1
    await quick.call("ConnectSupportsFeature", feature=14)


async def test_monitor_events(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods.update(DomainMonitorEventRegister=40, DomainMonitorEventDeregister=None)
    found = await client.call("ConnectDomainMonitorEventRegister", "qemu", dom=None, event="stop", flags=2)
    toy.emit(Manager.domain_monitor_event, REF, "RESUME", 1, 2, None)
    toy.emit(Manager.domain_monitor_event, REF, "STOP", 1, 2, "{}")
    event = await client.event()
    assert event["body"]["event"] == "STOP"
    assert event["body"]["callbackID"] == found["callbackID"]
    await client.call("ConnectDomainMonitorEventDeregister", "qemu", callbackID=found["callbackID"])
    await toy.wait_for(2)
    assert toy.calls[-1][::2] == ("DomainMonitorEventDeregister", (40,))
