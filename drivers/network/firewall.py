# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules that the active networks need, as nft's JSON: equal in effect to libvirt's iptables rules.

One table holds them all and is replaced as a whole, in one transaction: a packet meets the old rules or the new.
Each network has chains of its own, found by the name of its bridge. In a chain `accept` is for this table alone; what
other tables drop stays dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from virtbus.drivers.common.engine.nft import Command
from virtbus.drivers.network.addresses import interface_of
from virtbus.drivers.network.model import Forward, Ip, Network

FAMILY, TABLE = "inet", "virtbus_network"
Expr = dict[str, Any]

BASE = (
    ("input", "filter", "input", 0),
    ("output", "filter", "output", 0),
    ("forward", "filter", "forward", 0),
    ("postrouting", "nat", "postrouting", 100),
)
"""Base chains: name, type, hook, priority."""


def ruleset(networks: Iterable[Network]) -> list[Command]:
    """Give the commands that make the table hold the rules of these networks and no others."""
    commands: list[Command] = [
        {"add": {"table": {"family": FAMILY, "name": TABLE}}},
        {"delete": {"table": {"family": FAMILY, "name": TABLE}}},
    ]
    filtered = [network for network in networks if network.mode in ("none", "nat", "route") and network.bridge_name]
    if not filtered:
        return commands
    commands.append({"add": {"table": {"family": FAMILY, "name": TABLE}}})
    commands += [_base(*chain) for chain in BASE]
    for network in filtered:
        commands += _chains(network)
    bridges = [network.bridge_name or "" for network in filtered]
    commands.append(_rule("input", [_dispatch("iifname", "in", bridges)]))
    commands.append(_rule("output", [_dispatch("oifname", "out", bridges)]))
    commands.append(_rule("forward", [_dispatch("oifname", "to", bridges)]))
    commands.append(_rule("forward", [_dispatch("iifname", "from", bridges)]))
    for network in filtered:
        commands += _translation(network)
    return commands


def _base(name: str, kind: str, hook: str, priority: int) -> Command:
    chain = {"family": FAMILY, "table": TABLE, "name": name, "type": kind, "hook": hook, "prio": priority}
    return {"add": {"chain": chain | {"policy": "accept"}}}


def _rule(chain: str, expressions: Sequence[Expr]) -> Command:
    return {"add": {"rule": {"family": FAMILY, "table": TABLE, "chain": chain, "expr": list(expressions)}}}


def _dispatch(key: str, prefix: str, bridges: list[str]) -> Expr:
    targets = [[bridge, {"jump": {"target": f"{prefix}_{bridge}"}}] for bridge in bridges]
    return {"vmap": {"key": {"meta": {"key": key}}, "data": {"set": targets}}}


def _chains(network: Network) -> list[Command]:
    bridge = network.bridge_name or ""
    commands: list[Command] = [
        {"add": {"chain": {"family": FAMILY, "table": TABLE, "name": f"{prefix}_{bridge}"}}}
        for prefix in ("in", "out", "to", "from")
    ]
    commands += [_rule(f"in_{bridge}", expressions) for expressions in _service(network, 67, 547)]
    commands += [_rule(f"out_{bridge}", expressions) for expressions in _service(network, 68, 546)]
    commands += [_rule(f"to_{bridge}", expressions) for expressions in _forwarded_to(network)]
    commands += [_rule(f"from_{bridge}", expressions) for expressions in _forwarded_from(network)]
    return commands


def _service(network: Network, dhcp: int, dhcpv6: int) -> list[list[Expr]]:
    """Let the guests reach DHCP, DNS and TFTP, and their answers the guests."""
    v4, v6 = _is("meta", "nfproto", "ipv4"), _is("meta", "nfproto", "ipv6")
    rules = [[v4, _port(protocol, port), ACCEPT] for port in (dhcp, 53) for protocol in ("tcp", "udp")]
    if any(ip.tftp for ip in network.ips):
        rules.append([v4, _port("udp", 69), ACCEPT])
    if network.first_ip("ipv6"):
        rules += [[v6, _port(protocol, port), ACCEPT] for protocol, port in (("tcp", 53), ("udp", 53), ("udp", dhcpv6))]
    return rules


def _families(network: Network) -> list[str]:
    """Give the families whose forwarding is confined."""
    return ["ipv4", "ipv6"] if network.first_ip("ipv6") or network.ipv6 == "yes" else ["ipv4"]


def _forwarded_to(network: Network) -> list[list[Expr]]:
    """Say what may reach guests: other guests; answers or, on routed networks, anything; nothing else."""
    inside = [_is("meta", "iifname", network.bridge_name or "")]
    families = _families(network)
    rules = [[*inside, _is("meta", "nfproto", family), ACCEPT] for family in families]
    for ip in network.ips:
        if network.mode == "none":
            continue
        answers = [ESTABLISHED] if _translated(network, ip) else []
        rules.append([*_device(network.forward, "iifname"), _in_net(ip, "daddr"), *answers, ACCEPT])
    return rules + [[_is("meta", "nfproto", family), _reject(family)] for family in families]


def _forwarded_from(network: Network) -> list[list[Expr]]:
    """Say what guests may send: on isolated networks nothing, elsewhere from their own addresses."""
    rules = [
        [*_device(network.forward, "oifname"), _in_net(ip, "saddr"), ACCEPT]
        for ip in network.ips
        if network.mode != "none"
    ]
    return rules + [[_is("meta", "nfproto", family), _reject(family)] for family in _families(network)]


def _translated(network: Network, ip: Ip) -> bool:
    forward = network.forward
    if network.mode != "nat" or forward is None:
        return False
    return not ip.ipv6 or (forward.nat is not None and forward.nat.ipv6 == "yes")


def _translation(network: Network) -> list[Command]:
    rules: list[list[Expr]] = []
    for ip in network.ips:
        if _translated(network, ip):
            rules += _translate(network, ip)
    return [_rule("postrouting", expressions) for expressions in rules]


def _translate(network: Network, ip: Ip) -> list[list[Expr]]:
    """Change the source of what leaves the network, but of nothing that is for many or stays inside."""
    within = _in_net(ip, "saddr")
    device = _device(network.forward, "oifname")
    many = ["ff02::/16"] if ip.ipv6 else ["224.0.0.0/24", "255.255.255.255/32"]
    rules = [[*device, within, _to(ip, prefix), {"return": None}] for prefix in many]
    for protocol in ("tcp", "udp", None):
        match = [_is("meta", "l4proto", protocol)] if protocol else []
        change = _source(network, ip, with_ports=protocol is not None)
        rules.append([*device, within, _in_net(ip, "daddr", "!="), *match, change])
    return rules


def _source(network: Network, ip: Ip, *, with_ports: bool) -> Expr:
    nat = network.forward.nat if network.forward else None
    change: Expr = {}
    if with_ports:
        start, end = ("1024", "65535") if nat is None or nat.port is None else (nat.port.start, nat.port.end)
        change["port"] = {"range": [int(start or 0), int(end or 0)]} if start != end else int(start or 0)
    if nat is None or nat.address is None or ip.ipv6:
        return {"masquerade": change or None}
    span = nat.address
    address = {"range": [span.start, span.end]} if span.start != span.end else span.start
    return {"snat": {"family": "ip", "addr": address, **change}}


ACCEPT: Expr = {"accept": None}
ESTABLISHED: Expr = {
    "match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]},
}


def _reject(family: str) -> Expr:
    kind = "icmp" if family == "ipv4" else "icmpv6"
    return {"reject": {"type": kind, "expr": "port-unreachable"}}


def _is(kind: str, key: str, value: str) -> Expr:
    return {"match": {"op": "==", "left": {kind: {"key": key}}, "right": value}}


def _port(protocol: str, port: int) -> Expr:
    return {"match": {"op": "==", "left": {"payload": {"protocol": protocol, "field": "dport"}}, "right": port}}


def _in_net(ip: Ip, field: str, op: str = "==") -> Expr:
    net = interface_of(ip).network
    prefix = {"prefix": {"addr": str(net.network_address), "len": net.prefixlen}}
    protocol = "ip6" if ip.ipv6 else "ip"
    return {"match": {"op": op, "left": {"payload": {"protocol": protocol, "field": field}}, "right": prefix}}


def _to(ip: Ip, prefix: str) -> Expr:
    address, _, length = prefix.partition("/")
    protocol = "ip6" if ip.ipv6 else "ip"
    whole = length == ("128" if ip.ipv6 else "32")
    right: Any = address if whole else {"prefix": {"addr": address, "len": int(length)}}
    return {"match": {"op": "==", "left": {"payload": {"protocol": protocol, "field": "daddr"}}, "right": right}}


def _device(forward: Forward | None, key: str) -> list[Expr]:
    """Match the one device that the network may use, if it names one."""
    if forward is None or not forward.interfaces or not forward.interfaces[0].dev:
        return []
    return [_is("meta", key, forward.interfaces[0].dev)]
