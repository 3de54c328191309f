# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hand hostile documents to whatever serves a connection, and note what it answers.

python3 -m tests.security.xmlattack record FILE   # what the libvirt that serves qemu:///system answers
"""

from __future__ import annotations

import contextlib
import itertools
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import libvirt

from tests.security import documents, federation
from tests.security.documents import KINDS

ACCEPTED = 0
EXPECTED = Path(__file__).with_name("expected.json")
CPU = "<cpu><arch>x86_64</arch><model>qemu64</model>{}</cpu>"


def remove(made: Any) -> None:
    """Remove what an accepted document made."""
    if isinstance(made, libvirt.virStorageVol):
        made.delete()
    elif made is not None and not isinstance(made, (str, int)):
        made.undefine()


def answer(work: Callable[[], Any]) -> tuple[int, str]:
    """Give the code and text of libvirt's error; ACCEPTED where there is none."""
    try:
        made = work()
    except libvirt.libvirtError as error:
        return error.get_error_code() or -1, error.get_error_message() or ""
    remove(made)
    return ACCEPTED, ""


Cases = Iterator[tuple[str, Callable[[], Any]]]


def defining(connection: libvirt.virConnect, pairs: Callable[[documents.Kind], Any]) -> Cases:
    """Give the definitions of all kinds with the documents that `pairs` makes."""
    for kind in KINDS:
        for name, xml in pairs(kind):
            yield f"{kind.name}: {name}", lambda kind=kind, xml=xml: kind.define(connection, xml)  # type: ignore[misc]


def outside(connection: libvirt.virConnect, canary: str) -> Cases:
    """Give the documents that refer to files."""
    return defining(connection, lambda kind: documents.outside(kind, canary))


def bombs(connection: libvirt.virConnect) -> Cases:
    """Give the documents that grow."""
    return defining(connection, documents.bombs)


def huge(connection: libvirt.virConnect) -> Cases:
    """Give the documents that are large."""
    return defining(connection, documents.huge)


def last(connection: libvirt.virConnect) -> Cases:
    """Give the documents that are wrong at their end."""
    return defining(connection, lambda kind: documents.last(kind.root))


def names(connection: libvirt.virConnect) -> Cases:
    """Give the documents with odd names."""
    return defining(connection, lambda kind: [(n, documents.with_name(kind, v)) for n, v in documents.NAMES.items()])


def processors(reader: libvirt.virConnect, canary: str, *, huge: bool = False) -> Cases:
    """Give what may be asked for by those who may only read: comparing processors."""
    cpu = documents.Kind("cpu", "<cpu><arch>x86_64</arch><model>{name}</model></cpu>", lambda _c, _x: None, "cpu")
    # The first comparison of all looks for /dev/kvm, and may fail for want of it.
    with contextlib.suppress(libvirt.libvirtError):
        reader.compareCPU("<cpu/>")
    small = (documents.last("cpu"), documents.outside(cpu, canary), documents.bombs(cpu))
    for name, xml in itertools.chain(*((documents.huge(cpu),) if huge else small)):
        yield f"baseline: {name}", lambda xml=xml: reader.baselineCPU([xml])  # type: ignore[misc]
        yield f"compare: {name}", lambda xml=xml: reader.compareCPU(xml)  # type: ignore[misc]


def recorded(connection: libvirt.virConnect, reader: libvirt.virConnect, canary: str) -> Cases:
    """Give all that libvirt itself survives: what is large takes its memory and time without end."""
    yield from outside(connection, canary)
    for cases in (bombs, last, names):
        yield from cases(connection)
    yield from processors(reader, canary)


@contextlib.contextmanager
def prepared() -> Iterator[tuple[libvirt.virConnect, libvirt.virConnect, str]]:
    """Give a connection, one that may only read, and the path of a canary; the pool for volumes is there."""
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    connection, reader = libvirt.open(federation.URI), libvirt.openReadOnly(federation.URI)
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder, "canary")
        canary.write_text("secret")
        pool = Path(folder, "pool")
        pool.mkdir()
        with federation.targets(connection, pool, "attacked"):
            yield connection, reader, str(canary)


def main() -> int:
    """Record what is answered."""
    with prepared() as (connection, reader, canary):
        found = {name: answer(work)[0] for name, work in recorded(connection, reader, canary)}
    Path(sys.argv[2]).write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
