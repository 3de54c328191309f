# SPDX-License-Identifier: LGPL-2.1-or-later
"""Filters as XML: read with libvirt's refusals, written in its form."""

from __future__ import annotations

import re
import uuid as _uuid
from collections.abc import Iterable

from virtbus.bus.errors import ConfigUnsupported, InternalError, InvalidArg, XmlError
from virtbus.drivers.common.xml.parse import Element, parse
from virtbus.drivers.common.xml.values import check_name, to_int, to_uuid
from virtbus.drivers.common.xml.writer import Writer
from virtbus.drivers.nwfilter.model import (
    FilterModel,
    Include,
    Params,
    Rule,
    Variable,
    is_variable_name,
    is_variable_value,
    to_variable,
)
from virtbus.drivers.nwfilter.protocols import PROTOCOLS

ROOT_CHAIN = "root"
CHAIN_PRIORITIES = {
    "root": 0, "mac": -800, "vlan": -750, "stp": 0, "arp": -500, "rarp": -400, "ipv4": -700, "ipv6": -600,
}  # fmt: skip
PREFIXES = ("mac", "vlan", "stp", "arp", "rarp", "ipv4", "ipv6")
CHAIN_MAX = 12
ACTIONS = ("drop", "accept", "reject", "return", "continue")
DIRECTIONS = ("in", "out", "inout")
PRIORITY = 500
PRIORITIES = 1000
_CHAIN = re.compile(r"[A-Za-z0-9_.:-]*\Z")
PORTED = (6, 17, 33, 132)
_NO_PORTS = (
    "{} rule with port specification requires protocol specification with protocol to be either one of "
    "tcp(6), udp(17), dccp(33), or sctp(132)"
)


def read_filter(text: str, *, validate: bool = False) -> FilterModel:
    """Give the filter that a document describes; a new UUID where it has none."""
    root = parse(text, "nwfilter_definition", "filter", schema="nwfilter.rng" if validate else "")
    name = root.get("name")
    if not name:
        raise InternalError("filter has no name")
    check_name(name)
    chain, priority = _read_chain(root)
    model = FilterModel(name, _read_uuid(root), chain, priority)
    for element in root:
        if element.tag == "rule" or (element.tag == "filterref" and element.get("filter") is None):
            model.entries.append(_read_rule(element))
        elif element.tag == "filterref":
            model.entries.append(Include(element.get("filter", ""), read_params(element)))
    return model


def states_uuid(text: str) -> bool:
    """Say whether a document of a filter states its UUID."""
    return bool(parse(text, "nwfilter_definition").findtext("uuid"))


def _read_uuid(root: Element) -> _uuid.UUID:
    stated = root.findtext("uuid")
    if not stated:
        return _uuid.uuid4()
    value = to_uuid(stated)
    if value is None:
        raise XmlError("malformed uuid element")
    return value


def _read_chain(root: Element) -> tuple[str, int]:
    chain = root.get("chain") or ROOT_CHAIN
    if len(chain) > CHAIN_MAX:
        raise InvalidArg(f"Name of chain is longer than {CHAIN_MAX} characters")
    if not _CHAIN.match(chain):
        raise InvalidArg("Chain name contains invalid characters")
    prefix = prefix_of(chain)
    if prefix is None:
        raise InvalidArg(
            f"Invalid chain name '{chain}'. Please use a chain name called 'root' or any of the following prefixes: "
            + ", ".join(PREFIXES)
        )
    stated = root.get("priority")
    if not stated:
        return chain, CHAIN_PRIORITIES[prefix]
    priority = to_int(stated, -(2**31), 2**31 - 1)
    if priority is None:
        raise InvalidArg(f"Could not parse chain priority '{stated}'")
    if abs(priority) > PRIORITIES:
        raise InvalidArg(f"Priority '{priority}' is outside valid range of [-{PRIORITIES},{PRIORITIES}]")
    return chain, priority


def prefix_of(chain: str) -> str | None:
    """Give the protocol that a chain is about ("root" for the root chain); None for a name that no chain has."""
    if chain == ROOT_CHAIN:
        return chain
    return next((prefix for prefix in PREFIXES if chain.startswith(prefix)), None)


def _read_rule(element: Element) -> Rule:
    action, direction = element.get("action"), element.get("direction")
    if action is None:
        raise InternalError("rule node requires action attribute")
    if action not in ACTIONS:
        raise ConfigUnsupported("unknown rule action attribute value")
    if direction is None:
        raise InternalError("rule node requires direction attribute")
    if direction not in DIRECTIONS:
        raise ConfigUnsupported("unknown rule direction attribute value")
    stated = to_int(element.get("priority", ""), -PRIORITIES, PRIORITIES)
    rule = Rule(action, direction, PRIORITY if stated is None else stated)
    rule.state_match = element.get("statematch", "").lower() not in ("false", "0")
    about = next((child for child in element if child.tag in PROTOCOLS), None)
    if about is not None:
        _read_protocol(rule, about)
    return rule


def _read_protocol(rule: Rule, element: Element) -> None:
    rule.protocol = str(element.tag)
    rule.match = element.get("match", "").lower() != "no"
    for name, kind in PROTOCOLS[rule.protocol].items():
        text = element.get(name)
        if text is None:
            continue
        value = to_variable(text) if text.startswith("$") and name != "comment" else kind.read(text)
        if value is None:
            raise InternalError(f"{name} has illegal value {text}")
        rule.values[name] = value
    label = {"ip": "IP", "ipv6": "IPv6"}.get(rule.protocol)
    if label and any("port" in name for name in rule.values) and rule.values.get("protocol") not in PORTED:
        raise InternalError(_NO_PORTS.format(label))


def read_params(element: Element) -> Params:
    """Give the variables that an element's <parameter>s set; those that cannot be are left out, as libvirt does."""
    found: Params = {}
    for child in element.iterchildren("parameter"):
        name, value = child.get("name", ""), child.get("value", "")
        if is_variable_name(name) and is_variable_value(value):
            found.setdefault(name, []).append(value)
    return found


def write_filter(model: FilterModel) -> str:
    """Give a filter's document."""
    writer = Writer()
    attributes = [("name", model.name), ("chain", model.chain)]
    if model.chain != ROOT_CHAIN and model.priority:
        attributes.append(("priority", str(model.priority)))
    writer.open("filter", attributes)
    writer.leaf("uuid", str(model.uuid))
    for entry in model.entries:
        if isinstance(entry, Rule):
            _write_rule(writer, entry)
        else:
            write_reference(writer, entry.filter, entry.params)
    writer.close("filter")
    return writer.text()


def _write_rule(writer: Writer, rule: Rule) -> None:
    attributes = [("action", rule.action), ("direction", rule.direction), ("priority", str(rule.priority))]
    if not rule.state_match:
        attributes.append(("statematch", "false"))
    if rule.protocol is None:
        writer.empty("rule", attributes)
        return
    writer.open("rule", attributes)
    writer.empty(rule.protocol, list(_written(rule)))
    writer.close("rule")


def _written(rule: Rule) -> Iterable[tuple[str, str]]:
    if rule.protocol is None:
        return
    if rule.values and not rule.match:
        yield "match", "no"
    for name, value in rule.values.items():
        kind = PROTOCOLS[rule.protocol][name]
        yield name, str(value) if isinstance(value, Variable) else kind.write(value)


def write_reference(writer: Writer, name: str, params: Params) -> None:
    """Write a <filterref> with its variables, sorted by name."""
    if not params:
        writer.empty("filterref", [("filter", name)])
        return
    writer.open("filterref", [("filter", name)])
    for param in sorted(params):
        for value in params[param]:
            writer.empty("parameter", [("name", param), ("value", value)])
    writer.close("filterref")
