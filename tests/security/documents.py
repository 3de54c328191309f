# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hostile XML documents of each kind, made of harmless ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import libvirt

from tests.security import federation


class Kind(NamedTuple):
    """A kind of document, the call that reads it, and a harmless one with its name left open."""

    name: str
    document: str
    define: Callable[[libvirt.virConnect, str], Any]
    root: str


def make_volume(connection: libvirt.virConnect, xml: str) -> libvirt.virStorageVol:
    """Make a volume in the pool that is there for it."""
    volume = connection.storagePoolLookupByName("attacked").createXML(xml)
    assert isinstance(volume, libvirt.virStorageVol)
    return volume


KINDS = (
    Kind("domain", federation.DOMAIN, lambda c, xml: c.defineXML(xml), "domain"),
    Kind("network", "<network><name>{name}</name></network>", lambda c, xml: c.networkDefineXML(xml), "network"),
    Kind("pool", federation.POOL.replace("{path}", "/none"), lambda c, xml: c.storagePoolDefineXML(xml), "pool"),
    Kind("volume", federation.VOLUME, make_volume, "volume"),
    Kind("filter", federation.FILTER, lambda c, xml: c.nwfilterDefineXML(xml), "filter"),
    Kind("secret", federation.SECRET, lambda c, xml: c.secretDefineXML(xml), "secret"),
)

LEVELS = 100_000
ATTRIBUTES = 200_000
TIMES = 50_000
TEXT = 3 << 20
"""Characters of a long text that the wire still carries."""

NAMES = {
    "slash": "a/b",
    "up": "..",
    "dot": ".",
    "path": "../../../tmp/a",
    "absolute": "/etc/passwd",
    "newline": "a\nb",
    "first newline": "\nb",
    "carriage return": "a&#13;b",
    "tab": "a\tb",
    "nul": "a&#0;b",
    "control": "a&#1;b",
    "raw control": "a\x01b",
    "escape": "a\x1b[2Jb",
    "delete": "a\x7fb",
    "4 KiB": "n" * 4096,
    "empty name": "",
    "blank name": " ",
    "dash": "-rf",
    "option": "--help",
}


def with_name(kind: Kind, name: str) -> str:
    """Give a harmless document with a name; of `name` only & is kept as it is, for references to characters."""
    return kind.document.format(name=escape(name, {"'": "&apos;"}).replace("&amp;#", "&#"))


def outside(kind: Kind, canary: str) -> Iterator[tuple[str, str]]:
    """Give documents that would have a file be opened."""
    named = kind.document.format(name="&x;")
    plain = kind.document.format(name="harmless")
    start = f"<!DOCTYPE {kind.root} "
    yield "entity", f"<?xml version='1.0'?>{start}[<!ENTITY x SYSTEM 'file://{canary}'>]>{named}"
    yield "path as entity", f"{start}[<!ENTITY x SYSTEM '{canary}'>]>{named}"
    yield "public entity", f"{start}[<!ENTITY x PUBLIC 'x' '{canary}'>]>{named}"
    yield "parameter entity", f"{start}[<!ENTITY % p SYSTEM 'file://{canary}'> %p;]>{named}"
    yield "outer definition", f"{start}SYSTEM 'file://{canary}'>{named}"
    yield "outer definition alone", f"{start}SYSTEM 'file://{canary}'>{plain}"
    inclusion = f"<i:include xmlns:i='http://www.w3.org/2001/XInclude' href='{canary}' parse='text'/>"
    yield (
        "inclusion",
        kind.document.replace("{name}", inclusion)
        if "<name>" in plain
        else plain.replace("</filter>", inclusion + "</filter>"),
    )


def bombs(kind: Kind) -> Iterator[tuple[str, str]]:
    """Give documents whose entities grow beyond measure."""
    named = kind.document.format(name="&x;") if kind.name != "filter" else "<filter name='f'><uuid>&x;</uuid></filter>"
    steps = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12))
    yield "laughs", f"<!DOCTYPE {kind.root} [<!ENTITY e0 'ha'>{steps}<!ENTITY x '&e11;'>]>{named}"
    yield "loop", f"<!DOCTYPE {kind.root} [<!ENTITY x '&y;'><!ENTITY y '&x;'>]>{named}"
    yield "attribute", f"<!DOCTYPE {kind.root} [<!ENTITY e0 'ha'>{steps}]><{kind.root} a='&e11;'/>"


def huge(kind: Kind) -> Iterator[tuple[str, str]]:
    """Give documents that are deep, broad or long, and wrong."""
    often = kind.document.format(name="n").replace("</", "&x;" * TIMES + "</", 1)
    yield "quadratic", f"<!DOCTYPE {kind.root} [<!ENTITY x '{'y' * TIMES}'>]>{often}"
    yield "nested", f"<{kind.root}>" + "<a>" * LEVELS + "</a>" * LEVELS + f"</{kind.root}>"
    yield "never closed", f"<{kind.root}>" + "<a>" * LEVELS
    same = "a=''"
    many = " ".join(f"a{n}=''" for n in range(ATTRIBUTES))
    yield "attributes", f"<other {many}/>"
    yield "the same attribute", f"<{kind.root} {chr(32).join([same] * ATTRIBUTES)}/>"
    yield "text", f"<{kind.root}>{'x' * TEXT}"
    yield "long tag", f"<{'x' * TEXT}/>"
    yield "long name", kind.document.format(name="x" * TEXT) + "<"
    yield "comment", f"<{kind.root}><!--{'x' * TEXT}"


def last(root: str) -> Iterator[tuple[str, str]]:
    """Give documents whose fault is at the very end, or that hold nothing else."""
    yield "newlines", "\n" * 100_000 + "<"
    yield "newlines alone", "\n" * 100_000
    yield "nothing", ""
    yield "blank", " "
    yield "last byte", f"<{root}>\n</{root}" + "<"
    yield "unclosed", f"<{root}>" + "\n" * 1000
    yield "one long line", f"<{root}>" + " " * 100_000 + "&"
    yield "after the end", f"<{root}/>\n<"
    yield "other root", "<other/>"
    yield "no document", "\n\n\nnone"
