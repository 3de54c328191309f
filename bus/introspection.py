# SPDX-License-Identifier: LGPL-2.1-or-later
"""The catalogue as D-Bus introspection XML, docstrings included, so that `busctl introspect` and d-feet can show it."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from virtbus.bus import members
from virtbus.bus.catalogue import Api, Call, Event, Perm, Prop
from virtbus.bus.members import Interface, Member
from virtbus.bus.names import ACRONYMS
from virtbus.bus.types import Field, UuidBytes, fields_of
from virtbus.bus.wire import kinds

DOCTYPE = (
    '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n'
    ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n'
)
DOC = "org.gtk.GDBus.DocString"
SINCE = "org.libvirt.Since"
PERMISSION = "org.libvirt.Permission"
CHANGES = "org.freedesktop.DBus.Property.EmitsChangedSignal"
UNIX_FD = "org.gtk.GDBus.C.UnixFD"
EVENT_STAMP = (("generation", "t"), ("sequence", "t"))
STREAM_OUTS = (("data", "h"), ("stream", "o"))


def node(obj: Api | type[Api] | None, children: Iterable[str] = ()) -> str:
    """Give the XML of an object or class (None: of a mere folder of objects), with the names of the nodes below."""
    cls = type(obj) if isinstance(obj, Api) else obj
    root = ET.Element("node")
    root.extend(_shared(is_manager=cls is not None and cls.kind == "Manager"))
    if cls is not None:
        root.append(interface(cls))
    for child in children:
        ET.SubElement(root, "node", name=child)
    ET.indent(root)
    return DOCTYPE + ET.tostring(root, encoding="unicode")


def stream_node() -> str:
    """Give the XML of a stream object."""
    root = ET.Element("node")
    root.extend([*_shared(is_manager=False), fixed_interface(members.STREAM)])
    ET.indent(root)
    return DOCTYPE + ET.tostring(root, encoding="unicode")


_made: dict[type[Api], ET.Element] = {}


def interface(cls: type[Api]) -> ET.Element:
    """Give the interface element of a class of the catalogue."""
    if cls not in _made:
        _made[cls] = _make(cls)
    return _made[cls]


def _make(cls: type[Api]) -> ET.Element:
    element = ET.Element("interface", name=cls.interface())
    _annotate(element, DOC, (cls.__doc__ or "").strip())
    for call in cls.calls.values():
        if call.bus:
            _method(element, call)
    for event in cls.events.values():
        _signal(element, event)
    for name, prop in cls.properties.items():
        _property(element, cls, name, prop)
    if cls.kind == "Manager":
        for member in members.MANAGER_METHODS:
            _fixed_method(element, member)
        for member in members.MANAGER_PROPERTIES:
            _fixed_property(element, member)
    return element


def fixed_interface(fixed: Interface) -> ET.Element:
    """Give the element of an interface that is not made from the catalogue."""
    element = ET.Element("interface", name=fixed.name)
    for member in fixed.methods:
        _fixed_method(element, member)
    for member in fixed.signals:
        signal = ET.SubElement(element, "signal", name=member.name)
        _arguments(signal, [_split(text) for text in member.ins], None)
        _annotate(signal, DOC, member.doc)
    for member in fixed.properties:
        _fixed_property(element, member)
    return element


def argument_name(name: str) -> str:
    """Give an argument's name on D-Bus: parent_index becomes parentIndex, xml_desc xmlDesc."""
    first, *rest = name.split("_")
    return first + "".join(ACRONYMS.get(word, word[:1].upper() + word[1:]) for word in rest)


def property_field(cls: type[Api], prop: Prop) -> tuple[Field, ...]:
    """Give what a property holds, as results of its getter or the member of its reference."""
    if not prop.of_reference:
        return cls.calls[prop.getter].outs
    assert cls.ref_class is not None
    return tuple(field for field in fields_of(cls.ref_class) if field.name == prop.getter)


def property_signature(cls: type[Api], prop: Prop) -> str:
    """Give a property's D-Bus signature; several results become a structure, a UUID is text."""
    fields = property_field(cls, prop)
    if prop.of_reference and isinstance(fields[0].kind, UuidBytes):
        return "s"
    signature = kinds.signature(fields)
    return signature if len(fields) == 1 else f"({signature})"


def permission_text(perms: Iterable[Perm]) -> str:
    """Give permissions as one text: "domain.write domain.save if flags & 3"."""
    return ", ".join(f"{perm.object}.{perm.permission}{_condition(perm)}" for perm in perms)


def _condition(perm: Perm) -> str:
    if perm.equals is not None:
        return f" if {perm.arg} = {perm.equals}"
    parts = []
    if perm.when:
        parts.append(f"{perm.arg} & {perm.when:#x}")
    if perm.unless:
        parts.append(f"not {perm.arg} & {perm.unless:#x}")
    return f" if {' and '.join(parts)}" if parts else ""


@functools.cache
def _shared(*, is_manager: bool) -> tuple[ET.Element, ...]:
    fixed = [members.PEER, members.INTROSPECTABLE, members.PROPERTIES]
    if is_manager:
        fixed.append(members.OBJECT_MANAGER)
    return tuple(fixed_interface(each) for each in fixed)


def _method(parent: ET.Element, call: Call) -> None:
    element = ET.SubElement(parent, "method", name=call.member)
    outs = (*STREAM_OUTS, *_typed(call.outs)) if call.stream is not None else _typed(call.outs)
    _arguments(element, _typed(call.params), "in")
    _arguments(element, outs, "out")
    _annotate(element, DOC, call.doc)
    _annotate(element, PERMISSION, permission_text(call.acl))
    _annotate(element, SINCE, call.since)
    if any("h" in signature for _, signature in (*_typed(call.params), *outs)):
        _annotate(element, UNIX_FD, "true")


def _signal(parent: ET.Element, event: Event) -> None:
    element = ET.SubElement(parent, "signal", name=event.member)
    _arguments(element, (*EVENT_STAMP, *_typed(event.params)), None)
    _annotate(element, DOC, event.doc)
    _annotate(element, PERMISSION, permission_text(event.acl))
    _annotate(element, SINCE, event.since)


def _property(parent: ET.Element, cls: type[Api], name: str, prop: Prop) -> None:
    access = "readwrite" if prop.writable else "read"
    element = ET.SubElement(parent, "property", name=name, type=property_signature(cls, prop), access=access)
    unchanging = "const" if prop.of_reference else "false"
    _annotate(element, CHANGES, "invalidates" if prop.changes else unchanging)
    if not prop.of_reference:
        getter = cls.calls[prop.getter]
        _annotate(element, DOC, getter.doc)
        _annotate(element, PERMISSION, permission_text(getter.acl))


def _fixed_method(parent: ET.Element, member: Member) -> None:
    element = ET.SubElement(parent, "method", name=member.name)
    _arguments(element, [_split(text) for text in member.ins], "in")
    _arguments(element, [_split(text) for text in member.outs], "out")
    _annotate(element, DOC, member.doc)
    _annotate(element, PERMISSION, member.permission)
    for name, value in member.annotations:
        _annotate(element, name, value)


def _fixed_property(parent: ET.Element, member: Member) -> None:
    element = ET.SubElement(parent, "property", name=member.name, type=member.outs[0], access="read")
    _annotate(element, DOC, member.doc)
    _annotate(element, PERMISSION, member.permission)
    for name, value in member.annotations:
        _annotate(element, name, value)


def _typed(fields: Iterable[Field]) -> tuple[tuple[str, str], ...]:
    return tuple((argument_name(field.name), kinds.signature((field,))) for field in fields)


def _split(text: str) -> tuple[str, str]:
    name, _, signature = text.partition(":")
    return name, signature


def _arguments(parent: ET.Element, typed: Iterable[tuple[str, str]], direction: str | None) -> None:
    for name, signature in typed:
        element = ET.SubElement(parent, "arg", name=name, type=signature)
        if direction:
            element.set("direction", direction)


def _annotate(parent: ET.Element, name: str, value: str) -> None:
    if value:
        ET.SubElement(parent, "annotation", name=name, value=value)
