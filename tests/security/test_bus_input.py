# SPDX-License-Identifier: LGPL-2.1-or-later
"""Wrong arguments to every method of every object of every daemon: a short error, and nothing else happens.

Each method gets what it does not take: other types, one argument more, none, variants within variants. What a bus
would not carry (bodies cut short, paths and signatures that are none) goes over peer connections, as from a broken
proxy.
"""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import NamedTuple

import libvirt
import pytest

from tests.security import answers, federation
from tests.security.wires import Send, beside_bus, least, on_bus, sender
from virtbus.bus import daemons
from virtbus.bus.connection import SystemBus
from virtbus.bus.wire.message import Fields, Message, Type

pytestmark = [pytest.mark.federation, pytest.mark.usefixtures("targets")]

TOGETHER = 100
"""Calls on the way at once: a bus lets a connection wait for 128 answers."""

BIG = 32 << 20
HEADROOM = 4096
"""Bytes of a message besides its one big array, to stay within what a bus carries."""

DEEPEST = 62
"""Levels of variants that a bus still carries, with what is around them."""

DAEMONS = daemons.load()
NO_PATHS = ("", "none", "//", "/org//libvirt", "/org/libvirt/", "/org/libvirt/é", "/" + "x" * 8192)


class Method(NamedTuple):
    """A method of an object."""

    path: str
    interface: str
    name: str
    signature: str

    def __str__(self) -> str:
        return f"{self.path} {self.interface}.{self.name}({self.signature})"


class Attack(NamedTuple):
    """A call that must be refused."""

    what: str
    method: Method
    signature: str
    body: bytes


def nested(levels: int) -> bytes:
    """Give the body of a message: variants within variants, a number in the innermost."""
    heads = b"\1v\0" * (levels - 1) + b"\1u\0"
    return heads + b"\0" * (-len(heads) % 4) + b"\7\0\0\0"


def wrong(method: Method) -> Iterator[Attack]:
    """Give what a bus carries and the method must refuse."""
    other = "t" if method.signature != "t" else "s"
    yield Attack("wrong type", method, other, least(other))
    yield Attack("one argument more", method, method.signature + "s", least(method.signature + "s"))
    yield Attack("64 levels", method, "v", nested(DEEPEST))
    if method.signature:
        yield Attack("empty signature", method, "", b"")
        yield Attack("object path", method, "o", least("o"))


def broken(method: Method) -> Iterator[Attack]:
    """Give what no bus carries."""
    if method.signature:
        yield Attack("no bytes", method, method.signature, b"")
        yield Attack("all ones", method, method.signature, b"\xff" * 3)
    yield Attack("deep variants", method, "v", nested(200))
    yield Attack("deep arrays", method, "a" * 64 + "u", bytes(8))
    yield Attack("deep structures", method, "(" * 64 + "u" + ")" * 64, bytes(8))
    yield Attack("empty structure", method, "a()", b"\x10" + bytes(23))
    yield Attack("no signature", method, "!", bytes(8))
    if not method.interface.startswith("org.freedesktop.DBus."):
        for path in NO_PATHS:
            yield Attack("no path", method._replace(path=path), method.signature + "s", least(method.signature + "s"))


async def nodes(bus: SystemBus, name: str, path: str) -> AsyncIterator[tuple[str, ET.Element]]:
    """Give every object from `path` down, with its description."""
    (text,) = (await bus.request(name, path, "org.freedesktop.DBus.Introspectable", "Introspect")).values()
    root = ET.fromstring(text)
    yield path, root
    for child in root.findall("node"):
        async for found in nodes(bus, name, f"{path.rstrip('/')}/{child.get('name')}"):
            yield found


async def methods(bus: SystemBus, name: str) -> list[Method]:
    """Give every method of every object of a daemon, those of the standard interfaces too."""
    found = []
    async for path, root in nodes(bus, name, "/"):
        for interface in root.findall("interface"):
            for method in interface.findall("method"):
                signature = "".join(a.get("type", "") for a in method.findall("arg") if a.get("direction") != "out")
                found.append(Method(path, interface.get("name", ""), method.get("name", ""), signature))
    return found


def fault(attack: Attack, reply: Message) -> str:
    """Give what is wrong with the answer to an attack, "" for nothing."""
    where = f"{attack.what}: {attack.method}"
    if reply.type != Type.ERROR:
        return f"{where} answered as if all were well"
    text = str(reply.values()[0])
    if not answers.proper(reply.error_name or ""):
        return f"{where} answered {reply.error_name}: {text[:200]}"
    said = answers.leak(text)
    return f"{where}: {said}" if said else ""


async def faults(send: Send, attacks: list[Attack]) -> list[str]:
    """Make all attacks; give what is wrong with the answers."""
    found: list[str] = []
    for start in range(0, len(attacks), TOGETHER):
        some = attacks[start : start + TOGETHER]
        calls = [send(Fields(m.path, m.interface, m.name, signature=sig), body) for _what, m, sig, body in some]
        replies = await asyncio.wait_for(asyncio.gather(*calls), 20)
        found += filter(None, map(fault, some, replies))
    return found


@pytest.mark.parametrize("daemon", DAEMONS, ids=lambda d: d.program)
def test_what_a_bus_carries(daemon: daemons.Daemon, connection: libvirt.virConnect) -> None:
    async def attack() -> tuple[list[str], Counter[str]]:
        async with on_bus() as bus:
            attacks = [a for method in await methods(bus, daemon.bus_name) for a in wrong(method)]
            return await faults(sender(bus.link, daemon.bus_name), attacks), Counter(a.what for a in attacks)

    with federation.unharmed(connection):
        found, tried = asyncio.run(attack())
    assert found == []
    assert len(tried) == 5
    assert min(tried.values()) > 5


@pytest.mark.parametrize("daemon", DAEMONS, ids=lambda d: d.program)
def test_what_no_bus_carries(daemon: daemons.Daemon, connection: libvirt.virConnect) -> None:
    async def attack() -> list[str]:
        async with on_bus() as bus:
            attacks = [a for method in await methods(bus, daemon.bus_name) for a in broken(method)]
            async with beside_bus(bus, daemon) as link:
                return await faults(sender(link), attacks)

    with federation.unharmed(connection):
        assert asyncio.run(attack()) == []


def one_each(found: Iterable[Method]) -> list[Method]:
    """Give one method of each of a daemon's own interfaces."""
    own = (method for method in found if not method.interface.startswith("org.freedesktop.DBus."))
    return list({method.interface: method for method in own}.values())


@pytest.mark.parametrize("daemon", DAEMONS, ids=lambda d: d.program)
def test_32_mebibytes(daemon: daemons.Daemon, connection: libvirt.virConnect) -> None:
    """An array as large as a message may be goes to a manager over the bus, and beside it to one method of a kind."""

    def attack(method: Method, size: int) -> Attack:
        return Attack("32 MiB", method, "ay", size.to_bytes(4, "little") + bytes(size))

    async def attacks() -> list[str]:
        async with on_bus() as bus, beside_bus(bus, daemon) as link:
            known = await methods(bus, daemon.bus_name)
            manager = next(m for m in known if m.path == daemon.root and m.name == "OpenPeer")
            found = await faults(sender(bus.link, daemon.bus_name), [attack(manager, BIG - HEADROOM)])
            for method in one_each(known):
                found += await faults(sender(link), [attack(method, BIG)])
            return found

    with federation.unharmed(connection):
        assert asyncio.run(attacks()) == []
