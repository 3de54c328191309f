# SPDX-License-Identifier: LGPL-2.1-or-later
"""Walk every object of every daemon: each method says what it does and what permission it needs."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator

import pytest

from virtbus.bus import daemons
from virtbus.bus.connection import SystemBus

pytestmark = pytest.mark.federation

INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"


def annotation(element: ET.Element, name: str) -> str:
    """Give an annotation's value, "" where there is none."""
    return next((a.get("value", "") for a in element.iter("annotation") if a.get("name") == name), "")


async def nodes(bus: SystemBus, name: str, path: str) -> AsyncIterator[tuple[str, ET.Element]]:
    """Give every object from `path` down, with its description."""
    (text,) = (await bus.request(name, path, INTROSPECTABLE, "Introspect")).values()
    root = ET.fromstring(text)
    yield path, root
    for child in root.findall("node"):
        async for found in nodes(bus, name, f"{path.rstrip('/')}/{child.get('name')}"):
            yield found


@pytest.mark.parametrize("daemon", daemons.load(), ids=lambda d: d.program)
async def test_every_method_is_documented_and_guarded(daemon: daemons.Daemon) -> None:
    bus = await SystemBus.connect()
    methods = 0
    async for path, root in nodes(bus, daemon.bus_name, "/"):
        for interface in root.findall("interface"):
            for method in interface.findall("method"):
                where = f"{path} {interface.get('name')}.{method.get('name')}"
                assert annotation(method, "org.gtk.GDBus.DocString"), where
                assert annotation(method, "org.libvirt.Permission"), where
                methods += 1
    bus.link.close()
    assert methods > 10
