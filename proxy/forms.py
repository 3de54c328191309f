# SPDX-License-Identifier: LGPL-2.1-or-later
"""The regular differences between a legacy call and the method behind it: who counts, and who may ask for less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from virtbus.bus.catalogue import Call, Form
from virtbus.bus.errors import ErrorDomain, InternalError, Rpc
from virtbus.bus.types import Parameters, Stats
from virtbus.proxy.rpc.layout import extra_position, of_call

Values = tuple[Any, ...]


class Adapter(NamedTuple):
    """How one call is adapted; neither function sees the object's own reference.

    `args`: the wire's arguments (and the descriptors that came with the call) to the method's. `ret`: the wire's
    arguments and the method's results to the wire's results. `failed`: what to answer although the method failed, or
    None.
    """

    args: Callable[[Values, tuple[int, ...]], Values]
    ret: Callable[[Values, Values], Values]
    failed: Callable[[Values, int], Values | None] | None = None


_LISTS = {
    21: "DOMAIN_LIST", 36: "NETWORK_LIST", 37: "DOMAIN_LIST", 38: "NETWORK_LIST", 72: "STORAGE_POOL_LIST",
    74: "STORAGE_POOL_LIST", 92: "STORAGE_VOL_LIST", 112: "NODE_DEVICE_LIST", 117: "NODE_DEVICE_CAPS_LIST",
    127: "INTERFACE_LIST", 138: "INTERFACE_LIST", 140: "SECRET_LIST", 179: "NWFILTER_LIST",
    188: "DOMAIN_SNAPSHOT_LIST", 247: "DOMAIN_SNAPSHOT_LIST",
}  # fmt: skip
"""How the legacy protocol calls the bound of each list of names."""

_GENEROUS = frozenset({395, 407})
"""Calls that give all parameters whatever number was asked for; clients send anything there."""


_COUNTS = {206: (6, 55), 227: (4, 8), 253: (20, 8), 257: (7, 8)}
"""Calls of which libvirt tells the number of parameters without a look at the object: the number, and the code of the
error that comes only when the parameters themselves are asked for."""

_STRING_OKAY = 4
_FOR_OLD = frozenset({198, 206, 243, 253, 255, 257})
"""Calls that leave out strings unless a flag says that the client knows these."""


def of_entry(entry: Call) -> Adapter | None:
    """Give the adapter for a call's form; None where nothing differs."""
    make = _FORMS.get(entry.form)
    return None if make is None else make(entry, _position(entry))


def _position(entry: Call) -> int:
    return extra_position(entry) - (0 if entry.owner.ref_class is None else 1)


def _need_results(_entry: Call, at: int) -> Adapter:
    def args(wire: Values, _fds: tuple[int, ...]) -> Values:
        return wire[:at] + wire[at + 1 :]

    def ret(wire: Values, outs: Values) -> Values:
        return (outs[0] if wire[at] else [], len(outs[0]))

    return Adapter(args, ret)


def _max_names(entry: Call, at: int) -> Adapter:
    name = entry.extra.partition(":")[0]
    bound = f"REMOTE_{_LISTS[entry.number]}_MAX"
    limit = of_call(entry).ret[0].kind.limit  # type: ignore[attr-defined]

    def args(wire: Values, _fds: tuple[int, ...]) -> Values:
        if wire[at] < 0:
            raise Rpc(f"{name} must be non-negative", origin=ErrorDomain.RPC)
        if wire[at] > limit:
            raise Rpc(f"{name} > {bound}", origin=ErrorDomain.RPC)
        return wire[:at] + wire[at + 1 :]

    def ret(wire: Values, outs: Values) -> Values:
        return (outs[0][: wire[at]],)

    return Adapter(args, ret)


def _nparams(entry: Call, at: int) -> Adapter:
    kind = of_call(entry).ret[0].kind
    assert isinstance(kind, (Parameters, Stats))
    limit, generous = kind.limit, entry.number in _GENEROUS

    def args(wire: Values, _fds: tuple[int, ...]) -> Values:
        if not generous and wire[at] < 0:
            raise InternalError("nparams must be non-negative", origin=ErrorDomain.RPC)
        if not generous and wire[at] > limit:
            raise InternalError("nparams too large", origin=ErrorDomain.RPC)
        return wire[:at] + wire[at + 1 :]

    def ret(wire: Values, outs: Values) -> Values:
        values = outs[0]
        if generous:
            return values, 0
        if entry.number in _FOR_OLD and wire[at] and not wire[-1] & _STRING_OKAY:
            values = {name: value for name, value in values.items() if not isinstance(value, str)}
        if not wire[at]:
            return {}, len(values)
        return dict(list(values.items())[: wire[at]]), 0

    def failed(wire: Values, code: int) -> Values | None:
        count, late = _COUNTS[entry.number]
        return ({}, count) if not wire[at] and code == late else None

    return Adapter(args, ret, failed if entry.number in _COUNTS else None)


_FORMS: dict[Form, Callable[[Call, int], Adapter]] = {
    Form.NEED_RESULTS: _need_results, Form.MAX_NAMES: _max_names, Form.NPARAMS: _nparams,
}  # fmt: skip
