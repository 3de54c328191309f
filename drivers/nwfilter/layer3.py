# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules about IP protocols and connections as nftables expressions.

An accepting rule lets a connection begin in its direction; the answers come back by a rule of the other direction
that is made along with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from virtbus.bus.errors import ConfigUnsupported
from virtbus.drivers.nwfilter import matches
from virtbus.drivers.nwfilter.attributes import ETHERTYPES, PROTOCOLS, TcpFlags
from virtbus.drivers.nwfilter.layer2 import exchange, ports
from virtbus.drivers.nwfilter.matches import Json
from virtbus.drivers.nwfilter.model import Rule

Values = Mapping[str, Any]
BEGIN, ANSWER = (["new", "established"], "original"), (["established"], "reply")


def expressions(rule: Rule, towards: str) -> list[Json] | None:
    """Give what a packet must be for the rule to count in one direction ("in": to the guest, "out": from it).

    None where the rule makes nothing in that direction.
    """
    _refuse_unsupported(rule)
    with_it = rule.direction in (towards, "inout")
    if not with_it and _one_way(rule):
        return None
    # A rule for both directions is written as seen by what the guest receives.
    swapped = towards == "out" if rule.direction == "inout" else not with_it
    values = exchange(rule.values) if swapped else rule.values
    if towards == "out":
        values = matches.may_learn(values)
    return [*_protocol(rule), *_headers(rule, values), *_connection(rule, with_it)]


def _refuse_unsupported(rule: Rule) -> None:
    for name in ("connlimit-above", "ipset"):
        if name in rule.values:
            raise ConfigUnsupported(f"rules with '{name}' cannot be put in force by nftables")


def _one_way(rule: Rule) -> bool:
    return any(name in rule.values for name in ("state", "flags", "type", "code"))


def _family(rule: Rule) -> str:
    return "ip6" if rule.protocol == "icmpv6" or (rule.protocol or "").endswith("-ipv6") else "ip"


def _protocol(rule: Rule) -> Iterator[Json]:
    yield matches.ethertype(ETHERTYPES["ipv4" if _family(rule) == "ip" else "ipv6"])
    name = (rule.protocol or "").removesuffix("-ipv6")
    if name != "all":
        yield matches.match({"meta": {"key": "l4proto"}}, PROTOCOLS[name])


def _headers(rule: Rule, values: Values) -> Iterator[Json]:
    family = _family(rule)
    for side, name in (("src", "saddr"), ("dst", "daddr")):
        if f"{side}macaddr" in values:
            yield matches.mac(name, values[f"{side}macaddr"], None, equal=rule.match)
        if f"{side}ipaddr" in values:
            prefix = values.get(f"{side}ipmask")
            yield from matches.address(family, name, values[f"{side}ipaddr"], prefix, equal=rule.match)
        if f"{side}ipfrom" in values:
            first = values[f"{side}ipfrom"]
            right = {"range": [first, values.get(f"{side}ipto", first)]}
            yield matches.match(matches.field(family, name), right, equal=rule.match)
    if "dscp" in values:
        yield matches.match(matches.field(family, "dscp"), int(values["dscp"]))
    yield from ports(values)
    yield from _details(rule, values)


def _details(rule: Rule, values: Values) -> Iterator[Json]:
    header = "icmpv6" if rule.protocol == "icmpv6" else "icmp"
    for name in ("type", "code"):
        if name in values:
            yield matches.match(matches.field(header, name), int(values[name]))
    flags = values.get("flags")
    if isinstance(flags, TcpFlags):
        mask, value = (sum(matches.TCP_BITS[flag] for flag in part) for part in (flags.mask, flags.value))
        yield matches.match({"&": [matches.field("tcp", "flags"), mask]}, value)


def _connection(rule: Rule, with_it: bool) -> Iterator[Json]:
    stated = rule.values.get("state")
    if stated is not None:
        if stated not in ((), ("NONE",)):
            yield _states([state.lower() for state in stated])
        return
    if rule.action != "accept" or not rule.state_match or rule.direction == "inout" or "flags" in rule.values:
        return
    states, direction = BEGIN if with_it else ANSWER
    yield _states(states)
    if "type" not in rule.values and "code" not in rule.values:
        yield matches.match({"ct": {"key": "direction"}}, direction)


def _states(states: list[str]) -> Json:
    return {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": states}}
