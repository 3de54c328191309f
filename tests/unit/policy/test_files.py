# SPDX-License-Identifier: LGPL-2.1-or-later
"""The system files: what they allow, and that they are written whole."""

import configparser
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from virtbus.bus import daemons
from virtbus.policy import actions, files, permissions, units

KNOWN = daemons.load()
MADE = files.everything(KNOWN, "/usr/bin/python3")


@pytest.mark.parametrize("daemon", KNOWN, ids=lambda daemon: daemon.name)
def test_a_name_is_owned_by_root_and_its_account_alone(daemon: daemons.Daemon) -> None:
    root = ET.fromstring(MADE[f"{files.BUS_POLICY}/{daemon.bus_name}.conf"].partition(">\n")[2])
    owners = {policy.get("user") for policy in root if policy.find("allow[@own]") is not None}
    assert owners == {"root", daemon.user}
    assert root.find("policy[@context='default']/allow[@own]") is None


@pytest.mark.parametrize("daemon", KNOWN, ids=lambda daemon: daemon.name)
def test_units_are_closed_as_far_as_work_allows(daemon: daemons.Daemon) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign, assignment]
    unit.read_string(MADE[f"{files.UNITS}/virtbus-{daemon.name}.service"])
    service = unit["Service"]
    assert service["ExecStart"].startswith("/usr/bin/python3 -I -m virtbus.")
    assert service["LimitCORE"] == "0"
    if daemon.name != "qemu":
        assert service["NoNewPrivileges"] == "yes"
        assert "CapabilityBoundingSet" in service


def test_the_proxy_has_no_capability_and_inherits_its_sockets() -> None:
    text = MADE[f"{files.UNITS}/virtbus-proxy.service"]
    assert "\nCapabilityBoundingSet=\n" in text
    assert "\nUser=virtproxy\n" in text
    assert "\nSockets=virtbus-libvirt-sock.socket\n" in text


def test_sockets_are_the_legacy_ones() -> None:
    proxy = daemons.by_name(KNOWN, "proxy")
    listens = {
        line for _, text in units.sockets(KNOWN, proxy) for line in text.splitlines() if line.startswith("Listen")
    }
    for name in ("libvirt-sock", "libvirt-sock-ro", "libvirt-admin-sock", "virtqemud-sock", "virtsecretd-sock-ro"):
        assert f"ListenStream=/run/libvirt/{name}" in listens


def test_polkit_actions_are_complete() -> None:
    root = ET.fromstring(actions.api_actions())
    found = {action.get("id"): action.findtext("defaults/allow_any") for action in root.iter("action")}
    assert found == {each.action: each.default for each in permissions.PERMISSIONS}


def test_the_proxy_may_ask_polkit_about_others() -> None:
    root = ET.fromstring(actions.connect_actions(["virtproxy"]))
    notes = {action.get("id"): action.findtext("annotate") for action in root.iter("action")}
    assert notes == dict.fromkeys((permissions.MANAGE, permissions.MONITOR), "unix-user:virtproxy")
    assert "annotate" not in actions.connect_actions([])


def test_installing_writes_readable_files(tmp_path: Path) -> None:
    assert files.main(["--install", str(tmp_path)]) == 0
    assert files.main(["--check", str(tmp_path)]) == 0
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in written} == {0o644}
    written[0].write_text("other")
    written[1].unlink()
    assert files.main(["--check", str(tmp_path)]) == 1


def test_examples_are_not_installed_as_rules() -> None:
    assert [name for name in MADE if name.startswith(files.RULES)] == [f"{files.RULES}/60-virtbus.rules"]
