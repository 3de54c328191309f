# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pools beyond folders: the commands that would be run, and what is made of their answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.drivers.storage.house import House
from virtbus.bus.errors import InvalidArg, LibvirtError, StoragePoolBuilt, StorageProbeFailed
from virtbus.drivers.common.engine.process import Result
from virtbus.drivers.common.fake.process import Processes
from virtbus.drivers.storage.backends import absent, blkid, disk, fs, mpath
from virtbus.drivers.storage.formats import BY_NAME
from virtbus.drivers.storage.model import PoolModel
from virtbus.drivers.storage.pool_xml import read_pool

GOLDEN = Path(__file__).parents[3] / "golden/storage/pools"


def golden(name: str) -> PoolModel:
    return read_pool((GOLDEN / f"{name}-in.xml").read_text())


def text(kind: str, source: str, target: str = "/mnt") -> str:
    place = f"<target><path>{target}</path></target>"
    return f"<pool type='{kind}'><name>p</name><source>{source}</source>{place}</pool>"


def model(kind: str, source: str, target: str = "/mnt") -> PoolModel:
    return read_pool(text(kind, source, target))


COMMANDS = {
    "fs": "-o nodev,nosuid,noexec -t ext4 /dev/twin1 /mnt/tw",
    "fsauto": "-o nodev,nosuid,noexec -t auto /dev/twin2 /mnt/tw2",
    "fsopt": "-o nodev,nosuid,noexec,sync,lazytime -t xfs /dev/twin3 /mnt/tw3",
    "nfs": "-o nodev,nosuid,noexec,nfsvers=4.1 -t nfs nfs.example:/export/images /mnt/nfs",
    "nfsauto": "-o nodev,nosuid,noexec nfs2.example:/export /mnt/nfs2",
    "cifs": "-o nodev,nosuid,noexec,guest -t cifs //smb.example/share /mnt/cifs",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_mount(name: str) -> None:
    assert " ".join(fs.mount(golden(name))) == f"/bin/mount {COMMANDS[name]}"


def test_unmount_and_format() -> None:
    assert fs.umount(golden("fs")) == ["/bin/umount", "/mnt/tw"]
    assert fs.make(golden("fs")) == ["/sbin/mkfs", "-t", "ext4", "-F", "/dev/twin1"]
    assert fs.make(golden("fsopt")) == ["/sbin/mkfs", "-t", "xfs", "-f", "/dev/twin3"]


def test_words_of_a_document_are_never_options() -> None:
    bad_host = model("netfs", "<host name='--bind'/><dir path='/e'/>")
    bad_device = model("fs", "<device path='-rf'/>")
    bad_target = model("fs", "<device path='/d'/>", target="-x")
    for command, bad in ((fs.mount, bad_host), (fs.make, bad_device), (fs.mount, bad_target)):
        with pytest.raises(InvalidArg, match="may not begin with a dash"):
            command(bad)
    with pytest.raises(InvalidArg):
        fs.exports("-a")
    with pytest.raises(InvalidArg):
        blkid.probe("-p")


async def test_failed_mount_tells_what_mount_said(tmp_path: Path) -> None:
    house = House(tmp_path, Processes({"/bin/mount": Result(32, b"", b"mount: no\n")}))
    await house.driver.start(house.told)
    xml = text("fs", "<device path='/dev/x'/>", f"{tmp_path}/m")
    pool = house.pool((await house.manager.storage_pool_define_xml(xml, 0)).path())
    with pytest.raises(LibvirtError) as caught:
        await pool.create(0)
    assert caught.value.message == (
        f"internal error: Child process (/bin/mount -o nodev,nosuid,noexec -t auto /dev/x {tmp_path}/m) unexpected "
        "exit status 32: mount: no\n"
    )
    assert not await pool.is_active()


async def test_contents_of_a_device() -> None:
    found = Processes({blkid.PROGRAM: Result(0, b"DEVNAME=/dev/x\nTYPE=ext4\n", b"")})
    assert await blkid.found_on(found, "/dev/x") == "ext4"
    with pytest.raises(StoragePoolBuilt, match="Device '/dev/x' already formatted using 'ext4'"):
        await blkid.refuse_contents(found, "/dev/x", "ext4")
    with pytest.raises(StoragePoolBuilt, match="does not match the expected format 'xfs', forced overwrite"):
        await blkid.refuse_contents(found, "/dev/x", "xfs")
    assert await blkid.found_on(Processes({blkid.PROGRAM: Result(2, b"", b"")}), "/dev/x") == ""
    with pytest.raises(StorageProbeFailed):
        await blkid.found_on(Processes({blkid.PROGRAM: Result(2, b"", b"error: no such file")}), "/dev/x")


LISTED = (
    "BYT;\n/dev/loop0:67108864B:loopback:512:512:msdos:Loopback device:;\n1:1024B:1048575B:1047552B:free;\n"
    "1:1048576B:17825791B:16777216B:::;\n1:17825792B:67108863B:49283072B:free;\n"
)


def test_partitions() -> None:
    found = disk.cut(disk.parts(LISTED), disk.whole_cylinders("CYL;\n/dev/loop0:257cyl\n257:255:2:261kB;\n"))
    assert found == [
        disk.Part(0, 1024, 1048576),
        disk.Part(1, 1048576, 17825792),
        disk.Part(0, 17825792, 67107840),
    ]


def test_label_and_names() -> None:
    assert disk.label(golden("disk2")) == ["/usr/sbin/parted", "/dev/twine", "mklabel", "--script", "msdos"]
    assert disk.label(golden("disk")) == ["/usr/sbin/parted", "/dev/twind", "mklabel", "--script", "gpt"]
    assert disk.partition_name(golden("disk"), 2) == "twind2"
    assert disk.partition_name(model("disk", "<device path='/dev/loop7'/>"), 1) == "loop7p1"
    assert disk.partition_name(model("disk", "<device path='/dev/sda' part_separator='yes'/>"), 1) == "sdap1"


def test_multipath_maps(tmp_path: Path) -> None:
    for number, uuid in enumerate(("mpath-3600", "LVM-x")):
        device = tmp_path / f"dm-{number}"
        (device / "dm").mkdir(parents=True)
        (device / "dm/uuid").write_text(f"{uuid}\n")
        (device / "dm/name").write_text(f"map{number}\n")
        (device / "size").write_text("2048\n")
    found = mpath.scan(golden("mpath"), tmp_path)
    assert [(v.name, v.path, v.capacity) for v in found.volumes] == [("map0", "/dev/mapper/map0", 1048576)]
    assert found.capacity == 1048576


async def test_volume_groups_are_sources() -> None:
    pvs = Processes({absent.PVS: Result(0, b"  /dev/sda1 vg0\n  /dev/sdb vg0\n  /dev/sdc\n", b"")})
    document = await absent.LogicalBackend().find_sources(BY_NAME["logical"], None, 0, pvs)
    assert document == (
        "<sources>\n  <source>\n    <device path='/dev/sda1'/>\n    <device path='/dev/sdb'/>\n    <name>vg0</name>\n"
        "    <format type='lvm2'/>\n  </source>\n</sources>\n"
    )


REFUSED = {
    ("netfs", None): "invalid argument: hostname must be specified for netfs sources",
    ("iscsi", None): "invalid argument: hostname must be specified for iscsi sources",
    ("netfs", "<source/>"): "unsupported configuration: Expected exactly 1 host for the storage pool",
    ("netfs", "<source><host name='h'/></source>"): "operation failed: no storage pools were found on host 'h'",
}


@pytest.mark.parametrize("given", REFUSED, ids=str)
async def test_searches_that_find_nothing(tmp_path: Path, given: tuple[str, str | None]) -> None:
    house = House(tmp_path, Processes({fs.SHOWMOUNT: Result(1, b"", b"")}))
    with pytest.raises(LibvirtError) as caught:
        await house.manager.find_storage_pool_sources(given[0], given[1], 0)
    assert caught.value.message == REFUSED[given]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("scsi2", "Could not open '/sys/class/scsi_host/host1/scan' to trigger host scan"),
        ("logical", "cannot find logical volume group name 'twvg'"),
        ("disk", "device path '/dev/twind' doesn't exist"),
    ],
)
async def test_start_of_what_is_not_there(tmp_path: Path, name: str, words: str) -> None:
    house = House(tmp_path, Processes())
    await house.driver.start(house.told)
    xml = (GOLDEN / f"{name}-in.xml").read_text()
    pool = house.pool((await house.manager.storage_pool_define_xml(xml, 0)).path())
    with pytest.raises(LibvirtError, match=words):
        await pool.create(0)
    assert not await pool.is_active()
