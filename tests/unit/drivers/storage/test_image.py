# SPDX-License-Identifier: LGPL-2.1-or-later
"""What image headers say, made by hand."""

from __future__ import annotations

import struct

import pytest

from virtbus.drivers.storage.backends.look import local_path
from virtbus.drivers.storage.image import describe, probe


def qcow2(*, version: int = 3, backing: bytes = b"", kind: bytes = b"", crypt: int = 0, features: int = 0) -> bytes:
    head = bytearray(1024)
    struct.pack_into(">4sI", head, 0, b"QFI\xfb", version)
    struct.pack_into(">IQI", head, 20, 16, 1 << 30, crypt)
    if version >= 3:
        struct.pack_into(">QQQII", head, 72, 0, features, 0, 4, 104)
    if kind:
        struct.pack_into(">II", head, 104, 0xE2792ACA, len(kind))
        head[112 : 112 + len(kind)] = kind
    if backing:
        struct.pack_into(">QI", head, 8, 512, len(backing))
        head[512 : 512 + len(backing)] = backing
    return bytes(head)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "raw"),
        (bytes(70000), "raw"),
        (b"QFI\xfb" + struct.pack(">I", 1) + bytes(64), "qcow"),
        (qcow2(), "qcow2"),
        (qcow2(version=9), "raw"),
        (b"QED\0" + bytes(64), "qed"),
        (b"KDMV" + struct.pack("<I", 1) + bytes(64), "vmdk"),
        (b"conectix" + struct.pack(">II", 0, 0x10000) + bytes(64), "vpc"),
        (bytes(64) + b"\x7f\x10\xda\xbe" + struct.pack("<I", 0x10001) + bytes(400), "vdi"),
        (b"LUKS\xba\xbe" + struct.pack(">H", 1) + bytes(200), "luks"),
        (bytes(32769) + b"CD001", "iso"),
        (b"WithouFreSpacExt" + bytes(64), "ploop"),
    ],
)
def test_formats_are_known_by_their_headers(head: bytes, kind: str) -> None:
    assert probe(head) == kind


def test_qcow2_says_all_that_a_document_shows() -> None:
    found = describe(qcow2(backing=b"base.img", kind=b"raw", features=1, crypt=2), "qcow2")
    assert (found.capacity, found.cluster_size, found.compat) == (1 << 30, 65536, "1.1")
    assert (found.backing, found.backing_format) == ("base.img", "raw")
    assert (found.features, found.encrypted) == (frozenset({"lazy_refcounts"}), "luks")


def test_old_qcow2_has_no_level_and_no_features() -> None:
    found = describe(qcow2(version=2), "qcow2")
    assert (found.compat, found.features) == ("", None)


def test_luks_says_where_the_data_begins() -> None:
    head = bytearray(592)
    head[:8] = b"LUKS\xba\xbe\0\x01"
    struct.pack_into(">I", head, 104, 2056)
    found = describe(bytes(head), "luks")
    assert (found.format, found.encrypted, found.payload) == ("raw", "luks", 2056 * 512)


def test_raw_is_never_read_as_something_else() -> None:
    assert describe(qcow2(backing=b"/etc/shadow"), "raw").backing == ""


@pytest.mark.parametrize("size", [0, 4, 20, 50, 100, 103, 110, 500, 515])
def test_cut_headers_are_harmless(size: int) -> None:
    describe(qcow2(backing=b"base.img", kind=b"raw")[:size], "qcow2")


def test_wild_offsets_are_harmless() -> None:
    head = bytearray(qcow2(backing=b"x"))
    struct.pack_into(">QI", head, 8, 2**63, 2**31)
    struct.pack_into(">II", head, 104, 0xE2792ACA, 2**31)
    found = describe(bytes(head), "qcow2")
    assert (found.backing, found.backing_format) == ("", "")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/a/b", "/a/b"),
        ("b.raw", "b.raw"),
        ("nbd://h/x", None),
        ("rbd:pool/image", None),
        ("./nbd:x", "./nbd:x"),
        ("file:///a", "/a"),
        ('json:{"driver":"raw","file":{"driver":"file","filename":"/a"}}', "/a"),
        ('json:{"file.filename":"/a"}', "/a"),
        ('json:{"driver":"nbd"}', None),
        ("json:[", None),
        ("json:" + "[" * 100000, None),
    ],
)
def test_backing_strings_name_files_or_nothing(text: str, path: str | None) -> None:
    assert local_path(text) == path
