# SPDX-License-Identifier: LGPL-2.1-or-later
"""Volumes of a folder: made, copied, resized, wiped, deleted, found."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from pathlib import Path

import pytest

from tests.unit.drivers.storage.house import House
from virtbus.bus.errors import (
    InternalError,
    InvalidArg,
    LibvirtError,
    NoStoragePool,
    NoStorageVol,
    OperationInvalid,
    StorageVolExist,
)
from virtbus.drivers.common.engine.process import Result
from virtbus.drivers.common.fake.process import Processes
from virtbus.drivers.storage.pool import StoragePool

needs_qemu = pytest.mark.skipif(not shutil.which("qemu-img"), reason="qemu-img is not installed")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_raw_has_its_size_its_blocks_and_a_narrow_mode(house: House) -> None:
    pool = await house.running()
    await house.volume(pool, "full")
    await house.volume(pool, "sparse", "<allocation>0</allocation>")
    full, sparse = house.folder / "p/full", house.folder / "p/sparse"
    assert (full.stat().st_size, mode(full)) == (65536, 0o600)
    assert full.stat().st_blocks * 512 >= 65536
    assert (sparse.stat().st_size, sparse.stat().st_blocks) == (65536, 0)


async def test_mode_as_asked(house: House) -> None:
    pool = await house.running()
    old = os.umask(0o077)
    try:
        await house.volume(pool, "v", "<target><permissions><mode>0664</mode></permissions></target>")
    finally:
        os.umask(old)
    assert mode(house.folder / "p/v") == 0o664


async def test_document_and_info(house: House) -> None:
    volume = await house.volume(await house.running(), "v")
    text = await volume.get_xml_desc(0)
    assert "<format type='raw'/>" in text
    assert "<physical unit='bytes'>65536</physical>" in text
    assert (await volume.get_info())[:2] == (0, 65536)
    (house.folder / "p/v").write_bytes(b"longer" * 20000)
    assert (await volume.get_info()).capacity == 120000
    assert (await volume.get_info_flags(1)).allocation == 120000


@pytest.mark.parametrize("name", ["../v", "a/b", "/etc/passwd", "..", ".", "a/../../b"])
async def test_names_never_leave_the_pool(house: House, name: str) -> None:
    pool = await house.running()
    with pytest.raises(OperationInvalid):
        await house.volume(pool, name)
    assert await pool.list_volumes() == []
    assert os.listdir(house.folder / "p") == []


async def test_what_is_there_is_not_overwritten(house: House) -> None:
    pool = await house.running()
    (house.folder / "p/v").write_text("mine")
    (house.folder / "p/link").symlink_to(house.folder / "victim")
    for name in ("v", "link"):
        with pytest.raises(OperationInvalid, match=f"volume target path '{house.folder}/p/{name}' already exists"):
            await house.volume(pool, name)
    assert (house.folder / "p/v").read_text() == "mine"
    assert not (house.folder / "victim").exists()
    await house.volume(pool, "other")
    with pytest.raises(StorageVolExist, match="storage volume 'other' exists already"):
        await house.volume(pool, "other")


async def test_failed_creation_leaves_nothing(house: House) -> None:
    pool = await house.running()
    huge = "<volume><name>h</name><capacity unit='EiB'>7</capacity></volume>"
    with pytest.raises(LibvirtError):
        await pool.storage_vol_create_xml(huge, 0)
    with pytest.raises(LibvirtError, match="metadata preallocation is not supported for raw volumes"):
        await house.volume(pool, "m", flags=1)
    with pytest.raises(LibvirtError, match="backing storage not supported for raw volumes"):
        await house.volume(pool, "b", "<backingStore><path>/x</path></backingStore>")
    assert os.listdir(house.folder / "p") == []
    assert await pool.list_volumes() == []


async def test_failing_program_leaves_nothing(tmp_path: Path) -> None:
    house = House(tmp_path, Processes({"/usr/bin/qemu-img": _broken}))
    await house.driver.start(house.told)
    pool = await house.running()
    with pytest.raises(InternalError) as caught:
        await house.volume(pool, "v", "<target><format type='qcow2'/></target>")
    path = f"{tmp_path}/p/v"
    assert caught.value.message == (
        f"internal error: Child process (/usr/bin/qemu-img create -f qcow2 -o compat=0.10 {path} 64K) unexpected exit "
        f"status 1: {path}: no"
    )
    assert os.listdir(tmp_path / "p") == []


def _broken(argv: object, input: bytes) -> Result:
    assert isinstance(argv, list)
    return Result(1, b"", f"{argv[-2]}: no".encode())


@needs_qemu
async def test_images_are_narrow_at_once_and_known_again(house: House) -> None:
    pool = await house.running()
    old = os.umask(0)
    try:
        await house.volume(pool, "v.qcow2", "<target><format type='qcow2'/><compat>1.1</compat></target>")
    finally:
        os.umask(old)
    assert mode(house.folder / "p/v.qcow2") == 0o600
    more = (
        "<target><format type='qcow2'/></target><backingStore><path>v.qcow2</path><format type='qcow2'/></backingStore>"
    )
    await house.volume(pool, "over.qcow2", more)
    await pool.refresh(0)
    text = await house.at(pool, "over.qcow2").get_xml_desc(0)
    assert f"<path>{house.folder}/p/v.qcow2</path>\n    <format type='qcow2'/>" in text
    text = await house.at(pool, "v.qcow2").get_xml_desc(0)
    assert "<compat>1.1</compat>" in text
    assert "<features/>" in text


async def test_backing_file_must_be_there(house: House) -> None:
    pool = await house.running()
    more = "<target><format type='qcow2'/></target><backingStore><path>/no/such</path></backingStore>"
    with pytest.raises(LibvirtError, match="inaccessible backing store volume /no/such: No such file or directory"):
        await house.volume(pool, "v", more)


@needs_qemu
async def test_copies(house: House) -> None:
    pool = await house.running()
    source = await house.volume(pool, "s")
    (house.folder / "p/s").write_bytes(b"contents".ljust(65536, b"\0"))
    await pool.storage_vol_create_xml_from("<volume><name>raw</name></volume>", source.ref, 0)
    assert (house.folder / "p/raw").read_bytes() == (house.folder / "p/s").read_bytes()
    image = "<volume><name>q</name><target><format type='qcow2'/></target></volume>"
    made = await pool.storage_vol_create_xml_from(image, source.ref, 0)
    assert "<capacity unit='bytes'>65536</capacity>" in await house.at(pool, made.name).get_xml_desc(0)
    with pytest.raises(InternalError, match="storage volume name 'q' already in use"):
        await pool.storage_vol_create_xml_from(image, source.ref, 0)
    other = source.ref._replace(pool="nosuch")
    with pytest.raises(NoStoragePool):
        await pool.storage_vol_create_xml_from("<volume><name>z</name></volume>", other, 0)
    assert not source.entry.users


async def test_resize(house: House) -> None:
    pool = await house.running()
    volume = await house.volume(pool, "v", "<allocation>0</allocation>")
    path = house.folder / "p/v"
    await volume.resize(131072, 0)
    await volume.resize(65536, 2)
    assert path.stat().st_size == 196608
    with pytest.raises(InvalidArg, match="shrink flag"):
        await volume.resize(4096, 0)
    await volume.resize(4096, 4)
    assert path.stat().st_size == 4096
    await volume.resize(1024, 6)
    assert path.stat().st_size == 3072
    full = await house.volume(pool, "full")
    with pytest.raises(InvalidArg, match="can't shrink capacity below existing allocation"):
        await full.resize(1, 4)
    with pytest.raises(LibvirtError, match="cannot be zero without 'delta' or 'shrink' flags set"):
        await full.resize(0, 0)
    with pytest.raises(LibvirtError, match=f"Failed to truncate file '{house.folder}/p/full': Invalid argument"):
        await full.resize(2**64 - 1, 0)
    with pytest.raises(LibvirtError, match="Not enough space left in storage pool"):
        await full.resize(1 << 60, 1)


async def test_wipe(house: House) -> None:
    pool = await house.running()
    volume = await house.volume(pool, "v")
    path = house.folder / "p/v"
    path.write_bytes(b"secret" * 20000)
    await volume.get_info()
    await volume.wipe(0)
    assert not path.read_bytes().strip(b"\0")
    with pytest.raises(InvalidArg, match="wiping algorithm 99 not supported"):
        await volume.wipe_pattern(99, 0)
    with pytest.raises(LibvirtError, match="'trim' algorithm not supported"):
        await volume.wipe_pattern(9, 0)


async def test_delete(house: House) -> None:
    pool = await house.running()
    before = (await pool.get_info()).allocation
    volume = await house.volume(pool, "v")
    assert (await pool.get_info()).allocation > before
    with pytest.raises(LibvirtError, match="in function virStorageBackendVolDeleteLocal"):
        await volume.delete(0x40)
    await volume.delete(0)
    assert (await pool.get_info()).allocation == before
    for call in (volume.get_info(), volume.delete(0)):
        with pytest.raises(NoStorageVol, match="no storage vol with matching name 'v'"):
            await call
    folder = await house.volume(pool, "d", "<target><format type='dir'/></target>")
    (house.folder / "p/d/x").touch()
    with pytest.raises(LibvirtError, match=f"cannot remove directory '{house.folder}/p/d': Directory not empty"):
        await folder.delete(0)
    (house.folder / "p/d/x").unlink()
    await folder.delete(0)
    gone = await house.volume(pool, "gone")
    (house.folder / "p/gone").unlink()
    await gone.delete(0)
    assert await pool.list_volumes() == []


async def test_link_in_a_volumes_place_is_not_followed_out(house: House) -> None:
    pool = await house.running()
    volume = await house.volume(pool, "v")
    victim = house.folder / "victim"
    victim.write_text("precious")
    path = house.folder / "p/v"
    path.unlink()
    path.symlink_to(victim)
    for call in (volume.wipe(0), volume.resize(70000, 0), volume.upload(0, 0, 0), volume.get_info()):
        with pytest.raises(LibvirtError):
            await call
    await volume.delete(0)
    assert victim.read_text() == "precious"


async def test_look_ups(house: House) -> None:
    pool = await house.running()
    volume = await house.volume(pool, "v")
    path = f"{house.folder}/p/v"
    assert await house.manager.storage_vol_lookup_by_path(f"{house.folder}//p//v") == volume.ref
    assert await house.manager.storage_vol_lookup_by_key(path) == volume.ref
    assert await pool.storage_vol_lookup_by_name("v") == volume.ref
    assert await volume.storage_pool_lookup_by_volume() == pool.ref
    with pytest.raises(NoStorageVol, match="no storage vol with matching key /no"):
        await house.manager.storage_vol_lookup_by_key("/no")
    with pytest.raises(NoStorageVol, match="no storage vol with matching path 'v'"):
        await house.manager.storage_vol_lookup_by_path("v")
    await pool.destroy()
    with pytest.raises(NoStorageVol):
        await house.manager.storage_vol_lookup_by_path(path)
    with pytest.raises(OperationInvalid, match="is not active"):
        await volume.get_info()


async def test_pool_with_a_volume_in_the_making_is_left_alone(house: House) -> None:
    pool = await house.running()
    volume = await house.volume(pool, "v")
    volume.entry.building, pool.jobs = True, 1
    for call in (volume.delete(0), volume.resize(70000, 0)):
        with pytest.raises(OperationInvalid, match=r"volume 'v' is still being allocated."):
            await call
    for call in (pool.destroy(), pool.refresh(0)):
        with pytest.raises(InternalError, match=r"pool 'p' has asynchronous jobs running."):
            await call


async def test_volumes_are_told_of_as_they_come_and_go(house: House) -> None:
    pool = await house.running()
    volume = await house.volume(pool, "v")
    (house.folder / "p/found").touch()
    await pool.refresh(0)
    await volume.delete(0)
    await pool.destroy()
    assert [obj.ref.name for obj in house.told.added_objects] == ["p", "v", "found"]
    assert [obj.ref.name for obj in house.told.removed_objects] == ["v", "found"]


async def test_everything_at_once_leaves_pool_and_folder_in_line(house: House) -> None:
    pool = await house.running()
    refusals: list[str] = []

    async def busy(number: int) -> None:
        for turn in range(20):
            name = f"v{(number + turn) % 3}"
            for call in (house.volume(pool, name), pool.refresh(0), _deleted(house, pool, name)):
                try:
                    await call
                except LibvirtError as error:
                    refusals.append(error.message)

    await asyncio.gather(*(busy(number) for number in range(4)))
    assert sorted(await pool.list_volumes()) == sorted(os.listdir(house.folder / "p"))
    assert not pool.jobs
    assert not [text for text in refusals if "target path" in text]


async def _deleted(house: House, pool: StoragePool, name: str) -> None:
    if name in pool.volumes:
        await house.at(pool, name).delete(0)
