# SPDX-License-Identifier: LGPL-2.1-or-later
"""Flags that nobody knows are refused by every method of every object, before it does anything."""

from __future__ import annotations

import asyncio
from typing import Any

import libvirt
import pytest
from dbus_next.signature import SignatureTree

from tests.security import answers, federation
from tests.security.test_bus_input import DAEMONS, methods
from tests.security.wires import empty, on_bus, sender
from virtbus.bus import daemons
from virtbus.bus.catalogue import Call
from virtbus.bus.types import Scalar
from virtbus.bus.wire.codec import for_signature
from virtbus.bus.wire.message import Fields, Message, Type
from virtbus.proxy.rpc import layout

pytestmark = [pytest.mark.federation, pytest.mark.usefixtures("targets")]

ALL = 0xFFFFFFFF
UNCHECKED = {
    # -1 is libvirt's own sign here for all that may be.
    ("org.libvirt.hypervisor1.Manager", "DomainMonitorEventRegister"),
    # A guest without launch security has nothing to tell, whatever the flags.
    ("org.libvirt.hypervisor1.Domain", "GetLaunchSecurityInfo"),
    # libvirt-python asks first how many there are, without the flags, and asks no more if there are none.
    ("org.libvirt.hypervisor1.Domain", "GetDiskErrors"),
}
"""Where libvirt itself, or its Python binding, does not look at them."""


def flagged() -> dict[tuple[str, str], Call]:
    """Give the methods that take flags, by interface and member."""
    return {
        (api.interface(), entry.member): entry
        for api, entry in layout.calls()
        if entry.bus and any(p.name == "flags" and p.kind == Scalar("uint32") for p in entry.params)
    }


def body(entry: Call, signature: str) -> bytes:
    """Give the arguments of a call: nothing of each, and all flags."""
    least: list[Any] = [empty(kind) for kind in SignatureTree(signature).types]
    least[[p.name for p in entry.params].index("flags")] = ALL
    out = bytearray()
    for_signature(signature).encode(out, tuple(least))
    return bytes(out)


def fault(where: str, reply: Message) -> str:
    """Give what is wrong with an answer."""
    if reply.type != Type.ERROR:
        return f"{where} does what it is not asked"
    text = str(reply.values()[0])
    if not answers.proper(reply.error_name or ""):
        return f"{where}: {reply.error_name} {text[:200]}"
    said = answers.leak(text)
    return f"{where}: {said}" if said else ""


@pytest.mark.parametrize("daemon", DAEMONS, ids=lambda d: d.program)
def test_unknown_flags(daemon: daemons.Daemon, connection: libvirt.virConnect) -> None:
    known = flagged()

    async def attack() -> list[str]:
        found = []
        async with on_bus() as bus:
            send = sender(bus.link, daemon.bus_name)
            for method in await methods(bus, daemon.bus_name):
                entry = known.get((method.interface, method.name))
                if entry is not None and (method.interface, method.name) not in UNCHECKED:
                    fields = Fields(method.path, method.interface, method.name, signature=method.signature)
                    reply = await asyncio.wait_for(send(fields, body(entry, method.signature)), 10)
                    found.append(fault(str(method), reply))
        return list(filter(None, found))

    with federation.unharmed(connection):
        assert asyncio.run(attack()) == []
