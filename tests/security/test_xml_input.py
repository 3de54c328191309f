# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hostile documents of every kind: libvirt's code and a short text; no file is opened, nothing is lost.

The codes in expected.json are what Debian's libvirtd 9.0.0 answers (`python3 -m tests.security.xmlattack record`).
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import libvirt
import pytest

from tests.security import answers, federation, xmlattack
from tests.security.xmlattack import ACCEPTED
from virtbus.bus.errors import XmlDetail, XmlError

pytestmark = [pytest.mark.federation, pytest.mark.usefixtures("targets")]

XML_DETAIL = XmlDetail.code
EXPECTED: dict[str, int] = json.loads(xmlattack.EXPECTED.read_text())
IN_OPEN_OR_READ = 0x20 | 0x1
MEMORY_MAX = 100 << 20
"""Bytes that a daemon may need at most for one document, besides what it has anyway."""

NATIVE = ("network", "pool", "volume", "filter", "secret")
STRICTER = {
    # An entity or definition from outside is an error here, where libvirt reads the document without it.
    **{
        f"{kind}: {case}": XML_DETAIL
        for kind in NATIVE
        for case in ("entity", "path as entity", "public entity", "outer definition")
    },
    # Names are files' names: none leads out of its folder (libvirt would
    # remove the folder above with a guest called ..), none has characters that terminals obey.
    **{f"domain: {case}": XmlError.code for case in ("up", "dot")},
    **{f"volume: {case}": XML_DETAIL for case in ("newline", "first newline", "carriage return", "tab", "delete")},
    **{f"filter: {case}": XML_DETAIL for case in ("slash", "path", "absolute")},
}


def wrong(cases: xmlattack.Cases) -> list[str]:
    """Hand in all documents; give what is wrong with the answers."""
    found = []
    for name, work in cases:
        code, text = xmlattack.answer(work)
        expected = STRICTER.get(name, EXPECTED[name])
        if code != expected:
            found.append(f"{name}: {code} instead of {expected}: {text[:200]}")
        elif code != ACCEPTED and (said := answers.leak(text)):
            found.append(f"{name}: {said}")
    return found


@contextlib.contextmanager
def unopened(folder: Path) -> Iterator[Callable[[], bytes]]:
    """Give what tells which files of a folder were opened or read meanwhile, as inotify has it."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    assert libc.inotify_add_watch(watch, str(folder).encode(), IN_OPEN_OR_READ) > 0

    def seen() -> bytes:
        try:
            return os.read(watch, 4096)
        except BlockingIOError:
            return b""

    try:
        yield seen
    finally:
        os.close(watch)


@pytest.fixture
def reader() -> Iterator[libvirt.virConnect]:
    opened = libvirt.openReadOnly(federation.URI)
    yield opened
    opened.close()


def test_no_document_has_a_file_opened(
    connection: libvirt.virConnect, reader: libvirt.virConnect, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    canary.write_text("a secret of the host")
    with federation.unharmed(connection), unopened(tmp_path) as seen:
        assert wrong(xmlattack.outside(connection, str(canary))) == []
        assert wrong(c for c in xmlattack.processors(reader, str(canary)) if c[0] in EXPECTED) == []
        assert seen() == b""
        canary.read_text()
        assert seen() != b"", "the watch sees nothing at all"


def test_entities_do_not_grow(connection: libvirt.virConnect) -> None:
    with federation.unharmed(connection):
        assert wrong(xmlattack.bombs(connection)) == []


def test_faults_at_the_end(connection: libvirt.virConnect) -> None:
    with federation.unharmed(connection):
        assert wrong(xmlattack.last(connection)) == []


def test_those_who_may_only_read_do_no_harm(
    connection: libvirt.virConnect, reader: libvirt.virConnect, tmp_path: Path
) -> None:
    with federation.unharmed(connection):
        assert wrong(xmlattack.processors(reader, str(tmp_path / "none"))) == []


def test_names(connection: libvirt.virConnect) -> None:
    with federation.unharmed(connection):
        assert wrong(xmlattack.names(connection)) == []


def test_names_with_nul_reach_nobody(connection: libvirt.virConnect) -> None:
    """A C string ends there; what comes over the wire all the same is no argument."""
    for look in (connection.lookupByName, connection.networkLookupByName, connection.storagePoolLookupByName):
        with pytest.raises(ValueError, match="embedded null"):
            look("a\0b")  # type: ignore[no-untyped-call]


def memory(pid: int, what: str) -> int:
    """Give a line of a process's status: VmRSS or VmHWM, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(what))


def greedy(pids: set[int], work: Callable[[], object]) -> dict[int, int]:
    """Do something; give how much memory processes needed meanwhile, where that was much."""
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    before = {pid: memory(pid, "VmRSS") for pid in pids}
    work()
    more = {pid: memory(pid, "VmHWM") - before[pid] for pid in pids}
    return {pid: size for pid, size in more.items() if size > MEMORY_MAX}


def refused(cases: xmlattack.Cases, pids: set[int]) -> list[str]:
    """Hand in documents that are all to be refused; give what is wrong with the answers."""
    found: list[str] = []
    for name, work in cases:
        answered: list[tuple[int, str]] = []
        if much := greedy(pids, lambda work=work, got=answered: got.append(xmlattack.answer(work))):  # type: ignore[misc]
            found.append(f"{name}: memory {much}")
        code, text = answered[0]
        said = answers.leak(text)
        if code == ACCEPTED or said:
            found.append(f"{name}: {code} {said}")
    return found


def test_large_documents(connection: libvirt.virConnect, reader: libvirt.virConnect) -> None:
    pids = set(asyncio.run(federation.owners()).values())
    with federation.unharmed(connection):
        assert refused(xmlattack.huge(connection), pids) == []
        assert refused(xmlattack.processors(reader, "", huge=True), pids) == []
