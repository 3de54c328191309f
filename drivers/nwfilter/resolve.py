# SPDX-License-Identifier: LGPL-2.1-or-later
"""From a binding to plain rules: filters followed through their references, variables replaced by their values."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from virtbus.bus.errors import InternalError
from virtbus.bus.refs import escape
from virtbus.drivers.nwfilter.model import BindingModel, FilterModel, Include, Learned, Params, Rule, Variable
from virtbus.drivers.nwfilter.protocols import PROTOCOLS

RULES_MAX = 20_000
"""Plain rules of one interface: lists in lists multiply, and nobody means that many."""

LEARNED, METHOD = "IP", "CTRL_IP_LEARNING"
"""The variable that is learned from a guest's traffic where it is not set, and the one that says how: any, none."""

LEARNED_IN = {"ip", "arp", "tcp", "udp", "udplite", "sctp", "esp", "ah", "icmp", "igmp", "all"}
LEARNED_AS = {"srcipaddr", "dstipaddr", "arpsrcipaddr", "arpdstipaddr"}

Find = Callable[[str], FilterModel | None]


@dataclass
class Placed:
    """Plain rules that stand in one chain."""

    chain: str
    priority: int
    rules: list[Rule] = field(default_factory=list)


@dataclass
class Unresolved:
    """What stood in the way of replacing variables: their names as rules have them, once each."""

    names: dict[str, None] = field(default_factory=dict)

    def refuse(self) -> None:
        """Raise libvirt's error if there is anything."""
        if self.names:
            text = "Cannot instantiate filter due to unresolvable variables or unavailable list elements: "
            raise InternalError(text + ", ".join(self.names))


def resolve(binding: BindingModel, find: Find) -> list[Placed]:
    """Give the plain rules of a binding by chain, in the order of the filters.

    Errors: InternalError for a filter that is not there, for variables that have no values, and for lists of
    unequal length that are walked through together.
    """
    params = {"MAC": [binding.mac], **binding.params}
    chains: dict[str, Placed] = {}
    unresolved = Unresolved()
    learned = Learned(f"learned_{escape(binding.port)}")
    count = 0
    for model, rule, known in _walk(binding.filter, params, find, ()):
        placed = chains.setdefault(model.chain, Placed(model.chain, model.priority))
        for plain in plain_rules(rule, known, unresolved, learned):
            count += 1
            if count > RULES_MAX:
                raise InternalError(f"filter '{binding.filter}' makes more than {RULES_MAX} rules")
            placed.rules.append(plain)
    unresolved.refuse()
    return list(chains.values())


def _walk(name: str, params: Params, find: Find, way: tuple[str, ...]) -> Iterator[tuple[FilterModel, Rule, Params]]:
    model = find(name)
    if model is None:
        raise InternalError(f"referenced filter '{name}' is missing")
    if name in way:
        raise InternalError(f"filter '{name}' refers to itself")
    for entry in model.entries:
        if isinstance(entry, Include):
            # What the interface sets counts more than what a filter sets for the filters that it refers to.
            yield from _walk(entry.filter, {**entry.params, **params}, find, (*way, name))
        else:
            yield model, entry, params


def uses(name: str, wanted: str, find: Find, seen: set[str] | None = None) -> bool:
    """Say whether the filter `name` is `wanted`, or leads to it."""
    known = set() if seen is None else seen
    if name == wanted:
        return True
    if name in known:
        return False
    known.add(name)
    model = find(name)
    return model is not None and any(uses(include.filter, wanted, find, known) for include in model.includes)


def plain_rules(rule: Rule, params: Params, unresolved: Unresolved, learned: Learned) -> Iterator[Rule]:
    """Give a rule once for each combination of its variables' values."""
    if LEARNED not in params and params.get(METHOD, ["any"])[0] == "any" and rule.protocol in LEARNED_IN:
        rule = dataclasses.replace(rule, values=_with_learned(rule, learned))
    variables = [value for value in rule.values.values() if isinstance(value, Variable)]
    missing = [value for value in variables if not _available(value, params)]
    if missing:
        unresolved.names.update(dict.fromkeys(str(value).removeprefix("$") for value in missing))
        return
    walks = _walks(variables, params)
    # The first iterator of a rule is the fastest.
    for places in itertools.product(*(range(length) for length in reversed(walks.values()))):
        at = dict(zip(reversed(walks), places, strict=True))
        yield dataclasses.replace(rule, values=_replaced(rule, params, at))


def _with_learned(rule: Rule, learned: Learned) -> dict[str, Any]:
    """Give a rule's values with the learned address in place of the variable that stands for it."""
    plain = Variable(LEARNED)
    return {name: learned if value == plain and name in LEARNED_AS else value for name, value in rule.values.items()}


def _available(value: Variable, params: Params) -> bool:
    values = params.get(value.name, [])
    return bool(values) if value.place is None else value.place < len(values)


def _walks(variables: list[Variable], params: Params) -> dict[int, int]:
    """Give the iterators of a rule and how many steps each has."""
    walks: dict[int, int] = {}
    for value in variables:
        if value.place is not None:
            continue
        length = len(params[value.name])
        if walks.setdefault(value.iterator or 0, length) != length:
            raise InternalError("Cardinality of list items must be the same for processing them in parallel")
    return walks


def _replaced(rule: Rule, params: Params, at: dict[int, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in rule.values.items():
        if not isinstance(value, Variable):
            found[name] = value
            continue
        step = at[value.iterator or 0] if value.place is None else value.place
        text = params[value.name][step]
        typed = PROTOCOLS[rule.protocol or ""][name].read(text)
        if typed is None:
            raise InternalError(f"{name} has illegal value {text}")
        found[name] = typed
    return found
