# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a catalogue entry looks like on the wire: its arguments, results and messages, field by field.

The catalogue speaks of the API; the legacy protocol carries the object first, asks whether results are wanted, counts
them, and so on. Each `Form` has its rule here; what no rule describes spells its layout out (`Form.SPECIAL`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

from virtbus.bus.api import (
    admin,
    checkpoint,
    hypervisor,
    interface,
    lxc,
    network,
    nodedev,
    nwfilter,
    secret,
    session,
    storage,
)
from virtbus.bus.api import snapshot as snapshots
from virtbus.bus.api.domain import Domain
from virtbus.bus.catalogue import Api, Call, Event, Form
from virtbus.bus.types import Descriptor, Descriptors, Field, Kind, Nullable, Record, Scalar, fields_of

INT = Scalar("int32")
UINT = Scalar("uint32")

CATALOGUE: tuple[type[Api], ...] = (
    session.Session, hypervisor.Manager, Domain, snapshots.Snapshot, checkpoint.Checkpoint, network.Manager,
    network.Network, network.Port, storage.Manager, storage.Pool, storage.Volume, nwfilter.Manager, nwfilter.Filter,
    nwfilter.Binding, nodedev.Manager, nodedev.Device, secret.Manager, secret.Secret, interface.Manager,
    interface.Iface, lxc.Lxc, admin.Admin,
)  # fmt: skip
"""Every object of the API, the one first that is asked where several have the same call."""

SIGNED_COUNTS = frozenset({274, 275, 312, 413, 414})
"""Calls of the form NEED_RESULTS whose count is a signed number."""


class Layout(NamedTuple):
    """The fields of a call's arguments and results on the wire."""

    args: tuple[Field, ...]
    ret: tuple[Field, ...]


class Messages(NamedTuple):
    """The fields of an event's messages: the one with a callback id, and the old one where there is one."""

    callback: tuple[Field, ...]
    legacy: tuple[Field, ...] | None


@functools.cache
def of_call(entry: Call) -> Layout:
    """Give the wire layout of a call."""
    own = _own_reference(entry)
    if entry.form is Form.SPECIAL:
        assert entry.wire_args is not None
        ret = fields_of(entry.wire_ret) if entry.wire_ret else ()
        return Layout((*own, *fields_of(entry.wire_args)), ret)
    args, ret = list(own + _plain(entry.params)), _plain(entry.outs)
    if entry.form is Form.NEED_RESULTS:
        _insert(args, Field("need_results", INT), "")
        ret = (*ret, Field("ret", INT if entry.number in SIGNED_COUNTS else UINT))
    elif entry.form is Form.MAX_NAMES:
        _insert(args, Field(entry.extra.partition(":")[0], INT), entry.extra.partition(":")[2])
    elif entry.form is Form.NPARAMS:
        _insert(args, Field("nparams", INT), entry.extra.partition(":")[2])
        ret = (*ret, Field("nparams", INT))
    return Layout(tuple(args), ret)


def extra_position(entry: Call) -> int:
    """Give the index of the argument that only the wire has (need_results, maxnames, nparams)."""
    layout = of_call(entry)
    names = [f.name for f in layout.args]
    wanted = entry.extra.partition(":")[0] or {
        Form.NEED_RESULTS: "need_results", Form.NPARAMS: "nparams",
    }[entry.form]  # fmt: skip
    return names.index(wanted)


@functools.cache
def of_event(entry: Event) -> Messages:
    """Give the layouts of an event's messages."""
    params = entry.params
    ident = Field("callback_id", INT)
    if entry.reason:
        reason = next(p for p in params if p.name == "reason")
        plain = tuple(p for p in params if p.name != "reason")
        return Messages((ident, reason, *plain), plain)
    return Messages((ident, *params), params if entry.legacy is not None else None)


def calls() -> Iterator[tuple[type[Api], Call]]:
    """Give each procedure once, with the object whose call it is."""
    seen: set[tuple[str, int]] = set()
    for api in CATALOGUE:
        for entry in api.calls.values():
            key = (entry.program, entry.number)
            if key not in seen:
                seen.add(key)
                yield api, entry


def events() -> Iterator[tuple[type[Api], Event]]:
    """Give each event once, with the object that tells of it."""
    for api in CATALOGUE:
        for entry in api.events.values():
            yield api, entry


def is_shared(entry: Call) -> bool:
    """Say whether every daemon has the call, so that the connection's own driver is asked."""
    return sum(1 for api in CATALOGUE for e in api.calls.values() if _same(e, entry)) > 1


def _same(one: Call, other: Call) -> bool:
    return (one.program, one.number) == (other.program, other.number)


def _own_reference(entry: Call) -> tuple[Field, ...]:
    ref = entry.owner.ref_class
    return () if ref is None else (Field(entry.owner.kind.lower(), Record(ref)),)


def _plain(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(f for f in fields if not isinstance(_bare(f.kind), (Descriptor, Descriptors)))


def _bare(kind: Kind) -> Kind:
    return kind.item if isinstance(kind, Nullable) else kind


def _insert(args: list[Field], extra: Field, position: str) -> None:
    """Put the extra argument where `position` says, or just before the flags, or at the end."""
    names = [f.name for f in args]
    if position:
        at = int(position)
    elif "flags" in names:
        at = names.index("flags")
    else:
        at = len(args)
    args.insert(at, extra)
