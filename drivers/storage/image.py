# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the first bytes of an image say: its format, capacity, backing file, features and encryption.

Pure functions over bytes. The layouts are those of the formats' own documents: docs/interop/qcow2.txt and
qed_spec.txt of QEMU, the LUKS 1 on-disk format, the VMDK and VHD specifications. A pool shows what it finds; nobody
opens a raw image as something else because of it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

HEADER_SIZE = 64 * 1024
"""Bytes of a file that are looked at, where it is an image."""

GLANCE_SIZE = 512
"""Bytes that tell every format but an ISO image."""

ISO_AT, ISO_MAGIC = 32769, b"CD001"
_BLANK = bytes(GLANCE_SIZE)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a format has its magic, version and capacity; `factor` makes bytes of the latter. A place < 0: none."""

    name: str
    magic: bytes
    at: int = 0
    order: str = ">"
    version_at: int = -1
    versions: tuple[int, ...] = ()
    capacity_at: int = -1
    factor: int = 1


LAYOUTS = (
    Layout("iso", ISO_MAGIC, at=ISO_AT),
    Layout("vpc", b"conectix", version_at=12, versions=(0x10000,), capacity_at=40),
    Layout("vdi", b"\x7f\x10\xda\xbe", at=64, order="<", version_at=68, versions=(0x00010001,), capacity_at=368),
    Layout("ploop", b"WithouFreSpacExt", order="<", capacity_at=36, factor=512),
    Layout("cow", b"OOOM", version_at=4, versions=(2,), capacity_at=1036),
    Layout("qcow", b"QFI\xfb", version_at=4, versions=(1,), capacity_at=24),
    Layout("qcow2", b"QFI\xfb", version_at=4, versions=(2, 3), capacity_at=24),
    Layout("qed", b"QED\x00", order="<", capacity_at=48),
    Layout("vmdk", b"KDMV", order="<", version_at=4, versions=(1, 2, 3), capacity_at=12, factor=512),
)
_BY_NAME = {layout.name: layout for layout in LAYOUTS}
LUKS = b"LUKS\xba\xbe"


@dataclass(slots=True)
class Image:
    """What was found; capacity 0 where the format does not say."""

    format: str = "raw"
    capacity: int = 0
    backing: str = ""
    backing_format: str = ""
    compat: str = ""
    features: frozenset[str] | None = None
    cluster_size: int = 0
    encrypted: str = ""
    payload: int = 0


def probe(head: bytes) -> str:
    """Give the format that a header claims, "raw" for none; "luks" is one of them."""
    if head.startswith(LUKS) and _number(head, 6, ">H") == 1:
        return "luks"
    for layout in LAYOUTS:
        if head[layout.at : layout.at + len(layout.magic)] == layout.magic and _version_fits(head, layout):
            return layout.name
    return "raw"


def plain_at_a_glance(glance: bytes) -> bool:
    """Say whether the first bytes of a file are those of no format that begins with them."""
    return glance == _BLANK[: len(glance)] or probe(glance) == "raw"


def _version_fits(head: bytes, layout: Layout) -> bool:
    if layout.version_at < 0:
        return True
    return _number(head, layout.version_at, layout.order + "I") in layout.versions


def describe(head: bytes, kind: str) -> Image:
    """Give what a header says, read as a format that is known."""
    image = Image("raw" if kind == "luks" else kind)
    if kind == "luks":
        image.encrypted, image.payload = "luks", (_number(head, 104, ">I") or 0) * 512
        return image
    layout = _BY_NAME.get(kind)
    if layout is None or layout.capacity_at < 0:
        return image
    image.capacity = (_number(head, layout.capacity_at, layout.order + "Q") or 0) * layout.factor
    reader = _READERS.get(kind)
    if reader is not None:
        reader(head, image)
    return image


def _number(head: bytes, at: int, form: str) -> int | None:
    if len(head) < at + struct.calcsize(form):
        return None
    value: int = struct.unpack_from(form, head, at)[0]
    return value


def _text(head: bytes, at: int, size: int) -> str:
    """Give a name within the header; empty where it lies outside or is longer than any path."""
    if not at or not size or size > 4096 or at + size > len(head):
        return ""
    return head[at : at + size].split(b"\0")[0].decode("utf-8", "surrogateescape")


def _read_qcow(head: bytes, image: Image) -> None:
    image.backing = _text(head, _number(head, 8, ">Q") or 0, _number(head, 16, ">I") or 0)
    if _number(head, 36, ">I") == 1:
        image.encrypted = "qcow"


def _read_qcow2(head: bytes, image: Image) -> None:
    version = _number(head, 4, ">I") or 0
    image.backing = _text(head, _number(head, 8, ">Q") or 0, _number(head, 16, ">I") or 0)
    image.cluster_size = 1 << min(_number(head, 20, ">I") or 0, 30)
    crypt = _number(head, 32, ">I")
    image.encrypted = {1: "qcow", 2: "luks"}.get(crypt or 0, "")
    if version >= 3:
        image.compat = "1.1"
        image.features = _features(head)
    start = (_number(head, 100, ">I") or 104) if version >= 3 else 72
    image.backing_format = _backing_format(head, start) if image.backing else ""


def _features(head: bytes) -> frozenset[str]:
    found = set()
    if (_number(head, 80, ">Q") or 0) & 1:
        found.add("lazy_refcounts")
    if (_number(head, 72, ">Q") or 0) & 0x10:
        found.add("extended_l2")
    return frozenset(found)


def _backing_format(head: bytes, at: int) -> str:
    """Give the format named in the header extension 0xe2792aca, empty where there is none."""
    end = min(_number(head, 8, ">Q") or len(head), len(head))
    while at + 8 <= end:
        kind, size = struct.unpack_from(">II", head, at)
        if kind == 0 or at + 8 + size > end:
            return ""
        if kind == 0xE2792ACA:
            return bytes(head[at + 8 : at + 8 + size]).decode("ascii", "replace")
        at += 8 + (size + 7) // 8 * 8
    return ""


def _read_qed(head: bytes, image: Image) -> None:
    features = _number(head, 16, "<Q") or 0
    if not features & 1:
        return
    image.backing = _text(head, _number(head, 56, "<I") or 0, _number(head, 60, "<I") or 0)
    image.backing_format = "raw" if features & 4 else ""


def _read_vmdk(head: bytes, image: Image) -> None:
    descriptor = head[0x200 : 0x200 + 20480].split(b"\0")[0]
    for line in descriptor.split(b"\n"):
        if line.startswith(b'parentFileNameHint="'):
            image.backing = line[20:].split(b'"')[0].decode("utf-8", "surrogateescape")
            image.backing_format = "vmdk"


_READERS = {"qcow": _read_qcow, "qcow2": _read_qcow2, "qed": _read_qed, "vmdk": _read_vmdk}
