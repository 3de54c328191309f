# SPDX-License-Identifier: LGPL-2.1-or-later
"""The life of pools: defined, built, started, refreshed, stopped, gone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.unit.drivers.storage.house import House
from virtbus.bus.errors import InternalError, LibvirtError, NoStoragePool, OperationFailed, OperationInvalid

UNSUPPORTED = "this function is not supported by the connection driver"
U1, U2 = "11111111-1111-4111-8111-111111111111", "21111111-1111-4111-8111-111111111111"


async def test_life(house: House) -> None:
    pool = await house.define("p", "<permissions><mode>0751</mode></permissions>")
    with pytest.raises(LibvirtError, match=f"cannot open directory '{house.folder}/p': No such file or directory"):
        await pool.create(0)
    for call in (pool.destroy(), pool.refresh(0), pool.list_volumes()):
        with pytest.raises(OperationInvalid, match="storage pool 'p' is not active"):
            await call
    await pool.build(0)
    assert stat.S_IMODE((house.folder / "p").stat().st_mode) == 0o751
    await pool.create(0)
    assert "<poolstate>" in (house.folder / "run/p.xml").read_text()
    for call in (pool.create(0), pool.build(0)):
        with pytest.raises(OperationInvalid, match="is already active"):
            await call
    for call in (pool.delete(0), pool.undefine()):
        with pytest.raises(OperationInvalid, match="is still active"):
            await call
    await pool.refresh(0)
    await pool.destroy()
    assert not (house.folder / "run/p.xml").exists()
    await pool.delete(0)
    await pool.undefine()
    assert not (house.folder / "etc/p.xml").exists()
    assert [e for e in house.told.events if e[0] != "changed"] == [
        ("lifecycle", 0), ("lifecycle", 4), ("lifecycle", 2), ("refresh",), ("lifecycle", 3), ("lifecycle", 5),
        ("lifecycle", 1),
    ]  # fmt: skip
    assert house.driver.find(pool.ref.path()) is None
    assert "no storage pool with matching uuid" in house.driver.missing(pool.ref.path()).message


async def test_folder_with_contents_is_not_deleted(house: House) -> None:
    pool = await house.running()
    (house.folder / "p/f").touch()
    await pool.destroy()
    with pytest.raises(LibvirtError, match=f"failed to remove pool '{house.folder}/p': Directory not empty"):
        await pool.delete(0)


async def test_refresh_lists_what_is_a_volume(house: House) -> None:
    pool = await house.running()
    folder = house.folder / "p"
    (folder / ".dot").touch()
    (folder / "sub").mkdir()
    (folder / "dangling").symlink_to("nowhere")
    (folder / "out").symlink_to("/etc/passwd")
    (folder / "in").symlink_to(".dot")
    (folder / "ctl\x01").touch()
    os.mkfifo(folder / "pipe")
    await pool.refresh(0)
    assert sorted(await pool.list_volumes()) == [".dot", "in", "sub"]


async def test_pool_that_vanished_falls(house: House) -> None:
    pool = await house.running()
    (house.folder / "p").rmdir()
    with pytest.raises(LibvirtError, match="cannot open directory"):
        await pool.refresh(0)
    assert not await pool.is_active()
    assert house.told.events[-1] == ("lifecycle", 3)


async def test_names_and_uuids_are_unique(house: House) -> None:
    await house.define("q", uuid=U1)
    cases = {
        house.xml("r", uuid=U1): f"pool 'q' is already defined with uuid {U1}",
        house.xml("q", uuid=U2): f"pool 'q' already exists with uuid {U1}",
        house.xml("r", uuid=U2, path=f"{house.folder}/q/"): "Storage source conflict with pool: 'q'",
    }
    for xml, words in cases.items():
        with pytest.raises(OperationFailed, match=words):
            await house.manager.storage_pool_define_xml(xml, 0)


async def test_active_pool_keeps_its_document_until_it_stops(house: House) -> None:
    pool = await house.running()
    changed = house.xml("p", path=f"{house.folder}/moved", uuid=str(pool.model.uuid))
    await house.manager.storage_pool_define_xml(changed, 0)
    assert f"<path>{house.folder}/p</path>" in await pool.get_xml_desc(0)
    assert f"<path>{house.folder}/moved</path>" in await pool.get_xml_desc(1)
    await pool.destroy()
    assert f"<path>{house.folder}/moved</path>" in await pool.get_xml_desc(0)


async def test_transient_pool(house: House) -> None:
    xml = house.xml("t", uuid=U1)
    with pytest.raises(LibvirtError, match="cannot open directory"):
        await house.manager.storage_pool_create_xml(xml, 0)
    assert not list(house.driver.pools)
    pool = house.pool((await house.manager.storage_pool_create_xml(xml, 1)).path())
    assert not await pool.is_persistent()
    with pytest.raises(InternalError, match="pool has no config file"):
        await pool.set_autostart(True)
    with pytest.raises(OperationInvalid, match="pool is already active as 't'"):
        await house.manager.storage_pool_create_xml(xml, 0)
    await pool.destroy()
    with pytest.raises(NoStoragePool):
        await house.manager.storage_pool_lookup_by_name("t")


async def test_build_refuses_what_a_folder_cannot(house: House) -> None:
    pool = await house.define()
    with pytest.raises(LibvirtError, match=r"unsupported flags \(0x1\) in function virStorageBackendFileSystemBuild"):
        await pool.build(1)
    with pytest.raises(OperationInvalid, match="No source device specified when formatting pool 'p'"):
        await pool.build(8)
    with pytest.raises(LibvirtError, match="are mutually exclusive"):
        await pool.build(12)


async def test_build_never_follows_a_link_to_set_permissions(house: House) -> None:
    elsewhere = house.folder / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (house.folder / "p").symlink_to(elsewhere)
    pool = await house.define("p", "<permissions><mode>0777</mode></permissions>")
    with pytest.raises(LibvirtError):
        await pool.build(0)
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700


async def test_autostart_happens_once_a_boot(house: House, tmp_path: Path) -> None:
    pool = await house.define()
    await pool.build(0)
    await pool.set_autostart(True)
    assert (house.folder / "etc/autostart/p.xml").readlink() == house.folder / "etc/p.xml"
    again = House(tmp_path)
    await again.driver.start(again.told)
    assert not await again.pool(pool.ref.path()).is_active()
    (house.folder / "run/autostarted").unlink()
    rebooted = House(tmp_path)
    await rebooted.driver.start(rebooted.told)
    assert await rebooted.pool(pool.ref.path()).is_active()


async def test_restart_takes_running_pools_over(house: House, tmp_path: Path) -> None:
    pool = await house.running()
    await house.volume(pool, "v")
    xml = house.xml("t", uuid=U1)
    transient = await house.manager.storage_pool_create_xml(xml, 1)
    again = House(tmp_path)
    await again.driver.start(again.told)
    assert await again.pool(pool.ref.path()).list_volumes() == ["v"]
    assert await again.pool(transient.path()).is_active()


async def test_restart_forgets_what_is_not_up_any_more(house: House, tmp_path: Path) -> None:
    pool = await house.running()
    (house.folder / "p").rmdir()
    again = House(tmp_path)
    await again.driver.start(again.told)
    assert not await again.pool(pool.ref.path()).is_active()
    assert not (house.folder / "run/p.xml").exists()


async def test_broken_documents_are_left_out(house: House, tmp_path: Path) -> None:
    (house.folder / "etc").mkdir(exist_ok=True)
    (house.folder / "etc/bad.xml").write_text("<pool")
    (house.folder / "etc/other.xml").write_text(house.xml("another"))
    again = House(tmp_path)
    await again.driver.start(again.told)
    assert not list(again.driver.pools)


async def test_lists_are_filtered(house: House) -> None:
    await house.define("stored")
    await house.running("up")
    await house.manager.storage_pool_create_xml(house.xml("t"), 1)
    expected = {
        0: {"stored", "up", "t"}, 1: {"stored"}, 2: {"up", "t"}, 4: {"stored", "up"}, 8: {"t"}, 16: set(),
        32: {"stored", "up", "t"}, 3: {"stored", "up", "t"}, 0x40: {"stored", "up", "t"}, 0x80: set(),
        0x42: {"up", "t"},
    }  # fmt: skip
    for flags, names in expected.items():
        assert {r.name for r in await house.manager.list_all_storage_pools(flags)} == names, flags
    assert await house.manager.num_of_storage_pools() == 2
    assert await house.manager.list_defined_storage_pools() == ["stored"]


async def test_look_up_by_target_finds_active_pools(house: House) -> None:
    pool = await house.running()
    target = f"{house.folder}/p"
    assert await house.manager.storage_pool_lookup_by_target_path(f"/{target}/") == pool.ref
    await pool.destroy()
    for path in (target, "p", "", "/no/such"):
        with pytest.raises(NoStoragePool, match=f"no storage pool with matching target path '{path}'"):
            await house.manager.storage_pool_lookup_by_target_path(path)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("nosuch", "internal error: unknown storage pool type nosuch"),
        ("rbd", "internal error: missing backend for pool type 9 (rbd)"),
        ("dir", f"{UNSUPPORTED}: pool type 'dir' does not support source discovery"),
    ],
)
async def test_sources_that_cannot_be_sought(house: House, kind: str, words: str) -> None:
    with pytest.raises(LibvirtError) as caught:
        await house.manager.find_storage_pool_sources(kind, None, 0)
    assert caught.value.message == words
