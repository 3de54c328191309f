# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kit that the catalogue is written with: objects, their calls, events and properties.

A class of the catalogue is an abstract object of the API. Each of its calls is one decorated method with plain typed
arguments; its body raises `NoSupport`, so that a driver which does not override it answers as libvirt does. From the
decorated method everything else is derived elsewhere: signatures, codecs, routing, permissions, coverage.

    class Network(Api, noun="Network", daemon="network", ref=NetworkRef):
        \"""A virtual network.\"""

        @call(44, acl="network:read", since="0.2.1", urgent=True)
        async def get_autostart(self) -> Flag:
            \"""Say whether the network starts with the host.\"""
            raise NoSupport
"""

from __future__ import annotations

import enum
import functools
import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeVar

from virtbus.bus.names import camel, rpc_name
from virtbus.bus.streams import StreamEnd
from virtbus.bus.types import Field, Kind, Nullable, Record, Scalar, fields_of, kind_of

F = TypeVar("F", bound=Callable[..., Any])

PROGRAMS = {"remote": 0x20008086, "qemu": 0x20008087, "lxc": 0x00068000, "admin": 0x06900690, "keepalive": 0x6B656570}


class Perm(NamedTuple):
    """One permission that a call needs, perhaps only for some values of its flags.

    `when`: needed if any of these bits is set; `unless`: needed if none of these bits is set; both look at the
    argument `arg`. With `equals`, the argument must have exactly that value instead.
    """

    object: str
    permission: str
    when: int = 0
    unless: int = 0
    equals: int | None = None
    arg: str = "flags"

    @property
    def action(self) -> str:
        """Give the polkit action, as in libvirt's aclpolkit page."""
        return f"org.libvirt.api.{self.object}.{self.permission}".replace("_", "-")

    def applies(self, value: int) -> bool:
        """Say whether the permission is needed for this value of the argument `arg`."""
        if self.equals is not None:
            return value == self.equals
        if self.when and not value & self.when:
            return False
        return not (self.unless and value & self.unless)

    @property
    def conditional(self) -> bool:
        """Whether the permission depends on an argument."""
        return bool(self.when or self.unless or self.equals is not None)


class Form(enum.Enum):
    """How the legacy call's arguments and results differ from the method's.

    PLAIN: not at all. NEED_RESULTS: the caller may ask for the count alone. MAX_NAMES: the caller says how many
    entries he takes. NPARAMS: the caller asks with nparams=0 for the count, then for as many parameters.
    SESSION: the proxy itself answers, the daemon never sees it. SPECIAL: `args` and `ret` of the wire are
    spelled out, a named function of the proxy adapts them. STREAM: as PLAIN, and a stream opens.
    """

    PLAIN = "plain"
    NEED_RESULTS = "need_results"
    MAX_NAMES = "max_names"
    NPARAMS = "nparams"
    SESSION = "session"
    SPECIAL = "special"
    STREAM = "stream"


class Direction(enum.Enum):
    """Which way a stream's data goes, seen from the client."""

    UPLOAD = "upload"
    DOWNLOAD = "download"
    BOTH = "both"


@dataclass(frozen=True, eq=False)
class Call:
    """One call of the API: what the decorator was given and what the signature says."""

    number: int
    acl: tuple[Perm, ...]
    filter: tuple[Perm, ...]
    since: str
    urgent: bool
    form: Form
    program: str
    stream: Direction | None
    sparse: int
    extra: str
    read_only: bool | None
    wire_args: type | None
    wire_ret: type | None
    given_name: str | None
    fds_in: bool
    bus: bool
    job: bool
    constant: bool
    function: Callable[..., Any] = field(repr=False, compare=False)
    method: str = ""
    owner: type[Api] = field(default=None, repr=False, compare=False)  # type: ignore[assignment]

    @functools.cached_property
    def member(self) -> str:
        """Give the D-Bus member: GetXMLDesc."""
        return camel(self.method)

    @functools.cached_property
    def name(self) -> str:
        """Give the name that the legacy protocol has for it: DomainGetXMLDesc."""
        return self.given_name or rpc_name(self.owner.noun, self.member, self.owner.own)

    @functools.cached_property
    def doc(self) -> str:
        """Give the docstring."""
        return inspect.getdoc(self.function) or ""

    @functools.cached_property
    def params(self) -> tuple[Field, ...]:
        """Give the method's arguments, without self."""
        hints = _hints(self.function)
        names = list(inspect.signature(self.function).parameters)[1:]
        return tuple(Field(name, kind_of(hints[name])) for name in names)

    @functools.cached_property
    def result(self) -> Kind | None:
        """Give the kind of what the method returns; None where it returns nothing."""
        hint = _hints(self.function).get("return")
        return None if hint in (None, type(None), StreamEnd) else kind_of(hint)

    @functools.cached_property
    def outs(self) -> tuple[Field, ...]:
        """Give the results one by one: a record that is no reference is taken apart."""
        result = self.result
        if result is None:
            return ()
        if isinstance(result, Record) and not result.is_reference:
            return fields_of(result.cls)
        return (Field(result_name(self, result), result),)

    @functools.cached_property
    def flags_index(self) -> int | None:
        """Give the position of the argument `flags` among the method's arguments."""
        names = [p.name for p in self.params]
        return names.index("flags") if "flags" in names else None

    def denied_to_readers(self, args: tuple[Any, ...]) -> bool:
        """Say whether a read-only connection is refused this call with these arguments."""
        if self.read_only is not None:
            return not self.read_only
        return any(not harmless(p) for p in self.needed(args))

    def needed(self, args: tuple[Any, ...]) -> Iterator[Perm]:
        """Give the permissions that these arguments need."""
        for perm in self.acl:
            if not perm.conditional or perm.applies(self._value(perm.arg, args)):
                yield perm

    def _value(self, arg: str, args: tuple[Any, ...]) -> int:
        for position, param in enumerate(self.params):
            if param.name == arg and position < len(args):
                return int(args[position])
        return 0


def harmless(perm: Perm) -> bool:
    """Say whether a read-only connection has this permission."""
    return perm.permission in ("getattr", "read") or perm.permission.startswith("search_")


def result_name(call: Call, result: Kind) -> str:
    """Give the name of a single result, for introspection."""
    if isinstance(result, Record):
        return camel_lower(result.cls.__name__.removesuffix("Ref"))
    if isinstance(result, (Nullable, Scalar)):
        return call.method.removeprefix("get_").removeprefix("is_")
    return "result"


def camel_lower(name: str) -> str:
    """Give a name with its first letter small."""
    return name[:1].lower() + name[1:]


@dataclass(frozen=True, eq=False)
class Event:
    """One event: the signal's arguments, and the numbers under which the legacy protocol sends it.

    `number` is the id that clients register for (virDomainEventID and the like); `legacy` the message without a
    callback id, `callback` the one with; `wrapped` where the latter holds the former as an optional structure.
    """

    number: int
    legacy: int | None
    callback: int
    since: str
    acl: tuple[Perm, ...]
    wrapped: bool
    reason: bool
    given_name: str | None
    program: str
    function: Callable[..., Any] = field(repr=False, compare=False)
    method: str = ""
    owner: type[Api] = field(default=None, repr=False, compare=False)  # type: ignore[assignment]

    @functools.cached_property
    def member(self) -> str:
        """Give the D-Bus signal's name: DomainEventLifecycle."""
        return self.given_name or camel(self.method)

    @functools.cached_property
    def doc(self) -> str:
        """Give the docstring."""
        return inspect.getdoc(self.function) or ""

    @functools.cached_property
    def params(self) -> tuple[Field, ...]:
        """Give the signal's arguments after generation and sequence."""
        hints = _hints(self.function)
        names = list(inspect.signature(self.function).parameters)[1:]
        return tuple(Field(name, kind_of(hints[name])) for name in names)


class Prop(NamedTuple):
    """A D-Bus property: a getter among the calls (made with flags 0), or a member of the reference.

    `changes` says that PropertiesChanged tells of it; `writable` names the call that sets it.
    """

    getter: str
    writable: str | None = None
    changes: bool = True
    of_reference: bool = False


class Api:
    """The base of every class of the catalogue, and so of every object that a driver implements."""

    noun: ClassVar[str] = ""
    own: ClassVar[tuple[str, ...]] = ()
    daemon: ClassVar[str] = ""
    kind: ClassVar[str] = ""
    ref_class: ClassVar[type | None] = None
    calls: ClassVar[dict[str, Call]] = {}
    events: ClassVar[dict[str, Event]] = {}
    properties: ClassVar[dict[str, Prop]] = {}
    wire_only: ClassVar[bool] = False
    ref: Any = None

    def __init_subclass__(
        cls,
        *,
        noun: str | None = None,
        daemon: str | None = None,
        kind: str | None = None,
        ref: type | None = None,
        own: tuple[str, ...] | None = None,
        wire_only: bool = False,
        **rest: Any,
    ) -> None:
        """Collect the class's calls and events; a driver's class (no noun) inherits them."""
        super().__init_subclass__(**rest)
        if noun is None:
            return
        cls.noun, cls.own, cls.wire_only = noun, own or (), wire_only
        cls.daemon = daemon if daemon is not None else cls.daemon
        cls.kind = kind or noun
        cls.ref_class = ref
        cls.calls, cls.events = {}, {}
        for base in reversed(cls.__mro__):
            for name, member in vars(base).items():
                cls._collect(name, member)

    @classmethod
    def _collect(cls, name: str, member: Any) -> None:
        entry = getattr(member, "entry", None)
        if isinstance(entry, Call):
            cls.calls[name] = _bound(entry, name, cls)
        elif isinstance(entry, Event):
            cls.events[name] = _bound(entry, name, cls)

    @classmethod
    def interface(cls) -> str:
        """Give the D-Bus interface: org.libvirt.network1.Network."""
        return f"org.libvirt.{cls.daemon}1.{cls.kind}"


E_ = TypeVar("E_", Call, Event)


def _bound(entry: E_, name: str, owner: type[Api]) -> E_:
    from dataclasses import replace

    return replace(entry, method=name, owner=owner)


def perms(spec: str | Perm | tuple[str | Perm, ...]) -> tuple[Perm, ...]:
    """Turn "domain:write" and the like into permissions."""
    if isinstance(spec, Perm):
        return (spec,)
    if isinstance(spec, str):
        pairs = (s.partition(":") for s in spec.split())
        return tuple(Perm(noun, permission) for noun, _, permission in pairs)
    return tuple(p for s in spec for p in perms(s))


def call(
    number: int,
    *,
    acl: str | Perm | tuple[str | Perm, ...] = "",
    filter: str = "",
    since: str = "",
    urgent: bool = False,
    form: Form = Form.PLAIN,
    program: str = "remote",
    stream: Direction | None = None,
    sparse: int = 0,
    extra: str = "",
    read_only: bool | None = None,
    args: type | None = None,
    ret: type | None = None,
    name: str | None = None,
    fds_in: bool = False,
    bus: bool = True,
    job: bool = False,
    constant: bool = False,
) -> Callable[[F], F]:
    """Declare a call.

    `number`: its procedure number in `program`. `acl`: permissions needed, as libvirt's API page lists them.
    `filter`: what each listed object is checked for. `urgent`: high priority on the wire. `extra`: a wire-only
    argument of the forms that have one, written `name:position` where it is not just before the flags.
    `read_only`: whether read-only connections may make it, where that does not follow from `acl`.
    `args`, `ret`: records of the wire layout for `Form.SPECIAL`. `sparse`: the flag that asks for holes.
    `bus`: False for what only the wire has. `constant`: the answer is the same for as long as the daemon runs.
    """

    def mark(function: F) -> F:
        entry = Call(
            number=number, acl=perms(acl), filter=perms(filter), since=since, urgent=urgent, form=form,
            program=program, stream=stream, sparse=sparse, extra=extra, read_only=read_only, wire_args=args,
            wire_ret=ret, given_name=name, fds_in=fds_in, bus=bus and form is not Form.SESSION, job=job,
            constant=constant, function=function,
        )  # fmt: skip
        function.entry = entry  # type: ignore[attr-defined]
        return function

    return mark


def event(
    number: int,
    *,
    callback: int,
    legacy: int | None = None,
    since: str = "",
    acl: str = "",
    wrapped: bool = False,
    reason: bool = False,
    name: str | None = None,
    program: str = "remote",
) -> Callable[[F], F]:
    """Declare an event; `acl` is what a listener needs on the object to be told."""

    def mark(function: F) -> F:
        function.entry = Event(  # type: ignore[attr-defined]
            number=number, legacy=legacy, callback=callback, since=since, acl=perms(acl), wrapped=wrapped,
            reason=reason, given_name=name, program=program, function=function,
        )  # fmt: skip
        return function

    return mark


_hint_cache: dict[Any, dict[str, Any]] = {}


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    known = _hint_cache.get(function)
    if known is None:
        known = _hint_cache[function] = typing.get_type_hints(function, include_extras=True)
    return known
