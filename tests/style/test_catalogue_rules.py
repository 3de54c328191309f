# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every entry of the catalogue is documented and has a permission; what is generated from it is up to date."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from virtbus.bus import daemons, index, introspection
from virtbus.bus.catalogue import Api, Call, Event, Form
from virtbus.bus.cli import coverage
from virtbus.policy import busfiles, files, permissions

ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT / "tests/facts/remote_protocol.json"
WITHOUT_PERMISSION: set[str] = set()
"""Methods on the bus that anybody may call. There are none; a new one needs a reason here."""
CALLS = [pytest.param(call, id=f"{call.owner.daemon}.{call.owner.kind}.{call.member}") for call in index.calls()]
EVENTS = [pytest.param(event, id=f"{event.owner.daemon}.{event.member}") for event in index.events()]
CLASSES = [pytest.param(cls, id=cls.interface()) for cls in index.on_bus()]


@pytest.mark.parametrize("entry", [*CALLS, *EVENTS])
def test_every_entry_is_documented(entry: Call | Event) -> None:
    first = entry.doc.splitlines()[0] if entry.doc else ""
    assert first.endswith(".")
    assert first[0].isupper()


@pytest.mark.parametrize("call", CALLS)
def test_every_method_has_a_permission(call: Call) -> None:
    wire_only = call.owner.wire_only or call.form is Form.SESSION or not call.bus
    assert call.acl or wire_only or call.name in WITHOUT_PERMISSION


@pytest.mark.parametrize("entry", [*CALLS, *EVENTS])
def test_every_permission_is_one_of_libvirts(entry: Call | Event) -> None:
    needed = [*entry.acl, *(entry.filter if isinstance(entry, Call) else ())]
    assert [perm for perm in needed if permissions.find(perm) is None] == []


@pytest.mark.parametrize("cls", CLASSES)
def test_introspection_tells_the_same(cls: type[Api]) -> None:
    xml = ET.fromstring(introspection.node(cls))
    (interface,) = [each for each in xml.findall("interface") if each.get("name") == cls.interface()]
    methods = {each.get("name") for each in interface.findall("method")}
    assert {call.member for call in cls.calls.values() if call.bus} <= methods
    for member in [*interface.findall("method"), *interface.findall("signal")]:
        notes = {each.get("name"): each.get("value") for each in member.findall("annotation")}
        assert notes.get(introspection.DOC), member.get("name")
        assert notes.get(introspection.PERMISSION), member.get("name")


@pytest.mark.parametrize("cls", CLASSES)
def test_the_bus_lets_every_interface_through(cls: type[Api]) -> None:
    assert cls.kind in busfiles.KINDS_OF_OBJECT[cls.daemon]


def test_the_permissions_are_libvirts() -> None:
    facts = json.loads(FACTS.read_text())["acl"]
    theirs = {
        permission["polkit_action"]: permission["default"]["allow_any"]
        for kind in facts.values()
        for permission in kind["permissions"].values()
    }
    assert {each.action: each.default for each in permissions.PERMISSIONS} == theirs


def test_the_catalogue_covers_the_protocol() -> None:
    assert coverage.differences(coverage.lines(), json.loads(FACTS.read_text())) == []


def test_the_facts_are_those_shared_beside_the_checkout() -> None:
    shared = ROOT.parent / "shared/facts/remote_protocol.json"
    if not shared.is_file():
        pytest.skip("the checkout stands alone")
    assert shared.read_text() == FACTS.read_text()


def test_system_files_are_made_as_they_are_checked(tmp_path: Path) -> None:
    made = files.everything(daemons.load(), "/usr/bin/python3")
    assert len(files.differences(made, tmp_path)) == len(made)
    files.install(made, tmp_path)
    assert files.differences(made, tmp_path) == []


def test_an_allow_always_names_its_destination() -> None:
    for name, text in files.everything(daemons.load(), "/usr/bin/python3").items():
        if name.startswith(files.BUS_POLICY):
            for rule in ET.fromstring(text.partition(">\n")[2]).iter("allow"):
                assert "own" in rule.attrib or {"send_destination", "send_interface"} <= rule.attrib.keys()
