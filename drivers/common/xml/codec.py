# SPDX-License-Identifier: LGPL-2.1-or-later
"""Dataclasses that are XML elements: each field says its place, the order of fields is the order of output.

    @dataclass
    class Bridge:
        name: str | None = attr()
        stp: bool | None = attr(kind=ON_OFF)

    @dataclass
    class Network:
        name: str | None = leaf()
        bridge: Bridge | None = one(Bridge)
        ips: list[Ip] = many(Ip, "ip")

Reading takes what the fields name and drops the rest; `None` (or an empty list) is "not there". Filling in defaults
and checking are steps of their own, made by whoever owns the class. The plan of a class is compiled once. A class
with `XML_OPEN = True` is written with a start and an end tag even where nothing is between them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from virtbus.drivers.common.xml.parse import Element, text_of
from virtbus.drivers.common.xml.values import TEXT, Place, Value
from virtbus.drivers.common.xml.writer import Writer

T = TypeVar("T")


class Namespace(NamedTuple):
    """A vendor's namespace: the prefix that is written, and its URI."""

    prefix: str
    uri: str


@dataclass(frozen=True)
class Spot:
    """Where a field lives in its element. `wrap`: the element between, of a list like <hosts><host/>…</hosts>."""

    form: str
    name: str = ""
    kind: Value[Any] = TEXT
    cls: type | None = None
    wrap: str = ""
    ns: Namespace | None = None
    default: Any = None

    @property
    def tag(self) -> str:
        """Give the element's name as it is written."""
        return f"{self.ns.prefix}:{self.name}" if self.ns else self.name

    @property
    def path(self) -> str:
        """Give the element's name as lxml finds it."""
        return f"{{{self.ns.uri}}}{self.name}" if self.ns else self.name


def _place(spot: Spot, default: Any = None) -> Any:
    if spot.form in ("many", "leaves"):
        return dataclasses.field(default_factory=list, metadata={"spot": spot})
    return dataclasses.field(default=default, metadata={"spot": spot})


def attr(name: str = "", kind: Value[Any] = TEXT, default: Any = None) -> Any:
    """Say that a field is an attribute; it is written unless it equals `default`."""
    return _place(Spot("attr", name, kind, default=default), default)


def text(kind: Value[Any] = TEXT) -> Any:
    """Say that a field is the element's own text."""
    return _place(Spot("text", "", kind))


def leaf(name: str = "", kind: Value[Any] = TEXT) -> Any:
    """Say that a field is the text of a child element; an empty element counts as none."""
    return _place(Spot("leaf", name, kind))


def leaves(name: str, kind: Value[Any] = TEXT, wrap: str = "") -> Any:
    """Say that a field is the list of texts of the child elements of one name."""
    return _place(Spot("leaves", name, kind, wrap=wrap))


def flag(name: str = "") -> Any:
    """Say that a field is whether a child element is there."""
    return _place(Spot("flag", name), default=False)


def one(cls: type, name: str = "", wrap: str = "", ns: Namespace | None = None) -> Any:
    """Say that a field is the first child element of its name, read as `cls`."""
    return _place(Spot("one", name, cls=cls, wrap=wrap, ns=ns))


def many(cls: type, name: str, wrap: str = "", ns: Namespace | None = None) -> Any:
    """Say that a field is the list of all child elements of its name, read as `cls`."""
    return _place(Spot("many", name, cls=cls, wrap=wrap, ns=ns))


def raw(name: str = "") -> Any:
    """Say that a field is a child element kept as it is, of type `Element | None`."""
    return _place(Spot("raw", name))


Step = Callable[[Element, dict[str, Any]], None]
Written = Callable[[Any, Writer], None]


class Plan(NamedTuple):
    """What reading and writing a class takes, compiled."""

    read: tuple[Step, ...]
    attributes: tuple[tuple[str, str, Value[Any], Any], ...]
    text: tuple[str, Value[Any]] | None
    children: tuple[tuple[str, Callable[[Any], bool], Callable[[Any, Writer], None]], ...]
    namespaces: tuple[tuple[str, Namespace], ...]
    open: bool


_plans: dict[type, Plan] = {}


def plan_of(cls: type) -> Plan:
    """Give the plan of a class."""
    known = _plans.get(cls)
    if known is None:
        known = _plans[cls] = _compile(cls)
    return known


def read(cls: type[T], element: Element) -> T:
    """Give an object read from its element; a value that its kind refuses raises that kind's error."""
    found: dict[str, Any] = {}
    for step in plan_of(cls).read:
        step(element, found)
    return cls(**found)


def write(value: Any, tag: str, writer: Writer, extra: Iterable[tuple[str, str]] = ()) -> None:
    """Write an object as the element `tag`; `extra` attributes come last."""
    plan = plan_of(type(value))
    pairs = [
        (f"xmlns:{ns.prefix}", ns.uri)
        for field, ns in plan.namespaces
        if getattr(value, field) and not tag.startswith(f"{ns.prefix}:")
    ]
    pairs.extend(
        (name, kind.write(found))
        for field, name, kind, default in plan.attributes
        if (found := getattr(value, field)) is not None and found != default
    )
    pairs.extend(extra)
    if plan.text is not None:
        own = getattr(value, plan.text[0])
        return writer.empty(tag, pairs) if own is None else writer.leaf(tag, plan.text[1].write(own), pairs)
    present = [(getattr(value, field), put) for field, there, put in plan.children if there(getattr(value, field))]
    if not present and not plan.open:
        return writer.empty(tag, pairs)
    writer.open(tag, pairs)
    for child, put in present:
        put(child, writer)
    return writer.close(tag)


def dump(value: Any, tag: str, depth: int = 0) -> str:
    """Give an object's XML text."""
    writer = Writer(depth)
    write(value, tag, writer)
    return writer.text()


def spots(cls: type) -> list[tuple[str, Spot]]:
    """Give a class's fields with their places; fields without one are the program's own."""
    found = []
    for field in dataclasses.fields(cls):
        spot = field.metadata.get("spot")
        if spot is not None:
            found.append((field.name, spot if spot.name else dataclasses.replace(spot, name=field.name)))
    return found


def _compile(cls: type) -> Plan:
    places = spots(cls)
    return Plan(
        tuple(_READERS[spot.form](field, spot) for field, spot in places),
        tuple((field, spot.name, spot.kind, spot.default) for field, spot in places if spot.form == "attr"),
        next(((field, spot.kind) for field, spot in places if spot.form == "text"), None),
        tuple(
            (field, _there(spot), _WRITERS[spot.form](spot))
            for field, spot in places
            if spot.form not in ("attr", "text")
        ),
        tuple((field, spot.ns) for field, spot in places if spot.ns),
        getattr(cls, "XML_OPEN", False),
    )


def _there(spot: Spot) -> Callable[[Any], bool]:
    return bool if spot.form in ("many", "leaves", "flag") else _given


def _given(value: Any) -> bool:
    return value is not None


def _read_attr(field: str, spot: Spot) -> Step:
    name, parse = spot.name, spot.kind.read

    def step(element: Element, found: dict[str, Any]) -> None:
        value = element.get(name)
        if value is not None:
            found[field] = parse(value, Place(element, name))

    return step


def _read_text(field: str, spot: Spot) -> Step:
    def step(element: Element, found: dict[str, Any]) -> None:
        value = text_of(element)
        if value:
            found[field] = spot.kind.read(value, Place(element, ""))

    return step


def _read_leaf(field: str, spot: Spot) -> Step:
    def step(element: Element, found: dict[str, Any]) -> None:
        child = element.find(spot.name)
        if child is not None and (value := text_of(child)):
            found[field] = spot.kind.read(value, Place(child, ""))

    return step


def _wrapped(spot: Spot) -> str:
    return f"{spot.wrap}/{spot.path}" if spot.wrap else spot.path


def _read_leaves(field: str, spot: Spot) -> Step:
    path = _wrapped(spot)

    def step(element: Element, found: dict[str, Any]) -> None:
        found[field] = [spot.kind.read(text_of(child), Place(child, "")) for child in element.findall(path)]

    return step


def _read_flag(field: str, spot: Spot) -> Step:
    def step(element: Element, found: dict[str, Any]) -> None:
        found[field] = element.find(spot.path) is not None

    return step


def _read_one(field: str, spot: Spot) -> Step:
    path, cls = _wrapped(spot), _class(spot)

    def step(element: Element, found: dict[str, Any]) -> None:
        child = element.find(path)
        if child is not None:
            found[field] = read(cls, child)

    return step


def _read_many(field: str, spot: Spot) -> Step:
    path, cls = _wrapped(spot), _class(spot)

    def step(element: Element, found: dict[str, Any]) -> None:
        found[field] = [read(cls, child) for child in element.findall(path)]

    return step


def _read_raw(field: str, spot: Spot) -> Step:
    def step(element: Element, found: dict[str, Any]) -> None:
        found[field] = element.find(spot.path)

    return step


def _class(spot: Spot) -> type:
    if spot.cls is None:
        raise TypeError(f"the place <{spot.name}> needs a class")
    return spot.cls


def _write_leaf(spot: Spot) -> Callable[[Any, Writer], None]:
    return lambda value, writer: writer.leaf(spot.tag, spot.kind.write(value))


def _write_flag(spot: Spot) -> Callable[[Any, Writer], None]:
    return lambda _value, writer: writer.empty(spot.tag)


def _write_one(spot: Spot) -> Callable[[Any, Writer], None]:
    return _within(spot, lambda value, writer: write(value, spot.tag, writer))


def _write_many(spot: Spot) -> Callable[[Any, Writer], None]:
    def put(values: Any, writer: Writer) -> None:
        for value in values:
            write(value, spot.tag, writer)

    return _within(spot, put)


def _write_leaves(spot: Spot) -> Callable[[Any, Writer], None]:
    def put(values: Any, writer: Writer) -> None:
        for value in values:
            writer.leaf(spot.tag, spot.kind.write(value))

    return _within(spot, put)


def _within(spot: Spot, put: Callable[[Any, Writer], None]) -> Callable[[Any, Writer], None]:
    if not spot.wrap:
        return put

    def wrapped(value: Any, writer: Writer) -> None:
        writer.open(spot.wrap)
        put(value, writer)
        writer.close(spot.wrap)

    return wrapped


def _write_raw(_spot: Spot) -> Callable[[Any, Writer], None]:
    return lambda value, writer: writer.foreign(value)


_READERS: dict[str, Callable[[str, Spot], Step]] = {
    "attr": _read_attr, "text": _read_text, "leaf": _read_leaf, "leaves": _read_leaves, "flag": _read_flag,
    "one": _read_one, "many": _read_many, "raw": _read_raw,
}  # fmt: skip
_WRITERS: dict[str, Callable[[Spot], Callable[[Any, Writer], None]]] = {
    "leaf": _write_leaf, "leaves": _write_leaves, "flag": _write_flag, "one": _write_one, "many": _write_many,
    "raw": _write_raw,
}  # fmt: skip
