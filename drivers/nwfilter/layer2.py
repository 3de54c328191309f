# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules about frames, ARP and plain IP headers as nftables expressions."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from virtbus.bus.errors import ConfigUnsupported
from virtbus.drivers.nwfilter import matches
from virtbus.drivers.nwfilter.attributes import ETHERTYPES
from virtbus.drivers.nwfilter.matches import Json
from virtbus.drivers.nwfilter.model import Learned, Rule

BRIDGE_GROUP = "01:80:c2:00:00:00"
Values = Mapping[str, Any]

_STP_FIELDS = {
    "type": (48, 8), "flags": (56, 8), "root-priority": (64, 16), "root-cost": (128, 32),
    "sender-priority": (160, 16), "port": (224, 16), "age": (240, 16), "max-age": (256, 16), "hello-time": (272, 16),
    "forward-delay": (288, 16),
}  # fmt: skip
_STP_MACS = {"root-address": 80, "sender-address": 176}
_ARP_FIELDS = {"hwtype": (0, 16), "protocoltype": (16, 16), "opcode": (48, 16)}
_ARP_MACS = {"arpsrcmacaddr": 64, "arpdstmacaddr": 144}
_ARP_ADDRESSES = {"arpsrcip": 112, "arpdstip": 192}


def expressions(rule: Rule, *, swapped: bool, sent: bool) -> list[Json]:
    """Give what a frame must be for the rule to count; `swapped` exchanges source and destination.

    `sent`: it is about what the guest sends.
    """
    if rule.protocol is None:
        return []
    values = exchange(rule.values) if swapped else rule.values
    if sent:
        values = matches.may_learn(values)
    return [*_BASE[rule.protocol], *_MAKERS[rule.protocol](values, rule.match)]


def exchange(values: Values) -> dict[str, Any]:
    """Give the same values seen from the other end: source and destination exchanged."""
    return {_other(name): value for name, value in values.items()}


def _other(name: str) -> str:
    for one, other in (("src", "dst"), ("dst", "src")):
        for start in ("", "arp"):
            if name.startswith(start + one):
                return start + other + name.removeprefix(start + one)
    return name


def _frame(values: Values, equal: bool) -> Iterator[Json]:
    for side, name in (("src", "saddr"), ("dst", "daddr")):
        if f"{side}macaddr" in values:
            yield matches.mac(name, values[f"{side}macaddr"], values.get(f"{side}macmask"), equal=equal)


def _mac(values: Values, equal: bool) -> Iterator[Json]:
    yield from _frame(values, equal)
    if "protocolid" in values:
        yield matches.ethertype(int(values["protocolid"]), equal=equal)


def _vlan(values: Values, equal: bool) -> Iterator[Json]:
    yield from _frame(values, equal)
    for name, field in (("vlanid", "id"), ("encap-protocol", "type")):
        if name in values:
            yield matches.match(matches.field("vlan", field), int(values[name]), equal=equal)


def _stp(values: Values, equal: bool) -> Iterator[Json]:
    yield from _frame(values, equal)
    for name, (offset, length) in _STP_FIELDS.items():
        if name in values:
            right = matches.span(values[name], values.get(f"{name}-hi"))
            yield matches.match(matches.raw(offset, length), right, equal=equal)
    for name, offset in _STP_MACS.items():
        if name in values:
            mask = values.get(f"{name}-mask")
            shown = None if mask is None else matches.mac_bits(mask)
            yield matches.masked(offset, 48, matches.mac_bits(values[name]), shown, equal=equal)


def _arp(values: Values, equal: bool) -> Iterator[Json]:
    if values.get("gratuitous"):
        raise ConfigUnsupported("nftables cannot tell gratuitous ARP")
    yield from _frame(values, equal)
    for name, (offset, length) in _ARP_FIELDS.items():
        if name in values:
            yield matches.match(matches.raw(offset, length), int(values[name]), equal=equal)
    for name, offset in _ARP_MACS.items():
        if name in values:
            yield matches.masked(offset, 48, matches.mac_bits(values[name]), None, equal=equal)
    for name, offset in _ARP_ADDRESSES.items():
        value = values.get(f"{name}addr")
        if isinstance(value, Learned):
            field = matches.field("arp", "saddr ip" if name == "arpsrcip" else "daddr ip")
            yield from matches.learned(field, value, equal=equal)
        elif value is not None:
            prefix = values.get(f"{name}mask")
            mask = None if prefix is None else (0xFFFFFFFF << (32 - prefix)) & 0xFFFFFFFF
            yield matches.masked(offset, 32, int(ipaddress.IPv4Address(value)), mask, equal=equal)


def _ip(values: Values, equal: bool) -> Iterator[Json]:
    yield from _internet("ip", values, equal)
    if "dscp" in values:
        yield matches.match(matches.field("ip", "dscp"), int(values["dscp"]), equal=equal)


def _ipv6(values: Values, equal: bool) -> Iterator[Json]:
    yield from _internet("ip6", values, equal)
    for name in ("type", "code"):
        if name in values or f"{name}end" in values:
            low = values.get(name, 0)
            right = matches.span(low, values.get(f"{name}end"))
            yield matches.match(matches.field("icmpv6", name), right, equal=equal)


def _internet(family: str, values: Values, equal: bool) -> Iterator[Json]:
    yield from _frame(values, equal)
    for side, name in (("src", "saddr"), ("dst", "daddr")):
        if f"{side}ipaddr" in values:
            prefix = values.get(f"{side}ipmask")
            yield from matches.address(family, name, values[f"{side}ipaddr"], prefix, equal=equal)
    if "protocol" in values:
        yield matches.match({"meta": {"key": "l4proto"}}, int(values["protocol"]), equal=equal)
    yield from ports(values, equal=equal)


def ports(values: Values, *, equal: bool = True) -> Iterator[Json]:
    """Give the comparisons of ports: one, or a range; without a start it is from 0."""
    for side, name in (("src", "sport"), ("dst", "dport")):
        start, end = values.get(f"{side}portstart"), values.get(f"{side}portend")
        if start is not None or end is not None:
            right = matches.span(start if start is not None else 0, end)
            yield matches.match(matches.field("th", name), right, equal=equal)


_MAKERS: Mapping[str, Callable[[Values, bool], Iterator[Json]]] = {
    "mac": _mac, "vlan": _vlan, "stp": _stp, "arp": _arp, "rarp": _arp, "ip": _ip, "ipv6": _ipv6,
}  # fmt: skip
_BASE: Mapping[str, list[Json]] = {
    "mac": [],
    "vlan": [matches.ethertype(ETHERTYPES["vlan"])],
    "stp": [matches.mac("daddr", BRIDGE_GROUP, None)],
    "arp": [matches.ethertype(ETHERTYPES["arp"])],
    "rarp": [matches.ethertype(ETHERTYPES["rarp"])],
    "ip": [matches.ethertype(ETHERTYPES["ipv4"])],
    "ipv6": [matches.ethertype(ETHERTYPES["ipv6"])],
}
CHAIN_BASE: Mapping[str, list[Json]] = {**_BASE, "ipv4": _BASE["ip"]}
"""What leads from the root chain into the chain of a protocol."""
