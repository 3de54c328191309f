# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guest of the main job is made right."""

from __future__ import annotations

import gzip
import lzma
import stat
from pathlib import Path

from tests.host.guest import Entry, initramfs, newc, with_needed


def read_newc(data: bytes) -> dict[str, tuple[int, bytes]]:
    found: dict[str, tuple[int, bytes]] = {}
    at = 0
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        name = data[at + 110 : at + 110 + length - 1].decode()
        start = (at + 110 + length + 3) // 4 * 4
        if name == "TRAILER!!!":
            return found
        found[name] = (mode, data[start : start + size])
        at = (start + size + 3) // 4 * 4


def test_an_archive_holds_what_was_put_in() -> None:
    entries = [Entry("bin", stat.S_IFDIR | 0o755), Entry("bin/x", stat.S_IFREG | 0o755, b"12345"), Entry("y", 0o100644)]
    assert read_newc(newc(entries)) == {
        "bin": (stat.S_IFDIR | 0o755, b""),
        "bin/x": (stat.S_IFREG | 0o755, b"12345"),
        "y": (0o100644, b""),
    }


def module(folder: Path, name: str, *needs: str) -> Path:
    text = b"\x7fELF\0license=GPL\0depends=" + ",".join(needs).encode() + b"\0name=" + name.encode() + b"\0"
    path = folder / f"{name}.ko.xz"
    path.write_bytes(lzma.compress(text))
    return path


def test_modules_come_after_those_they_need(tmp_path: Path) -> None:
    known = {"net": ["ring", "fail-over"], "ring": [], "fail_over": [], "blk": ["ring"]}
    modules = {name: module(tmp_path, name, *needs) for name, needs in known.items()}
    names = [name for name, _ in with_needed(("net", "built_in", "blk"), modules)]
    assert names == ["ring", "fail_over", "net", "blk"]


def test_the_guest_starts_with_its_init(tmp_path: Path) -> None:
    files = read_newc(gzip.decompress(initramfs(b"busybox", b"#!init", [("ring", b"1"), ("net", b"2")])))
    assert files["init"] == (stat.S_IFREG | 0o755, b"#!init")
    assert [name for name in files if name.startswith("modules/")] == ["modules/00-ring.ko", "modules/01-net.ko"]
