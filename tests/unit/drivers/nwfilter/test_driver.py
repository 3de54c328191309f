# SPDX-License-Identifier: LGPL-2.1-or-later
"""Filters are defined, redefined under guests and removed; bindings come and go, or fail without a trace."""

from __future__ import annotations

import json
from typing import Any

import pytest

from virtbus.bus.api import nwfilter as api
from virtbus.bus.errors import InternalError, NoNwfilter, NoNwfilterBinding, OperationFailed, OperationInvalid
from virtbus.drivers.common.fake.files import Files
from virtbus.drivers.common.fake.nft import Nft
from virtbus.drivers.nwfilter.driver import NWFilterDriver

BINDING = """<filterbinding><owner><name>g</name><uuid>74770000-0000-4000-8000-0000000013f1</uuid></owner>
<portdev name='{}'/><mac address='02:00:00:00:00:01'/><filterref filter='{}'/></filterbinding>"""


class Bus:
    """Hear what the driver tells."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def added(self, obj: Any) -> None:
        self.told.append(("added", obj.ref[0]))

    def removed(self, obj: Any) -> None:
        self.told.append(("removed", obj.ref[0]))


class Setting:
    """A driver on simulated files and a simulated firewall."""

    def __init__(self, files: Files | None = None) -> None:
        self.files, self.nft, self.bus = files or Files(), Nft(), Bus()
        self.files.contents.setdefault(
            "/etc/libvirt/nwfilter/mac.xml",
            "<filter name='mac'>"
            "<rule action='drop' direction='out'><mac match='no' srcmacaddr='$MAC'/></rule></filter>",
        )
        self.driver = NWFilterDriver(files=self.files, firewall=self.nft)  # type: ignore[arg-type]

    @property
    def manager(self) -> api.Manager:
        assert isinstance(self.driver.manager, api.Manager)
        return self.driver.manager

    def applied(self) -> str:
        return json.dumps(self.nft.applied[-1])


@pytest.fixture
async def setting() -> Setting:
    made = Setting()
    await made.driver.start(made.bus)
    return made


async def test_a_shipped_filter_gets_a_uuid_that_stays(setting: Setting) -> None:
    ref = await setting.manager.nwfilter_lookup_by_name("mac")
    again = Setting(setting.files)
    await again.driver.start(again.bus)
    assert await again.manager.nwfilter_lookup_by_name("mac") == ref


async def test_names_and_uuids_do_not_clash(setting: Setting) -> None:
    with pytest.raises(OperationFailed, match=r"^operation failed: filter 'mac' already exists with uuid "):
        await setting.manager.nwfilter_define_xml("<filter name='mac'/>")
    uuid = setting.driver.filters.by_name("mac").model.uuid  # type: ignore[union-attr]
    with pytest.raises(OperationFailed, match=r"filter with same UUID but different name \('mac'\) already exists"):
        await setting.manager.nwfilter_define_xml(f"<filter name='x'><uuid>{uuid}</uuid></filter>")


async def test_a_loop_is_refused(setting: Setting) -> None:
    await setting.manager.nwfilter_define_xml("<filter name='a'><filterref filter='b'/></filter>")
    with pytest.raises(OperationFailed, match="filter would introduce a loop"):
        await setting.manager.nwfilter_define_xml("<filter name='b'><filterref filter='a'/></filter>")
    assert "/etc/libvirt/nwfilter/b.xml" not in setting.files.contents


async def test_a_binding_is_in_force_kept_and_ends(setting: Setting) -> None:
    ref = await setting.manager.nwfilter_binding_create_xml(BINDING.format("tap0", "mac"), 0)
    assert "02:00:00:00:00:01" in setting.applied()
    assert "/run/libvirt/nwfilter-binding/tap0.xml" in setting.files.contents
    with pytest.raises(OperationFailed, match="binding 'tap0' already exists"):
        await setting.manager.nwfilter_binding_create_xml(BINDING.format("tap0", "mac"), 0)
    binding = setting.driver.find(ref.path())
    assert isinstance(binding, api.Binding)
    await binding.delete()
    assert '"delete"' in setting.applied()
    assert "/run/libvirt/nwfilter-binding/tap0.xml" not in setting.files.contents
    with pytest.raises(NoNwfilterBinding, match="no nwfilter binding for port dev 'tap0'"):
        await setting.manager.nwfilter_binding_lookup_by_port_dev("tap0")
    assert setting.bus.told == [("added", "tap0"), ("removed", "tap0")]


async def test_a_binding_whose_rules_cannot_be_in_force_is_none(setting: Setting) -> None:
    setting.nft.broken = "no such module"
    with pytest.raises(InternalError, match="Failed to apply firewall rules"):
        await setting.manager.nwfilter_binding_create_xml(BINDING.format("tap0", "mac"), 0)
    assert setting.driver.bindings == {}
    assert "/run/libvirt/nwfilter-binding/tap0.xml" not in setting.files.contents


async def test_redefining_changes_the_rules_of_guests_in_one_transaction(setting: Setting) -> None:
    await setting.manager.nwfilter_binding_create_xml(BINDING.format("tap0", "mac"), 0)
    uuid = setting.driver.filters.by_name("mac").model.uuid  # type: ignore[union-attr]
    document = (
        f"<filter name='mac'><uuid>{uuid}</uuid><rule action='drop' direction='in'>"
        "<arp srcmacaddr='{}'/></rule></filter>"
    )
    before = len(setting.nft.applied)
    await setting.manager.nwfilter_define_xml(document.format("0a:0a:0a:0a:0a:0a"))
    assert len(setting.nft.applied) == before + 1
    assert "0a:0a:0a:0a:0a:0a" in setting.applied()
    setting.nft.broken = "full"
    with pytest.raises(InternalError):
        await setting.manager.nwfilter_define_xml(document.format("0b:0b:0b:0b:0b:0b"))
    known = setting.driver.filters.by_name("mac")
    assert known is not None
    assert "0a:0a:0a:0a:0a:0a" in await known.get_xml_desc(0)


async def test_a_filter_in_use_stays(setting: Setting) -> None:
    ref = await setting.manager.nwfilter_define_xml("<filter name='outer'><filterref filter='mac'/></filter>")
    await setting.manager.nwfilter_binding_create_xml(BINDING.format("tap0", "outer"), 0)
    for name in ("outer", "mac"):
        known = setting.driver.filters.by_name(name)
        assert known is not None
        with pytest.raises(OperationInvalid, match="nwfilter is in use"):
            await known.undefine()
    await setting.driver.bindings["tap0"].delete()
    outer = setting.driver.find(ref.path())
    assert isinstance(outer, api.Filter)
    await outer.undefine()
    with pytest.raises(NoNwfilter, match="no nwfilter with matching uuid"):
        await outer.undefine()


async def test_a_new_daemon_makes_the_table_anew_at_once(setting: Setting) -> None:
    await setting.manager.nwfilter_binding_create_xml(BINDING.format("tap0", "mac"), 0)
    again = Setting(setting.files)
    await again.driver.start(again.bus)
    assert list(again.driver.bindings) == ["tap0"]
    assert len(again.nft.applied) == 1
    assert "02:00:00:00:00:01" in again.applied()


@pytest.mark.parametrize("port", ["a/b", "x" * 16, "two words", "..", "a&#10;b"])
async def test_other_names_than_those_of_devices_are_refused(setting: Setting, port: str) -> None:
    with pytest.raises(Exception, match="is no name of a network device"):
        await setting.manager.nwfilter_binding_create_xml(BINDING.format(port, "mac"), 0)
