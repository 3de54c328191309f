# SPDX-License-Identifier: LGPL-2.1-or-later
"""Text to element tree, with nothing fetched, nothing unbounded, and libvirt's words for what is wrong.

Entities of the document itself are expanded as libvirt does, within libxml2's bound on growth; those outside it
are never opened and count as undefined.
"""

from __future__ import annotations

import re

from lxml import etree

from virtbus.bus.errors import ErrorDomain, InternalError, XmlDetail, XmlError, XmlInvalidSchema

SCHEMAS = "/usr/share/libvirt/schemas"
SIZE_MAX = 16 * 1024 * 1024
"""Bytes of the longest document; libxml2 itself stops at 256 levels."""

EXCERPT_MAX = 1200
"""Characters of an error's excerpt: libvirt has no bound and answers with the whole document."""

Element = etree._Element

_WORDS = {
    re.compile(r"Unsupported encoding: (.*)"): r"Unsupported encoding \1",
    re.compile(r"(Excessive depth in document: \d+), (use .*)"): r"\1 \2",
}
_LOOP = ("ERR_ENTITY_LOOP", "ERR_RESOURCE_LIMIT")


def parse(text: str, label: str, root: str | None = None, *, schema: str = "", bare_label: bool = False) -> Element:
    """Give the root element of a document.

    `label` names the kind of document in errors: "network_definition", in brackets unless `bare_label`. Errors:
    XmlDetail for a document that is not well-formed, XmlError when the root is another than `root`,
    XmlInvalidSchema when `schema` (a file name like "network.rng") does not allow it.
    """
    data = text.encode("utf-8", "surrogateescape")
    where = label if bare_label else f"({label})"
    if len(data) > SIZE_MAX:
        raise XmlDetail(f"{where}:1: Document is too large")
    parser = _parser()
    try:
        tree = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        raise XmlDetail(_explain(parser, data, where)) from None
    if root is not None and tree.tag != root and local_name(tree) != root:
        detail = f"expecting root element of '{root}', not '{local_name(tree)}'"
        raise XmlError(detail, origin=ErrorDomain.XML)
    if schema:
        validate(tree, schema)
    return tree


def local_name(element: Element) -> str:
    """Give an element's name without its namespace."""
    return etree.QName(element).localname


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities="internal",  # type: ignore[arg-type]
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_blank_text=True,
    )


def _explain(parser: etree.XMLParser, data: bytes, where: str) -> str:
    entries = list(parser.error_log)
    if not entries:
        return f"{where}:1: Document is empty\n(null)\n^"
    first = entries[0]
    if first.type_name in _LOOP and "depth" not in first.message:
        return "at line 1: Detected an entity reference loop"
    message = first.message
    for pattern, words in _WORDS.items():
        message = pattern.sub(words, message)
    return f"{where}:{first.line}: {message[:EXCERPT_MAX]}\n{_excerpt(data, first.line, first.column)}"


def _excerpt(data: bytes, line: int, column: int) -> str:
    """Give the line of an error and below it a pointer to the place."""
    lines = data.split(b"\n")
    shown = lines[line - 1] if 0 < line <= len(lines) else b""
    place = max(0, min(column - 1, len(shown)))
    if len(shown) > EXCERPT_MAX:
        start = max(0, place - EXCERPT_MAX // 2)
        shown, place = shown[start : start + EXCERPT_MAX], place - start
    return f"{shown.decode('utf-8', 'replace') or '(null)'}\n{'-' * place}^"


_schemas: dict[str, etree.RelaxNG] = {}


def validate(tree: Element, schema: str) -> None:
    """Hold a document against one of libvirt's schemas; XmlInvalidSchema says what it does not allow."""
    path = f"{SCHEMAS}/{schema}"
    grammar = _schemas.get(path)
    if grammar is None:
        try:
            grammar = _schemas[path] = etree.RelaxNG(file=path)
        except (etree.LxmlError, OSError):
            detail = f"Unable to parse RNG {path}: schema is missing or broken"
            raise InternalError(detail, origin=ErrorDomain.XML) from None
    if not grammar.validate(tree):
        words = "".join(f"{entry.message}\n" for entry in grammar.error_log)
        raise XmlInvalidSchema(f"Unable to validate doc against {path}\n{words.rstrip()}", origin=ErrorDomain.XML)


def text_of(element: Element) -> str:
    """Give all text within an element, as XPath's string() does."""
    if len(element) == 0:
        return element.text or ""
    return str(element.xpath("string()"))
