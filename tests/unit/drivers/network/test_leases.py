# SPDX-License-Identifier: LGPL-2.1-or-later
"""Leases: what the lease script writes is what the API tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.drivers.network.world import nat
from virtbus.bus.errors import InternalError, InvalidMac
from virtbus.drivers.network import leasehelper
from virtbus.drivers.network.check import parse_network
from virtbus.drivers.network.leases import leases, normal_mac

FAR = 4_000_000_000
V4 = {"VIR_BRIDGE_NAME": "virbr7", "DNSMASQ_LEASE_EXPIRES": f"{FAR} ", "DNSMASQ_CLIENT_ID": "01:aa"}
V6 = {"VIR_BRIDGE_NAME": "virbr7", "DNSMASQ_IAID": "77", "DNSMASQ_MAC": "52:54:00:00:00:02",
      "DNSMASQ_SERVER_DUID": "00:01", "DNSMASQ_LEASE_EXPIRES": str(FAR)}  # fmt: skip


def run(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> int:
    return leasehelper.main(list(arguments), environment or V4, str(folder))


def test_leases_come_change_and_go(tmp_path: Path) -> None:
    assert run(tmp_path, "add", "52:54:00:00:00:01", "192.168.177.9", "one") == 0
    assert run(tmp_path, "add", "00:03:00:01", "fd00::9", environment=V6) == 0
    assert run(tmp_path, "old", "52:54:00:00:00:01", "192.168.177.9", "uno") == 0
    network = parse_network(nat())
    text = (tmp_path / "virbr7.status").read_text()
    found = leases(network, text, None, 1000.0)
    assert [(lease.ipaddr, lease.hostname, lease.mac, lease.iaid, lease.clientid, lease.type) for lease in found] == [
        ("fd00::9", None, "52:54:00:00:00:02", "77", "00:03:00:01", 1),
        ("192.168.177.9", "uno", "52:54:00:00:00:01", None, "01:aa", 0),
    ]
    assert (found[1].prefix, found[1].iface, found[1].expirytime) == (24, "virbr7", FAR)
    assert len(leases(network, text, "52:54:00:00:00:01", 1000.0)) == 1
    assert leases(network, text, None, FAR + 1.0) == []
    run(tmp_path, "del", "52:54:00:00:00:01", "192.168.177.9")
    assert len(json.loads((tmp_path / "virbr7.status").read_text())) == 1


def test_dnsmasq_gets_its_leases_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, "add", "52:54:00:00:00:01", "192.168.177.9", "one")
    run(tmp_path, "add", "00:03:00:01", "fd00::9", environment=V6)
    assert run(tmp_path, "init") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{FAR} 52:54:00:00:00:01 192.168.177.9 one 01:aa",
        "duid 00:01",
        f"{FAR} 77 fd00::9 * 00:03:00:01",
    ]


@pytest.mark.parametrize("arguments", [["add"], ["tftp", "1", "2"], ["arp-add", "1", "2"]])
def test_what_is_no_lease_changes_nothing(tmp_path: Path, arguments: list[str]) -> None:
    run(tmp_path, *arguments)
    assert not (tmp_path / "virbr7.status").exists()


def test_a_bridge_name_leads_nowhere_else(tmp_path: Path) -> None:
    assert run(tmp_path, "add", "a", "b", environment={"VIR_BRIDGE_NAME": "../x"}) == 1


@pytest.mark.parametrize("text", ["{", "{}", "1", '"x"'])
def test_a_broken_status_file_is_an_error_and_no_crash(text: str) -> None:
    with pytest.raises(InternalError):
        leases(parse_network(nat()), text, None, 0.0)


@pytest.mark.parametrize("text", [None, "", "[]", '[1, {}, {"ip-address": "nonsense"}]'])
def test_no_leases(text: str | None) -> None:
    assert leases(parse_network(nat()), text, None, 0.0) == []


def test_mac_addresses_are_compared_in_normal_form() -> None:
    assert normal_mac("52:54:0:0:0:A") == "52:54:00:00:00:0a"
    with pytest.raises(InvalidMac) as caught:
        normal_mac("nonsense")
    assert caught.value.message == "invalid MAC address: nonsense"
