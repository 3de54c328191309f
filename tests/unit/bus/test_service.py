# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a caller meets: calls, errors, standard interfaces, signals, peers, and bad input."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from tests.unit.bus.toy import MANAGER, NETWORK, ROOT, open_descriptors, served
from virtbus.bus.caller import Caller
from virtbus.bus.errors import NoNetwork
from virtbus.bus.errors.wire import error_from_bus
from virtbus.bus.link import Link
from virtbus.bus.wire.codec import Variant
from virtbus.bus.wire.message import Message, Type, build, make_call

N0 = ROOT + "/network/" + "00" * 16
PROPERTIES = "org.freedesktop.DBus.Properties"


async def call(path: str, interface: str, member: str, signature: str = "", *args: Any) -> Message:
    """Make one call of a fresh service."""
    link, _service = await served()
    try:
        return await link.request(path, interface, member, signature, args)
    finally:
        link.close()


async def test_a_call_is_answered() -> None:
    assert (await call(N0, NETWORK, "GetXMLDesc", "u", 0)).values() == ("<network><name>n0</name></network>",)


async def test_references_travel_whole() -> None:
    ((found),) = (await call(ROOT, MANAGER, "ListAllNetworks", "u", 0)).values()
    assert found[0] == (N0, "n0", b"\0" * 16)


async def test_an_error_keeps_code_origin_and_text() -> None:
    reply = await call(ROOT, MANAGER, "NetworkLookupByName", "s", "nx")
    error = error_from_bus(reply)
    assert reply.error_name == "org.libvirt.Error.NoNetwork"
    assert isinstance(error, NoNetwork)
    assert (error.code, int(error.origin or 0)) == (43, 19)
    assert error.message == "Network not found: no network with matching name 'nx'"
    assert error.str2 == "no network with matching name 'nx'"


async def test_an_object_that_is_gone_is_libvirts_error() -> None:
    reply = await call(ROOT + "/network/" + "ff" * 16, NETWORK, "GetXMLDesc", "u", 0)
    assert reply.error_name == "org.libvirt.Error.NoNetwork"


async def test_what_the_driver_lacks_is_not_supported() -> None:
    reply = await call(N0, NETWORK, "GetBridgeName")
    assert error_from_bus(reply).code == 3


async def test_nothing_of_python_reaches_a_caller() -> None:
    reply = await call(ROOT, MANAGER, "NumOfNetworks")
    text = str(reply.values())
    assert reply.error_name == "org.libvirt.Error.InternalError"
    assert "KeyError" not in text
    assert "/etc/shadow" not in text


DEEP: Any = 1
for _ in range(20):
    DEEP = Variant("v", DEEP) if isinstance(DEEP, Variant) else Variant("i", DEEP)


@pytest.mark.parametrize(
    ("path", "interface", "member", "signature", "args", "name"),
    [
        (ROOT, MANAGER, "NetworkLookupByName", "i", (4,), "InvalidArgs"),
        (ROOT, MANAGER, "NetworkLookupByName", "ss", ("a", "b"), "InvalidArgs"),
        (ROOT, MANAGER, "NetworkLookupByName", "", (), "InvalidArgs"),
        (ROOT, MANAGER, "NetworkLookupByUUID", "s", ("no uuid",), "InvalidArgs"),
        (ROOT, MANAGER, "Nonsense", "", (), "UnknownMethod"),
        (ROOT, "org.libvirt.network1.Other", "ListAllNetworks", "u", (0,), "UnknownInterface"),
        ("/somewhere/else", MANAGER, "ListAllNetworks", "u", (0,), "UnknownObject"),
        (N0, PROPERTIES, "Get", "ss", (NETWORK, "Nonsense"), "UnknownProperty"),
        (N0, PROPERTIES, "Set", "ssv", (NETWORK, "Name", Variant("s", "x")), "PropertyReadOnly"),
        (N0, PROPERTIES, "Set", "ssv", (NETWORK, "Autostart", Variant("s", "x")), "InvalidArgs"),
        (N0, PROPERTIES, "Get", "s", (NETWORK,), "InvalidArgs"),
        (ROOT, MANAGER, "OpenPeer", "a{sv}", ({"x": DEEP},), "InvalidArg"),
    ],
)
async def test_bad_input_is_refused_by_name(
    path: str, interface: str, member: str, signature: str, args: tuple[Any, ...], name: str
) -> None:
    reply = await call(path, interface, member, signature, *args)
    assert reply.type == Type.ERROR
    assert (reply.error_name or "").endswith("." + name)
    assert "Traceback" not in str(reply.values())


async def test_a_body_that_is_not_its_signature_is_refused_and_the_link_lives() -> None:
    link, _service = await served()
    message = make_call(ROOT, MANAGER, "NetworkLookupByName", "s", ("n0",))
    message.body = b"\xff\xff\xff\x7f" + message.body[4:]
    answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    link.send_call(message, answer.set_result)
    assert (await answer).error_name == "org.freedesktop.DBus.Error.InvalidArgs"
    assert (await link.request(ROOT, MANAGER, "ListAllNetworks", "u", (0,))).type == Type.METHOD_RETURN
    link.close()


async def test_descriptors_that_no_call_takes_are_closed() -> None:
    link, _service = await served()
    await link.request(ROOT, MANAGER, "ListAllNetworks", "u", (0,))
    before = open_descriptors()
    near, far = socket.socketpair()
    await link.request(ROOT, MANAGER, "ListAllNetworks", "u", (0,), fds=[far.fileno()])
    far.close()
    near.settimeout(5)
    assert near.recv(1) == b""  # nobody holds the other end any more
    near.close()
    assert open_descriptors() == before
    link.close()


async def test_properties_are_plain_variants() -> None:
    (found,) = (await call(N0, PROPERTIES, "GetAll", "s", NETWORK)).values()
    assert found["Name"] == Variant("s", "n0")
    assert found["UUID"] == Variant("s", "00000000-0000-0000-0000-000000000000")
    assert found["Autostart"] == Variant("b", value=False)
    assert "BridgeName" not in found


async def test_a_property_is_set_through_its_call() -> None:
    link, _service = await served()
    await link.request(N0, PROPERTIES, "Set", "ssv", (NETWORK, "Autostart", Variant("b", value=True)))
    reply = await link.request(N0, PROPERTIES, "Get", "ss", (NETWORK, "Autostart"))
    assert reply.values() == (Variant("b", value=True),)
    link.close()


async def test_one_call_gives_all_objects() -> None:
    (found,) = (await call(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")).values()
    assert [p.rpartition("/")[0] for p in found] == [ROOT + "/network"] * 3
    assert found[N0][NETWORK]["Name"].value == "n0"


async def test_an_event_reaches_a_subscriber_with_generation_and_sequence() -> None:
    link, service = await served()
    seen: asyncio.Queue[Message] = asyncio.Queue()
    link.on_signal = seen.put_nowait
    await link.request(ROOT, MANAGER, "Subscribe")
    await link.request(ROOT, MANAGER, "NetworkDefineXML", "s", ("<network/>",))
    signal = await seen.get()
    assert signal.member == "NetworkEventLifecycle"
    assert signal.values() == (service.signals.generation, 1, (N0, "n0", b"\0" * 16), 0, 0)
    (generation, missed) = (await link.request(ROOT, MANAGER, "EventsSince", "tt", (signal.values()[0], 0))).values()
    assert generation == service.signals.generation
    assert [(n, member) for n, member, _ in missed] == [(1, "NetworkEventLifecycle")]
    link.close()


async def test_no_event_reaches_those_who_did_not_ask() -> None:
    link, _service = await served()
    seen: list[Message] = []
    link.on_signal = seen.append
    await link.request(ROOT, MANAGER, "NetworkDefineXML", "s", ("<network/>",))
    await link.request(ROOT, "org.freedesktop.DBus.Peer", "Ping")
    assert seen == []
    link.close()


async def test_a_peer_is_whom_the_proxy_says() -> None:
    link, _service = await served()
    identity = {"uid": Variant("u", 1000), "transport": Variant("s", "unix"), "read_only": Variant("b", value=True)}
    reply = await link.request(ROOT, MANAGER, "OpenPeer", "a{sv}", (identity,))
    peer = Link(socket.socket(fileno=reply.fds[0]))
    peer.start()
    assert (await peer.request(ROOT, MANAGER, "ListAllNetworks", "u", (0,))).type == Type.METHOD_RETURN
    refused = await peer.request(N0, NETWORK, "Destroy")
    assert error_from_bus(refused).code == 88
    peer.close()
    link.close()


async def test_nobody_else_says_who_he_is() -> None:
    link, _service = await served(Caller(uid=1000, transport="unix"))
    reply = await link.request(ROOT, MANAGER, "OpenPeer", "a{sv}", ({"uid": Variant("u", 0)},))
    assert reply.error_name == "org.libvirt.Error.OperationDenied"
    link.close()


async def test_a_burst_of_calls_is_answered_in_whole() -> None:
    link, _service = await served()
    replies = await asyncio.gather(*(link.request(N0, NETWORK, "GetXMLDesc", "u", (0,)) for _ in range(5000)))
    assert all(r.type == Type.METHOD_RETURN for r in replies)
    link.close()


async def test_calls_that_wait_get_an_error_when_the_link_ends() -> None:
    near, far = socket.socketpair()
    link = Link(near)
    link.start()
    waiting = asyncio.ensure_future(link.request("/x", "a.b", "Never"))
    await asyncio.sleep(0)
    far.close()
    assert (await waiting).error_name == "org.freedesktop.DBus.Error.NoReply"


async def test_bytes_that_are_no_message_end_the_link() -> None:
    near, far = socket.socketpair()
    link = Link(near)
    ended = asyncio.Event()
    link.on_closed = ended.set
    link.start()
    far.sendall(b"GET / HTTP/1.1\r\n\r\n")
    await asyncio.wait_for(ended.wait(), 10)
    far.close()


async def test_a_message_without_reply_wanted_gets_none() -> None:
    link, _service = await served()
    message = make_call(ROOT, MANAGER, "NetworkLookupByName", "s", ("nx",), flags=1)
    message.serial = link.next_serial()
    seen: list[Message] = []
    link.send(build(message))
    link.on_signal = seen.append
    assert (await link.request(ROOT, "org.freedesktop.DBus.Peer", "Ping")).values() == ()
    link.close()
