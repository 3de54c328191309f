# SPDX-License-Identifier: LGPL-2.1-or-later
"""Data of volumes in and out."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest

from tests.unit.drivers.storage.house import House
from virtbus.bus.errors import ErrorDomain, LibvirtError, OperationInvalid
from virtbus.bus.streams import StreamEnd
from virtbus.drivers.storage.volume import StorageVolume


async def send(volume: StorageVolume, data: bytes, offset: int = 0, length: int = 0) -> None:
    end = await volume.upload(offset, length, 0)
    try:
        await asyncio.to_thread(_write, end.fd, data)
    finally:
        os.close(end.fd)
    await end.finish()


def _write(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


async def receive(end: StreamEnd) -> bytes:
    found = await asyncio.to_thread(_read, end.fd)
    os.close(end.fd)
    await end.finish()
    return found


def _read(handle: int) -> bytes:
    found = b""
    while piece := os.read(handle, 65536):
        found += piece
    return found


async def test_round_trip(house: House) -> None:
    volume = await house.volume(await house.running(), "v")
    data = os.urandom(3_000_000)
    await send(volume, data)
    assert await receive(await volume.download(0, 0, 0)) == data
    assert await receive(await volume.download(1000, 500, 0)) == data[1000:1500]
    assert await receive(await volume.download(99_999_999, 0, 0)) == b""
    assert volume.entry.users == 0
    assert ("refresh",) in house.told.events


async def test_part_of_a_volume(house: House) -> None:
    volume = await house.volume(await house.running(), "v")
    await send(volume, b"abc", offset=10, length=3)
    assert (house.folder / "p/v").read_bytes()[:14] == bytes(10) + b"abc\0"


@pytest.mark.parametrize("size", [5, 3_000_000])
async def test_more_than_was_announced_is_refused(house: House, size: int) -> None:
    volume = await house.volume(await house.running(), "v")
    end = await volume.upload(0, 4, 0)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        await asyncio.to_thread(_write, end.fd, b"x" * size)
    os.close(end.fd)
    with pytest.raises(LibvirtError, match="cannot write to stream: No space left on device") as caught:
        await end.finish()
    assert caught.value.origin == ErrorDomain.STREAMS
    assert (house.folder / "p/v").read_bytes() == b"xxxx".ljust(65536, b"\0")
    assert volume.entry.users == 0


@pytest.mark.parametrize("offset", [2**62 + 1, 2**63, 2**64 - 1])
async def test_offsets_that_no_file_has_are_refused(house: House, offset: int) -> None:
    volume = await house.volume(await house.running(), "v")
    for open_stream in (volume.upload, volume.download):
        with pytest.raises(LibvirtError, match="Unable to seek in"):
            await open_stream(offset, 0, 0)
    assert volume.entry.users == 0


async def test_data_beyond_the_largest_file_is_an_error(house: House) -> None:
    volume = await house.volume(await house.running(), "v")
    with pytest.raises((LibvirtError, BrokenPipeError)):
        await send(volume, b"x" * 100, offset=2**62)


async def test_volume_in_use_is_not_changed(house: House) -> None:
    volume = await house.volume(await house.running(), "v")
    end = await volume.upload(0, 0, 0)
    for call in (volume.delete(0), volume.upload(0, 0, 0)):
        with pytest.raises(OperationInvalid, match=r"volume 'v' is still in use."):
            await call
    await end.abort()
    os.close(end.fd)
    assert volume.entry.users == 0
    await volume.delete(0)


async def test_client_that_vanishes_frees_the_volume(house: House) -> None:
    volume = await house.volume(await house.running(), "v")
    end = await volume.download(0, 0, 0)
    os.close(end.fd)
    await end.abort()
    assert volume.entry.users == 0


async def test_upload_makes_known_what_the_volume_became(house: House) -> None:
    volume = await house.volume(await house.running(), "v")
    head = bytearray(512)
    head[:8] = b"QFI\xfb\0\0\0\x03"
    head[20:32] = (16).to_bytes(4, "big") + (25165824).to_bytes(8, "big")
    await send(volume, bytes(head))
    text = await volume.get_xml_desc(0)
    assert "<format type='qcow2'/>" in text
    assert "<capacity unit='bytes'>25165824</capacity>" in text


async def test_folder_has_no_data(house: House) -> None:
    folder = await house.volume(await house.running(), "d", "<target><format type='dir'/></target>")
    with pytest.raises(LibvirtError, match=f"Unable to open stream for '{house.folder}/p/d': Is a directory"):
        await folder.upload(0, 0, 0)
    end = await folder.download(0, 0, 0)
    with pytest.raises(LibvirtError, match=f"Unable to read {house.folder}/p/d: Is a directory"):
        await receive(end)


async def test_descriptors_stay_flat(house: House) -> None:
    volume = await house.volume(await house.running(), "v")
    await send(volume, b"x")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        await send(volume, b"x")
        await receive(await volume.download(0, 1, 0))
    assert len(os.listdir("/proc/self/fd")) <= before
