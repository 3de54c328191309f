# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules as JSON values; run as a program with --regenerate it writes the golden files anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from virtbus.drivers.common.engine.nft import Command
from virtbus.drivers.network.check import fill_bridge, parse_network
from virtbus.drivers.network.describe import running_form
from virtbus.drivers.network.firewall import ruleset
from virtbus.drivers.network.model import Network

GOLDEN = Path(__file__).parents[3] / "golden" / "network"
V4 = "<ip address='192.168.7.1' prefix='24'/>"
V6 = "<ip family='ipv6' address='fd07::1' prefix='64'/>"
SPANS = "<nat><address start='10.9.9.1' end='10.9.9.5'/><port start='500' end='1000'/></nat>"
NETWORKS = {
    "nat": ("<forward mode='nat'/>", V4),
    "nat-span": (
        "<forward mode='nat' dev='eth9'>" + SPANS + "</forward>",
        V4,
    ),
    "nat6": ("<forward mode='nat'><nat ipv6='yes'/></forward>", V4 + V6),
    "route": ("<forward mode='route' dev='eth9'/>", V4 + V6),
    "isolated": ("", V4.replace("/>", "><tftp root='/srv'/></ip>")),
}


def network(kind: str) -> Network:
    forward, ips = NETWORKS[kind]
    xml = f"<network><name>{kind}</name>{forward}<bridge name='br-{kind}'/>{ips}</network>"
    made = parse_network(xml)
    fill_bridge(made)
    return running_form(made)


def text(kind: str) -> str:
    """Give a command a line."""
    lines = ",\n".join(json.dumps(command) for command in ruleset([network(kind)]))
    return f"[\n{lines}\n]\n"


@pytest.mark.parametrize("kind", NETWORKS)
def test_rules_are_the_golden_ones(kind: str) -> None:
    assert text(kind) == (GOLDEN / f"{kind}.nft.json").read_text()


def chains(commands: list[Command]) -> list[str]:
    return [command["add"]["chain"]["name"] for command in commands if "chain" in command.get("add", {})]


def test_one_table_holds_all_networks_and_is_replaced_as_a_whole() -> None:
    commands = ruleset(network(kind) for kind in NETWORKS)
    assert [next(iter(command)) for command in commands[:3]] == ["add", "delete", "add"]
    assert len(set(chains(commands))) == len(chains(commands)) == 4 + 4 * len(NETWORKS)


def test_nothing_is_left_without_networks_that_need_rules() -> None:
    forward, ips = "<forward mode='open'/>", V4
    made = parse_network(f"<network><name>o</name>{forward}<bridge name='b'/>{ips}</network>")
    assert [next(iter(command)) for command in ruleset([made])] == ["add", "delete"]


def test_guests_do_not_get_privileged_ports() -> None:
    ports = [
        expression["masquerade"]["port"]["range"]
        for command in ruleset([network("nat")])
        for expression in command.get("add", {}).get("rule", {}).get("expr", [])
        if expression.get("masquerade")
    ]
    assert ports == [[1024, 65535]] * 2


if __name__ == "__main__" and "--regenerate" in sys.argv:
    for name in NETWORKS:
        (GOLDEN / f"{name}.nft.json").write_text(text(name))
