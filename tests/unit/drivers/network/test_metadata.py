# SPDX-License-Identifier: LGPL-2.1-or-later
"""Titles, descriptions and applications' own XML."""

from __future__ import annotations

import pytest

from tests.unit.drivers.network.world import World, create, define, nat
from virtbus.bus.errors import InvalidArg, NoNetworkMetadata, OperationInvalid, XmlDetail

LIVE, CONFIG = 1, 2
DESCRIPTION, TITLE, ELEMENT = range(3)


async def test_an_element_is_kept_under_its_namespace() -> None:
    world = World()
    network = await define(await world.driver(), nat())
    await network.set_metadata(ELEMENT, "<app a='1'>x<part/>y</app>", "k", "urn:k", 0)
    assert '<k:app xmlns:k="urn:k" a="1">x<k:part/>y</k:app>' in await network.get_xml_desc(0)
    again = (await world.driver()).networks.by_name("n1")
    assert again
    assert await again.get_metadata(ELEMENT, "urn:k", CONFIG) == '<app a="1">x<part/>y</app>'
    await again.set_metadata(ELEMENT, "<other/>", "k", "urn:k", 0)
    assert await again.get_metadata(ELEMENT, "urn:k", 0) == "<other/>"
    await again.set_metadata(ELEMENT, None, None, "urn:k", 0)
    assert "<metadata" not in await again.get_xml_desc(0)
    with pytest.raises(NoNetworkMetadata):
        await again.get_metadata(ELEMENT, "urn:k", 0)


async def test_title_and_description_live_and_stored() -> None:
    world = World()
    network = await define(await world.driver(), nat())
    await network.create()
    await network.set_metadata(TITLE, "a & b", None, None, LIVE | CONFIG)
    await network.set_metadata(DESCRIPTION, "two\nlines", None, None, CONFIG)
    assert "<title>a &amp; b</title>" in await network.get_xml_desc(0)
    with pytest.raises(NoNetworkMetadata):
        await network.get_metadata(DESCRIPTION, None, LIVE)
    again = (await world.driver()).networks.by_name("n1")
    assert again
    assert await again.get_metadata(DESCRIPTION, None, CONFIG) == "two\nlines"
    assert await again.get_metadata(TITLE, None, LIVE) == "a & b"


async def test_refusals() -> None:
    network = await create(await World().driver(), nat())
    with pytest.raises(InvalidArg):
        await network.set_metadata(TITLE, "a\nb", None, None, 0)
    with pytest.raises(InvalidArg):
        await network.set_metadata(7, "a", None, None, 0)
    with pytest.raises(InvalidArg):
        await network.set_metadata(ELEMENT, "<a/>", "k", None, 0)
    with pytest.raises(XmlDetail):
        await network.set_metadata(ELEMENT, "<a>", "k", "urn:k", 0)
    with pytest.raises(OperationInvalid):
        await network.set_metadata(TITLE, "a", None, None, CONFIG)
