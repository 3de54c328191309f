# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's written form: two spaces a level, single quotes, five characters escaped, control characters left out."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from lxml import etree

from virtbus.drivers.common.xml.parse import Element

_ESCAPES: dict[int, str | None] = {code: None for code in range(32) if chr(code) not in "\t\n\r"}
_ESCAPES |= {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("'"): "&apos;", ord('"'): "&quot;"}

Attributes = Sequence[tuple[str, str]]


def escape(text: str) -> str:
    """Give text with what XML reserves escaped; the same for attributes and contents, as libvirt does it."""
    return text if text.isalnum() else text.translate(_ESCAPES)


class Writer:
    """Lines of a document, written from the outside in.

    `depth` is the level of what comes next: a fragment may start deeper than 0.
    """

    def __init__(self, depth: int = 0) -> None:
        self.depth = depth
        self._lines: list[str] = []

    def open(self, tag: str, attributes: Attributes = ()) -> None:
        """Write a start tag; what follows is one level deeper."""
        self.line(f"<{tag}{_attributes(attributes)}>")
        self.depth += 1

    def close(self, tag: str) -> None:
        """Write the end tag of the innermost open element."""
        self.depth -= 1
        self.line(f"</{tag}>")

    def empty(self, tag: str, attributes: Attributes = ()) -> None:
        """Write an element without contents."""
        self.line(f"<{tag}{_attributes(attributes)}/>")

    def leaf(self, tag: str, text: str, attributes: Attributes = ()) -> None:
        """Write an element with text on one line."""
        self.line(f"<{tag}{_attributes(attributes)}>{escape(text)}</{tag}>")

    def foreign(self, element: Element) -> None:
        """Write an element of somebody else's as libxml2 prints it, at this level."""
        outer = inner = etree.Element("x")
        for _ in range(self.depth - 1):
            inner = etree.SubElement(inner, "x")
        kept = copy.deepcopy(element)
        kept.tail = None
        inner.append(kept)
        text = etree.tostring(outer if self.depth else kept, encoding="unicode", pretty_print=True)
        lines = text.rstrip("\n").split("\n")
        self._lines.extend(lines[self.depth : len(lines) - self.depth] if self.depth else lines)

    def line(self, text: str) -> None:
        """Write a finished line at this level."""
        self._lines.append("  " * self.depth + text)

    def text(self) -> str:
        """Give what was written; the last line ends with a line break."""
        return "\n".join(self._lines) + "\n" if self._lines else ""


def _attributes(attributes: Attributes) -> str:
    return "".join(f" {name}='{escape(value)}'" for name, value in attributes)
