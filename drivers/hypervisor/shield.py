# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keep documents from libvirt that would cost it time or memory without end.

libvirt has no bound on what entities expand to, compares each attribute of an element with every other, and builds
the text of an error anew from the whole line for each fault that it finds. What is large, or refers often to entities
of its own, is therefore read here first, within bounds; all else goes to libvirt as it is, which finds its own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from virtbus.bus.catalogue import Call
from virtbus.bus.errors import XmlDetail, XmlError
from virtbus.drivers.common.xml.parse import parse

LARGE = 64 << 10
"""Characters from which on a document is read here first."""

REFERENCES_MAX = 1000
"""References up to which a small document with entities of its own may go to libvirt as it is."""

ATTRIBUTES_MAX = 256
"""Attributes that an element may have: no element of libvirt's has a tenth of that."""

LABEL = "domain_definition"
FOLDER = re.compile(r"<name>\s*(\.\.?)\s*</name>")


def check(entry: Call, args: tuple[Any, ...]) -> None:
    """Raise libvirt's error for a document among the arguments that is not well-formed or beyond all bounds.

    Nor may a guest be called "." or "..": libvirt removes the folder of a guest's name with all that is in it.
    """
    if entry.name == "DomainRename" and args[0] in (".", ".."):
        raise _folder(args[0])
    for text in _texts(args):
        if named := FOLDER.search(text):
            raise _folder(named[1])
        if (len(text) > LARGE or _expands(text)) and text.lstrip().startswith("<"):
            root = parse(text, LABEL)
            if any(len(element.attrib) > ATTRIBUTES_MAX for element in root.iter()):
                raise XmlDetail(f"({LABEL}):1: an element has too many attributes")


def _folder(name: str) -> XmlError:
    return XmlError(f"name {name} cannot be that of a folder")


def _expands(text: str) -> bool:
    return "<!ENTITY" in text and text.count("&") > REFERENCES_MAX


def _texts(args: tuple[Any, ...]) -> Iterator[str]:
    for arg in args:
        if isinstance(arg, str):
            yield arg
        elif isinstance(arg, list):
            yield from (item for item in arg if isinstance(item, str))
