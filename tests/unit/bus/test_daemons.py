# SPDX-License-Identifier: LGPL-2.1-or-later
"""Descriptors: what they say, how faults in them are told, and where URIs lead."""

from pathlib import Path

import pytest

from virtbus.bus import daemons
from virtbus.bus.daemons import DescriptorError
from virtbus.bus.errors import NoConnect

GOOD = """
[daemon]
name = "xen"
description = "guests under Xen"
program = "virtxend"
bus_name = "org.libvirt.hypervisor1.xen"
module = "elsewhere.xen"
class = "XenDriver"
driver = "Xen"
serves = ["hypervisor"]

[[uri]]
scheme = "xen"
paths = ["/system", "/"]
borrows = true
"""
KINDS = {"hypervisor", "network", "storage", "nwfilter", "nodedev", "secret", "interface"}


def folder_with(folder: Path, *texts: str) -> Path:
    """Give a folder that holds the descriptors."""
    for number, text in enumerate(texts):
        (folder / f"{number}.toml").write_text(text)
    return folder


def test_qemu_takes_each_kind_of_object_from_its_own_daemon() -> None:
    route = daemons.route(daemons.load(), "qemu", "/system")
    assert route.primary.program == "virtqemud"
    assert route.buses["hypervisor"] == "org.libvirt.hypervisor1.qemu"
    assert {kind: bus for kind, bus in route.buses.items() if kind != "hypervisor"} == {
        kind: f"org.libvirt.{kind}1" for kind in KINDS - {"hypervisor"}
    }


def test_the_pretended_host_holds_everything_itself() -> None:
    route = daemons.route(daemons.load(), "test", "/default")
    assert dict(route.buses) == dict.fromkeys(KINDS, "org.libvirt.hypervisor1.test")


def test_a_secondary_uri_leads_to_its_daemon_alone() -> None:
    route = daemons.route(daemons.load(), "network", "/system")
    assert (route.primary.name, dict(route.buses)) == ("network", {"network": "org.libvirt.network1"})


def test_no_uri_leads_to_the_default() -> None:
    assert daemons.route(daemons.load(), "", "").primary.name == "qemu"


def test_an_unknown_uri_is_libvirts_error() -> None:
    with pytest.raises(NoConnect, match="foo:///bar"):
        daemons.route(daemons.load(), "foo", "/bar")


def test_roots_go_by_the_part_of_the_api() -> None:
    roots = {daemon.name: daemon.root for daemon in daemons.load()}
    assert roots["test"] == roots["qemu"] == "/org/libvirt/hypervisor1"
    assert roots["nwfilter"] == "/org/libvirt/nwfilter1"


def test_one_file_adds_a_daemon(tmp_path: Path) -> None:
    known = daemons.load(folder_with(tmp_path, GOOD))
    assert [(d.name, d.user, d.kind) for d in known] == [("xen", "root", "hypervisor")]
    assert daemons.route(known, "xen", "/").primary is known[0]
    assert daemons.by_name(known, "virtxend") is known[0]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('name = "xen"\n', "", "daemon.name: missing"),
        ('["hypervisor"]', '["hypervisors"]', "unknown part of the API: hypervisors"),
        ('["hypervisor"]', "[1]", "daemon.serves: not a list of strings"),
        ('"Xen"', "3", "daemon.driver: wrong type"),
        ("borrows", "borrow", "uri.borrow: unknown key"),
        ("virtxend", "bin/virtxend", "program: 'bin/virtxend' is no plain file name"),
        ("org.libvirt.hypervisor1.xen", "org.example.xen", "unknown part of the API"),
        ("[daemon]", "[daemon", "Expected"),
        ("[[uri]]", "[uri]", "uri: wrong type"),
    ],
)
def test_a_fault_is_told_with_its_file(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(DescriptorError) as caught:
        daemons.load(folder_with(tmp_path, GOOD.replace(old, new, 1)))
    assert str(tmp_path / "0.toml") in str(caught.value)
    assert fault in str(caught.value)


def test_two_daemons_cannot_claim_the_same(tmp_path: Path) -> None:
    other = GOOD.replace('name = "xen"', 'name = "other"')
    with pytest.raises(DescriptorError, match="other and xen both claim the program virtxend"):
        daemons.load(folder_with(tmp_path, GOOD, other))


def test_a_missing_folder_is_told() -> None:
    with pytest.raises(DescriptorError, match="no such folder"):
        daemons.load("/nonexistent")


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(DescriptorError, match="no daemon is called nobody"):
        daemons.by_name(daemons.load(), "nobody")
