# SPDX-License-Identifier: LGPL-2.1-or-later
"""The nftables commands for the filters of interfaces: one table, a few maps, and chains for each interface.

Frames from a guest enter at the hook `prerouting`, frames to it leave at `postrouting`; each hook has two base
chains, for frames and then for connections, and a packet has to pass both. Maps lead from the interface's name to
its chains, so an interface comes, changes and goes in one transaction that touches nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from virtbus.bus.refs import escape
from virtbus.drivers.nwfilter import layer2, layer3, matches
from virtbus.drivers.nwfilter.filter_xml import ROOT_CHAIN, prefix_of
from virtbus.drivers.nwfilter.matches import Json
from virtbus.drivers.nwfilter.model import Learned, Rule
from virtbus.drivers.nwfilter.protocols import LAYER3
from virtbus.drivers.nwfilter.resolve import Placed

FAMILY, TABLE = "bridge", "virtbus_nwfilter"
# Before anything else sees a frame; connections only once they are tracked (-200).
HOOKS = (
    ("out_frames", "prerouting", -300, "iifname"),
    ("out_connections", "prerouting", -150, "iifname"),
    ("in_frames", "postrouting", 0, "oifname"),
    ("in_connections", "postrouting", 100, "oifname"),
)


@dataclass
class Ruleset:
    """The chains of one interface: name to rules, each a list of expressions; and which hooks lead where."""

    port: str
    chains: dict[str, list[list[Json]]] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)
    learned: str | None = None


def translate(port: str, placed: Sequence[Placed]) -> Ruleset:
    """Give the chains for an interface's plain rules; ConfigUnsupported for what nftables cannot do."""
    found = Ruleset(port)
    for towards in ("out", "in"):
        _frames(found, towards, placed)
        _connections(found, towards, placed)
    values = (value for each in placed for rule in each.rules for value in rule.values.values())
    found.learned = next((value.set for value in values if isinstance(value, Learned)), None)
    return found


def _frames(found: Ruleset, towards: str, placed: Sequence[Placed]) -> None:
    root: list[tuple[int, int, list[Json]]] = []
    for each in sorted(placed, key=lambda p: (p.priority, p.chain)):
        rules = [rule for rule in each.rules if rule.protocol not in LAYER3 and rule.direction in (towards, "inout")]
        if each.chain == ROOT_CHAIN:
            root += [(rule.priority, 1, _frame_rule(rule, towards)) for rule in rules]
        elif rules:
            name = f"{towards}_{escape(found.port)}_{each.chain}"
            found.chains[name] = [_frame_rule(rule, towards) for rule in sorted(rules, key=lambda r: r.priority)]
            base = layer2.CHAIN_BASE[prefix_of(each.chain) or "mac"]
            root.append((each.priority, 0, [*base, matches.jump(name)]))
    _enter(found, f"{towards}_frames", [rule for _, _, rule in sorted(root, key=lambda item: item[:2])])


def _frame_rule(rule: Rule, towards: str) -> list[Json]:
    # A rule for both directions is written as seen by what the guest receives.
    swapped = rule.direction == "inout" and towards == "out"
    action = "drop" if rule.action == "reject" else rule.action
    return [*layer2.expressions(rule, swapped=swapped, sent=towards == "out"), matches.verdict(action)]


def _connections(found: Ruleset, towards: str, placed: Sequence[Placed]) -> None:
    rules = [rule for each in placed for rule in each.rules if rule.protocol in LAYER3]
    made: list[list[Json]] = []
    for rule in sorted(rules, key=lambda r: r.priority):
        expressions = layer3.expressions(rule, towards)
        if expressions is not None:
            # A refusal is sent only to the guest; what comes for it is dropped, as its sender is not ours to answer.
            action = "drop" if rule.action == "reject" and towards == "in" else rule.action
            made.append([*expressions, matches.verdict(action)])
    _enter(found, f"{towards}_connections", made)


def _enter(found: Ruleset, hook: str, rules: list[list[Json]]) -> None:
    if rules:
        name = f"{hook}_{escape(found.port)}"
        found.chains[name] = rules
        found.entries[hook] = name


def commands(new: Sequence[Ruleset], old: Sequence[Ruleset] = ()) -> list[Json]:
    """Give the transaction after which `new` is in force and what `old` had besides is gone."""
    kept = {name for ruleset in new for name in ruleset.chains}
    stale = [name for ruleset in old for name in ruleset.chains if name not in kept]
    entered = {(ruleset.port, hook) for ruleset in new for hook in ruleset.entries}
    out = list(_skeleton())
    for ruleset in old:
        for hook, chain in ruleset.entries.items():
            if (ruleset.port, hook) not in entered:
                out.append({"delete": {"element": _element(hook, ruleset.port, chain)}})
    out += [{"add": {"set": _set(ruleset.learned)}} for ruleset in new if ruleset.learned]
    out += [{"add": {"chain": _chain(name)}} for ruleset in new for name in ruleset.chains]
    out += [{"flush": {"chain": _chain(name)}} for name in (*sorted(kept), *stale)]
    for ruleset in new:
        for name, rules in ruleset.chains.items():
            out += [{"add": {"rule": {"family": FAMILY, "table": TABLE, "chain": name, "expr": r}}} for r in rules]
        out += [
            {"add": {"element": _element(hook, ruleset.port, chain)}} for hook, chain in ruleset.entries.items()
        ]  # fmt: skip
    out += [{"delete": {"chain": _chain(name)}} for name in stale]
    sets = {ruleset.learned for ruleset in new}
    out += [
        {"delete": {"set": _chain(ruleset.learned)}}
        for ruleset in old
        if ruleset.learned and ruleset.learned not in sets
    ]
    return out


def rebuild(all_of_them: Sequence[Ruleset], before: Sequence[Json] = ()) -> list[Json]:
    """Give the transaction that makes the table anew, with the addresses that were learned `before` (its listing)."""
    table = {"table": {"family": FAMILY, "name": TABLE}}
    wanted = {ruleset.learned for ruleset in all_of_them}
    kept = [
        {"add": {"element": {**_chain(each["set"]["name"]), "elem": each["set"]["elem"]}}}
        for each in before
        if "set" in each and each["set"]["name"] in wanted and each["set"].get("elem")
    ]
    return [{"add": table}, {"delete": table}, *commands(all_of_them), *kept]


def _skeleton() -> Iterator[Json]:
    yield {"add": {"table": {"family": FAMILY, "name": TABLE}}}
    for hook, point, priority, key in HOOKS:
        named = {"family": FAMILY, "table": TABLE, "name": hook}
        yield {"add": {"map": {**named, "type": "ifname", "map": "verdict"}}}
        base = {**named, "name": f"base_{hook}", "type": "filter", "hook": point, "prio": priority, "policy": "accept"}
        yield {"add": {"chain": base}}
        yield {"flush": {"chain": _chain(f"base_{hook}")}}
        lookup = {"vmap": {"key": {"meta": {"key": key}}, "data": f"@{hook}"}}
        rule: dict[str, Any] = {"family": FAMILY, "table": TABLE, "chain": f"base_{hook}", "expr": [lookup]}
        yield {"add": {"rule": rule}}


def _chain(name: str) -> Json:
    return {"family": FAMILY, "table": TABLE, "name": name}


def _set(name: str) -> Json:
    # Of the flags that nft's JSON knows, this is the one that lets rules add elements; they do not time out.
    return {**_chain(name), "type": "ipv4_addr", "size": 1, "flags": ["timeout"]}


def _element(hook: str, port: str, chain: str) -> Json:
    return {"family": FAMILY, "table": TABLE, "name": hook, "elem": [[port, {"jump": {"target": chain}}]]}
