# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pool documents: what libvirt writes for what it is given, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from virtbus.bus.errors import LibvirtError
from virtbus.drivers.storage import capabilities
from virtbus.drivers.storage.pool_text import pool_text, state_text
from virtbus.drivers.storage.pool_xml import read_pool, read_state, sanitize

GOLDEN = Path(__file__).parents[3] / "golden/storage"
NAMES = sorted(path.name.removesuffix("-in.xml") for path in (GOLDEN / "pools").glob("*-in.xml"))


def test_there_are_documents() -> None:
    assert len(NAMES) >= 25


@pytest.mark.parametrize("name", NAMES)
def test_document_is_written_as_libvirt_does(name: str) -> None:
    model = read_pool((GOLDEN / f"pools/{name}-in.xml").read_text())
    text = re.sub("<uuid>.*</uuid>", "<uuid>U</uuid>", pool_text(model))
    assert text == (GOLDEN / f"pools/{name}-out.xml").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_written_document_reads_the_same(name: str) -> None:
    model = read_pool((GOLDEN / f"pools/{name}-in.xml").read_text())
    assert read_pool(pool_text(model)) == model
    assert read_state(state_text(model)) == model


def test_capabilities_are_those_of_libvirt() -> None:
    assert capabilities.document() == (GOLDEN / "capabilities.xml").read_text()


def pool(kind: str, source: str = "", target: str = "<path>/x</path>", name: str = "tw-x") -> str:
    return f"<pool type='{kind}'><name>{name}</name>{source}<target>{target}</target></pool>"


REFUSED = {
    "<pool><name>x</name></pool>": (27, "XML error: Missing required attribute 'type' in element 'pool'"),
    pool("cloud"): (27, "XML error: Invalid value for attribute 'type' in element 'pool': 'cloud'."),
    pool("rbd"): (1, "internal error: missing backend for pool type 9 (rbd)"),
    pool("zfs"): (1, "internal error: missing backend for pool type 12 (zfs)"),
    pool("dir", name=""): (27, "XML error: missing pool source name element"),
    pool("dir", name="tw/x"): (27, "XML error: name tw/x cannot contain '/'"),
    pool("dir", name="a\nb"): (35, "invalid char in name: \n"),
    pool("dir", target=""): (27, "XML error: missing storage pool target path"),
    pool("dir", "<uuid>zz</uuid>"): (27, "XML error: malformed uuid element"),
    pool("netfs", "<source><dir path='/e'/></source>"): (27, "XML error: missing storage pool source host name"),
    pool("netfs", "<source><host name='h'/></source>"): (27, "XML error: missing storage pool source path"),
    pool("fs", "<source><format type='fat99'/></source>"): (
        67, "unsupported configuration: unknown pool format type fat99",
    ),
    pool("scsi", "<source/>"): (27, "XML error: missing storage pool source adapter"),
    pool("scsi", "<source><adapter type='fc_host' wwnn='x' wwpn='y'/></source>"): (
        1, "internal error: Malformed wwn: x",
    ),
    pool("dir", target="<path>/x</path><permissions><mode>9999</mode></permissions>"): (
        27, "XML error: malformed octal mode",
    ),
    pool("dir", target="<path>/x</path><permissions><owner>root</owner></permissions>"): (
        27, "XML error: malformed owner element",
    ),
    "<volume/>": (27, "XML error: expecting root element of 'pool', not 'volume'"),
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=lambda t: t[:60])
def test_refusals_are_those_of_libvirt(text: str) -> None:
    with pytest.raises(LibvirtError) as caught:
        read_pool(text)
    assert (caught.value.code, caught.value.message) == REFUSED[text]


@pytest.mark.parametrize(
    ("path", "clean"),
    [("/", "/"), ("//a//b/", "//a/b"), ("///a", "/a"), ("/a/../b", "/a/../b"), ("a/b/", "a/b"), ("/x/", "/x")],
)
def test_paths_lose_doubled_slashes(path: str, clean: str) -> None:
    assert sanitize(path) == clean
