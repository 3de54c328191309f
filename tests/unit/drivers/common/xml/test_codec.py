# SPDX-License-Identifier: LGPL-2.1-or-later
# ruff: noqa: RUF009
"""Documents to dataclasses and back."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from virtbus.bus.errors import InternalError, XmlDetail, XmlError
from virtbus.drivers.common.xml import codec, parse
from virtbus.drivers.common.xml.codec import Namespace, attr, dump, flag, leaf, leaves, many, one, raw, read, text
from virtbus.drivers.common.xml.values import ON_OFF, UINT, UUID
from virtbus.drivers.common.xml.writer import escape

VENDOR = Namespace("v", "urn:v")


@dataclass
class Host:
    ip: str | None = attr()
    names: list[str] = leaves("hostname")


@dataclass
class Txt:
    value: str | None = text()
    size: int | None = attr(kind=UINT)


@dataclass
class Extra:
    value: str | None = attr()


@dataclass
class Thing:
    kind: str | None = attr("type")
    name: str | None = leaf()
    uuid: object = leaf(kind=UUID)
    metadata: parse.Element | None = raw()
    acpi: bool = flag()
    stp: bool | None = attr(kind=ON_OFF)
    txt: Txt | None = one(Txt, "txt")
    hosts: list[Host] = many(Host, "host", wrap="hosts")
    extra: Extra | None = one(Extra, "extra", ns=VENDOR)


WHOLE = """\
<thing xmlns:v='urn:v' type='a' stp='on'>
  <name>x &amp; &apos;y&apos;</name>
  <uuid>74770000-0000-4000-8000-0000000000aa</uuid>
  <metadata>
    <b:x xmlns:b="urn:b" q="&quot;1&quot;">t &amp; <y/></b:x>
  </metadata>
  <acpi/>
  <txt size='4'>some</txt>
  <hosts>
    <host ip='1'>
      <hostname>a</hostname>
      <hostname>b</hostname>
    </host>
    <host ip='2'/>
  </hosts>
  <v:extra value='q'/>
</thing>
"""


def load(document: str) -> Thing:
    return read(Thing, parse.parse(document, "thing_definition", "thing"))


def test_every_place_comes_back_as_it_was_written() -> None:
    assert dump(load(WHOLE), "thing") == WHOLE


def test_foreign_elements_and_second_ones_are_dropped() -> None:
    thing = load("<thing xmlns:o='urn:o'><o:name>q</o:name><name>a<i>b</i></name><name>c</name><other/></thing>")
    assert thing == Thing(name="ab")


def test_an_empty_leaf_is_none() -> None:
    assert load("<thing><name/><uuid></uuid></thing>") == Thing()


def test_plan_is_compiled_once() -> None:
    assert codec.plan_of(Thing) is codec.plan_of(Thing)


def test_values_refuse_with_the_words_of_libvirt() -> None:
    with pytest.raises(XmlError) as caught:
        load("<thing stp='maybe'/>")
    assert caught.value.message == "XML error: Invalid value for attribute 'stp' in element 'thing': 'maybe'."
    with pytest.raises(XmlError, match=r"Expected non-negative integer value"):
        load("<thing><txt size='-1'>x</txt></thing>")
    with pytest.raises(InternalError, match=r"internal error: malformed uuid element"):
        load("<thing><uuid>x</uuid></thing>")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "(d):1: Document is empty\n(null)\n^"),
        ("hello", "(d):1: Start tag expected, '<' not found\nhello\n^"),
        ("\n\n", "(d):3: Start tag expected, '<' not found\n(null)\n^"),
        (
            "<d>\n  <n>a</b>\n</d>",
            f"(d):2: Opening and ending tag mismatch: n line 2 and b\n  <n>a</b>\n{'-' * 10}^",
        ),
        ("<d>\n", "(d):2: Premature end of data in tag d line 1\n(null)\n^"),
        ("<d>&e;</d>", "(d):1: Entity 'e' not defined\n<d>&e;</d>\n------^"),
        ("<d>\x01</d>", "(d):1: PCDATA invalid Char value 1\n<d>\x01</d>\n---^"),
        ("<?xml version='1.0' encoding='foo'?><d/>",
         "(d):1: Unsupported encoding foo\n<?xml version='1.0' encoding='foo'?><d/>\n" + "-" * 34 + "^"),
    ],
)  # fmt: skip
def test_what_is_not_well_formed_is_pointed_at(document: str, message: str) -> None:
    with pytest.raises(XmlDetail) as caught:
        parse.parse(document, "d")
    assert caught.value.message == message


def test_another_root_is_refused() -> None:
    with pytest.raises(XmlError) as caught:
        parse.parse("<domain/>", "network_definition", "network")
    assert caught.value.message == "XML error: expecting root element of 'network', not 'domain'"


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>",
        "<!DOCTYPE d SYSTEM 'file:///etc/hostname'>",
        "<!DOCTYPE d [<!ENTITY % p SYSTEM 'file:///etc/hostname'> %p;]>",
    ],
)
def test_nothing_outside_the_document_is_opened(doctype: str) -> None:
    with pytest.raises(XmlDetail, match="not defined"):
        parse.parse(f"{doctype}<d>&e;</d>", "d")


def test_growing_entities_end_early() -> None:
    levels = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 9))
    with pytest.raises(XmlDetail, match="entity reference loop"):
        parse.parse(f"<!DOCTYPE d [<!ENTITY l0 '{'lol' * 20}'>{levels}]><d>&l8;</d>", "d")


def test_depth_size_and_excerpts_are_bounded() -> None:
    for document in ("<d>" + "<a>" * 100_000, "x" * (parse.SIZE_MAX + 1), "<d>" + "y" * 100_000 + "</e>"):
        with pytest.raises(XmlDetail) as caught:
            parse.parse(document, "d")
        assert len(caught.value.message) < 4096


def test_escapes() -> None:
    assert escape("a\x01<>&'\"\t\u20ac") == "a&lt;&gt;&amp;&apos;&quot;\t\u20ac"
