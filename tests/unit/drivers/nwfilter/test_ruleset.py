# SPDX-License-Identifier: LGPL-2.1-or-later
"""Filters become nftables commands: which chains, which rules in which direction, in which order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from virtbus.bus.errors import ConfigUnsupported, InternalError
from virtbus.drivers.nwfilter.binding_xml import read_binding
from virtbus.drivers.nwfilter.filter_xml import read_filter
from virtbus.drivers.nwfilter.model import FilterModel
from virtbus.drivers.nwfilter.resolve import resolve
from virtbus.drivers.nwfilter.ruleset import Ruleset, commands, rebuild, translate

BINDING = """<filterbinding><owner><name>g</name><uuid>74770000-0000-4000-8000-0000000013f1</uuid></owner>
<portdev name='tap0'/><mac address='02:00:00:00:00:01'/><filterref filter='f'>{}</filterref></filterbinding>"""
PARAMS = "".join(
    f"<parameter name='{name}' value='{value}'/>" for name, value in [("P", 1), ("P", 2), ("Q", 7), ("Q", 8), ("Q", 9)]
)


def ruleset(entries: str, chain: str = "root", **others: str) -> Ruleset:
    filters = {"f": read_filter(f"<filter name='f' chain='{chain}'>{entries}</filter>")}
    for name, text in others.items():
        filters[name] = read_filter(text)
    binding = read_binding(BINDING.format(PARAMS))
    return translate("tap0", resolve(binding, filters.get))


def rule(protocol: str, direction: str = "in", action: str = "accept", more: str = "") -> str:
    return f"<rule action='{action}' direction='{direction}' {more}>{protocol}</rule>"


def short(expressions: list[dict[str, Any]]) -> str:
    """Give a rule in few words."""
    words = []
    for each in expressions:
        if "match" in each:
            left, right = each["match"]["left"], each["match"]["right"]
            place = left.get("payload", left.get("ct", left.get("meta", left)))
            name = place.get("field") or place.get("key") or json.dumps(place)
            words.append(f"{name}{'' if each['match']['op'] in ('==', 'in') else '!'}={json.dumps(right)}")
        else:
            ((word, value),) = each.items()
            words.append(word if value is None else f"{word} {value['target']}")
    return " ".join(words)


def shown(found: Ruleset) -> dict[str, list[str]]:
    return {name: [short(each) for each in rules] for name, rules in found.chains.items()}


def test_a_rule_for_both_directions_is_turned_round_for_what_the_guest_sends() -> None:
    assert shown(ruleset(rule("<mac srcmacaddr='1:1:1:1:1:1' dstmacaddr='2:2:2:2:2:2'/>", "inout"))) == {
        "out_frames_tap0": ['saddr="02:02:02:02:02:02" daddr="01:01:01:01:01:01" accept'],
        "in_frames_tap0": ['saddr="01:01:01:01:01:01" daddr="02:02:02:02:02:02" accept'],
    }


def test_an_accepted_connection_gets_its_answers_and_no_more() -> None:
    assert shown(ruleset(rule("<tcp srcipaddr='1.1.1.1' dstportstart='80'/>"))) == {
        "in_connections_tap0": [
            'type=2048 l4proto=6 saddr="1.1.1.1" dport=80 state=["new", "established"] direction="original" accept'
        ],
        "out_connections_tap0": [
            'type=2048 l4proto=6 daddr="1.1.1.1" sport=80 state=["established"] direction="reply" accept'
        ],
    }


def test_refusals_and_stated_states_stay_in_their_direction_or_without_state() -> None:
    assert shown(ruleset(rule("<tcp dstportstart='80' state='NEW'/>", "out"))) == {
        "out_connections_tap0": ['type=2048 l4proto=6 dport=80 state=["new"] accept']
    }
    assert shown(ruleset(rule("<all/>", "inout", "reject"))) == {
        "out_connections_tap0": ["type=2048 reject"],
        "in_connections_tap0": ["type=2048 drop"],
    }


def test_lists_are_walked_through_together_or_each_by_its_own_iterator() -> None:
    found = ruleset(rule("<tcp srcportstart='$Q[@2]' dstportstart='$P[@1]'/>", "out", "drop"))
    rules = shown(found)["out_connections_tap0"]
    pairs = [(7, 1), (8, 1), (9, 1), (7, 2), (8, 2), (9, 2)]
    assert rules == [f"type=2048 l4proto=6 sport={source} dport={to} drop" for source, to in pairs]
    with pytest.raises(InternalError, match="Cardinality of list items must be the same"):
        ruleset(rule("<tcp srcportstart='$Q' dstportstart='$P'/>"))


def test_chains_and_rules_stand_by_priority_a_chain_before_rules_of_its_own() -> None:
    found = ruleset(
        rule("<mac/>", "out", "accept", "priority='-800'")
        + rule("<mac srcmacaddr='3:3:3:3:3:3'/>", "out", "accept", "priority='-900'")
        + "<filterref filter='g'/>",
        g=f"<filter name='g' chain='mac'>{rule('<mac/>', 'out', 'drop')}</filter>",
    )
    assert shown(found)["out_frames_tap0"] == ['saddr="03:03:03:03:03:03" accept', "jump out_tap0_mac", "accept"]
    assert shown(found)["out_tap0_mac"] == ["drop"]


def test_what_the_interface_sets_counts_more_than_what_a_filter_sets() -> None:
    found = ruleset(
        "<filterref filter='g'><parameter name='P' value='9'/><parameter name='R' value='5'/></filterref>",
        g="<filter name='g'>" + rule("<udp dstportstart='$P[1]' srcportstart='$R'/>", "out", "drop") + "</filter>",
    )
    assert shown(found)["out_connections_tap0"] == ["type=2048 l4proto=17 sport=5 dport=2 drop"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (rule("<ipv6 srcipaddr='$IP'/>") + rule("<tcp dstportstart='$P[7]'/>"),
         "Cannot instantiate filter due to unresolvable variables or unavailable list elements: IP, P\\[7\\]$"),
        ("<filterref filter='g'/>", "referenced filter 'g' is missing$"),
        (rule("<tcp srcipaddr='$P'/>") * 2, "srcipaddr has illegal value x$"),
        (rule("<tcp dstportstart='$Q[@1]' srcportstart='$Q[@2]' srcportend='$Q[@3]' dstportend='$Q[@4]'/>") * 400,
         "makes more than 20000 rules$"),
    ],
)  # fmt: skip
def test_what_cannot_be_resolved_is_refused(entries: str, message: str) -> None:
    filters: dict[str, FilterModel] = {"f": read_filter(f"<filter name='f'>{entries}</filter>")}
    params = PARAMS.replace("value='1'", "value='x'") if "illegal" in message else PARAMS
    with pytest.raises(InternalError, match=message):
        translate("tap0", resolve(read_binding(BINDING.format(params)), filters.get))


@pytest.mark.parametrize("protocol", ["<tcp connlimit-above='3'/>", "<all ipset='x' ipsetflags='src'/>"])
def test_what_nftables_cannot_do_is_refused_and_never_left_out(protocol: str) -> None:
    with pytest.raises(ConfigUnsupported):
        ruleset(rule(protocol))


def test_a_change_is_one_transaction_that_leaves_nothing_of_the_old() -> None:
    old = ruleset(rule("<arp/>", "out"), chain="arp")
    new = ruleset(rule("<mac/>", "in"))
    made = commands([new], [old])
    kinds = [(verb, kind) for each in made for verb, body in each.items() for kind in body][-7:]
    assert kinds == [("flush", "chain")] * 3 + [("add", "rule"), ("add", "element")] + [("delete", "chain")] * 2
    gone = [
        body["chain"]["name"] for each in made for verb, body in each.items() if verb == "delete" and "chain" in body
    ]
    assert gone == ["out_tap0_arp", "out_frames_tap0"]
    elements = [body["element"] for each in made if (body := each.get("delete")) and "element" in body]
    assert [(each["name"], each["elem"][0][0]) for each in elements] == [("out_frames", "tap0")]


def test_making_the_table_anew_is_one_transaction_too() -> None:
    first, second, *_ = rebuild([ruleset(rule("<mac/>"))])
    table = {"table": {"family": "bridge", "name": "virtbus_nwfilter"}}
    assert (first, second) == ({"add": table}, {"delete": table})


def test_an_address_that_is_not_set_is_learned_from_the_guest_and_from_nobody_else() -> None:
    found = ruleset(rule("<ip srcipaddr='$IP'/>", "out", "return") + rule("<ip dstipaddr='$IP'/>", "in"))
    assert found.learned == "learned_tap0"
    sent, received = found.chains["out_frames_tap0"][0], found.chains["in_frames_tap0"][0]
    source = {"payload": {"protocol": "ip", "field": "saddr"}}
    assert sent[1:] == [
        {"match": {"op": "!=", "left": source, "right": "0.0.0.0"}},
        {"set": {"op": "add", "elem": source, "set": "@learned_tap0"}},
        {"return": None},
    ]
    assert short(received) == 'type=2048 daddr="@learned_tap0" accept'
    made = commands([found])
    assert {"family": "bridge", "table": "virtbus_nwfilter", "name": "learned_tap0", "type": "ipv4_addr", "size": 1,
            "flags": ["timeout"]} in [each["add"]["set"] for each in made if "set" in each.get("add", {})]  # fmt: skip
    assert {"set": {"family": "bridge", "table": "virtbus_nwfilter", "name": "learned_tap0"}} in [
        each["delete"] for each in commands([], [found]) if "delete" in each
    ]


def test_a_learned_address_is_kept_when_the_table_is_made_anew() -> None:
    found = ruleset(rule("<arp arpsrcipaddr='$IP'/>", "out"))
    before = [{"set": {"name": "learned_tap0", "elem": ["10.0.0.1"]}}, {"set": {"name": "other", "elem": ["1.1.1.1"]}}]
    kept = [each["add"]["element"] for each in rebuild([found], before) if "element" in each.get("add", {})]
    assert [(each["name"], each["elem"]) for each in kept if each["name"].startswith(("learned", "other"))] == [
        ("learned_tap0", ["10.0.0.1"])
    ]
