# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is delegated gives what libvirt-python gives, called directly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libvirt
import pytest

from tests.unit.drivers.hypervisor.hosted import Hosted, arguments, python_methods
from virtbus.bus.api import domain, hypervisor
from virtbus.bus.catalogue import Call
from virtbus.bus.errors import LibvirtError, NoDomain, NoSupport
from virtbus.bus.refs import DomainRef, SnapshotRef
from virtbus.bus.types import LLong, UInt, ULLong
from virtbus.drivers.hypervisor.delegate import RENAMED, function_name
from virtbus.drivers.hypervisor.special import SPECIAL

GETTERS = [
    entry
    for entry in domain.Domain.calls.values()
    if entry.method.startswith(("get_", "is_", "has_", "snapshot_num", "snapshot_list")) and entry.name not in SPECIAL
]
APART = ("DomainGetInfo", "DomainGetGuestVcpus")
"""One changes from call to call; of the other, libvirt-python loses the error."""


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, bool):
        return ours == bool(theirs)
    if isinstance(ours, tuple):
        return list(ours) == list(theirs)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(same(a, b) for a, b in zip(ours, theirs, strict=True))
    return bool(ours == theirs)


@pytest.mark.parametrize("entry", GETTERS, ids=[e.method for e in GETTERS])
async def test_getter_gives_what_libvirt_python_gives(hosted: Hosted, entry: Call) -> None:
    ref = hosted.guest()
    method = python_methods(libvirt.virDomain).get(RENAMED.get(function_name(entry), function_name(entry)))
    if method is None or entry.name in APART:
        pytest.skip("libvirt-python has no such method by itself")
    args = arguments(entry, ref)
    direct = getattr(hosted.libvirt.lookupByUUID(ref.uuid), method)
    theirs, refused = outcome(direct, args)
    if refused is None:
        assert same(hosted.call(hosted.at(ref), entry.method, *args), theirs)
        return
    with pytest.raises(LibvirtError) as caught:
        hosted.call(hosted.at(ref), entry.method, *args)
    assert told(caught.value) == refused


def outcome(method: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...] | None]:
    """Give what a method of libvirt-python gives, or all that its error says."""
    try:
        return method(*args), None
    except libvirt.libvirtError as err:
        return None, err.err


def told(error: LibvirtError) -> tuple[Any, ...]:
    texts = error.str1, error.str2, error.str3
    return error.code, int(error.origin or 0), error.message, int(error.level), *texts, error.int1, error.int2


async def test_list_has_name_uuid_and_id(hosted: Hosted) -> None:
    hosted.guest("one")
    hosted.guest("two", running=False)
    listed = hosted.call(hosted.driver.manager, "list_all_domains", 0)
    direct = {(d.name(), d.UUID(), d.ID()) for d in hosted.libvirt.listAllDomains()}
    assert {tuple(ref) for ref in listed} == direct
    assert all(hosted.at(ref).ref == ref for ref in listed)


async def test_started_guest_has_its_new_id(hosted: Hosted) -> None:
    ref = hosted.guest(running=False)
    assert ref.id == -1
    started = hosted.call(hosted.at(ref), "create_with_flags", 0)
    assert started.id == hosted.libvirt.lookupByName("guest").ID() > 0
    assert hosted.at(ref).ref.id == started.id


async def test_typed_parameters_keep_their_types(hosted: Hosted) -> None:
    ref = hosted.guest()
    memory = hosted.call(hosted.at(ref), "get_memory_parameters", 0)
    assert {type(value) for value in memory.values()} == {ULLong}
    stats = hosted.call(hosted.at(ref), "get_cpu_stats", -1, 1, 0)[0].params
    assert type(stats["cpu_time"]) is ULLong
    tuned = hosted.call(hosted.at(ref), "get_perf_events", 0)
    assert {type(value) for value in tuned.values()} == {bool}
    assert LLong not in {type(value) for value in memory.values()}


async def test_set_parameters_arrive(hosted: Hosted) -> None:
    dom = hosted.at(hosted.guest())
    hosted.call(dom, "set_memory_parameters", {"hard_limit": ULLong(123456), "soft_limit": ULLong(1000)}, 0)
    assert hosted.call(dom, "get_memory_parameters", 0)["hard_limit"] == 123456
    hosted.call(dom, "set_blkio_parameters", {"weight": UInt(500)}, 2)


async def test_wrong_type_of_parameter_is_libvirts_to_refuse(hosted: Hosted) -> None:
    dom = hosted.at(hosted.guest())
    with pytest.raises(LibvirtError) as caught:
        hosted.call(dom, "set_memory_parameters", {"hard_limit": "much"}, 0)
    assert "hard_limit" in caught.value.message


async def test_memory_of_the_host_is_exact(hosted: Hosted) -> None:
    info = hosted.call(hosted.driver.manager, "node_get_info")
    assert info.memory // 1024 == hosted.libvirt.getInfo()[1]
    assert info[2:] == tuple(hosted.libvirt.getInfo()[2:])


async def test_maps_of_processors_stay_maps(hosted: Hosted) -> None:
    dom = hosted.at(hosted.guest())
    hosted.call(dom, "pin_vcpu_flags", 0, b"\x05", 0)
    assert hosted.call(dom, "get_vcpu_pin_info", 0)[0] == b"\x05"
    direct = hosted.libvirt.lookupByName("guest").vcpuPinInfo(0)
    assert [bool(5 >> i & 1) for i in range(8)] == list(direct[0])
    places = hosted.call(dom, "get_vcpus")
    assert [p.number for p in places] == [0, 1]
    total = hosted.call(hosted.driver.manager, "node_get_cpu_map", 0)
    assert (total.total, total.online) == (8, 3)


async def test_statistics_name_their_guest(hosted: Hosted) -> None:
    ref = hosted.guest()
    hosted.guest("other")
    manager = hosted.driver.manager
    everyone = hosted.call(manager, "get_all_domain_stats", [], 0, 0)
    assert {r.dom.name for r in everyone} >= {"guest", "other"}
    (only,) = hosted.call(manager, "get_all_domain_stats", [ref], hypervisor_state(), 0)
    assert only.dom == ref
    assert only.params == {"state.state": 1, "state.reason": 1}


def hypervisor_state() -> int:
    return int(libvirt.VIR_DOMAIN_STATS_STATE)


async def test_block_io_tune_of_no_disk_tells_the_fields(hosted: Hosted) -> None:
    dom = hosted.at(hosted.guest())
    fields = hosted.call(dom, "get_block_io_tune", None, 0)
    tuned = hosted.call(dom, "get_block_io_tune", "vda", 0)
    assert list(fields) == list(tuned)


async def test_addresses_of_interfaces(hosted: Hosted) -> None:
    (iface,) = hosted.call(hosted.at(hosted.guest()), "interface_addresses", 0, 0)
    assert (iface.hwaddr, iface.addrs[0].prefix) == ("52:54:00:74:77:01", 24)


async def test_snapshot_is_found_by_its_path(hosted: Hosted) -> None:
    ref = hosted.guest()
    taken = hosted.call(hosted.at(ref), "snapshot_create_xml", "<domainsnapshot><name>a b/c</name></domainsnapshot>", 0)
    assert taken == SnapshotRef("a b/c", ref)
    assert "<name>a b/c</name>" in hosted.call(hosted.at(taken), "get_xml_desc", 0)
    hosted.call(hosted.at(taken), "revert", 0)
    hosted.call(hosted.at(taken), "delete", 0)
    with pytest.raises(LibvirtError, match="no domain snapshot with matching name 'a b/c'"):
        hosted.call(hosted.at(taken), "get_xml_desc", 0)


async def test_gone_guest_is_named_by_libvirt(hosted: Hosted) -> None:
    ref = hosted.guest(running=False)
    dom = hosted.at(ref)
    hosted.call(dom, "undefine")
    with pytest.raises(NoDomain, match=r"no domain with matching uuid '.*' \(guest\)"):
        hosted.call(dom, "get_xml_desc", 0)


async def test_path_that_never_was_is_missing(hosted: Hosted) -> None:
    path = DomainRef("", bytes(16), -1).path()
    assert hosted.driver.find(path) is None
    missing = hosted.driver.missing(path)
    assert missing.message == "Domain not found: no domain with matching uuid '00000000-0000-0000-0000-000000000000'"


async def test_newer_function_is_not_supported(hosted: Hosted) -> None:
    dom = hosted.at(hosted.guest())
    with pytest.raises(NoSupport) as caught:
        hosted.call(dom, "graphics_reload", 0, 0)
    name = "virDomainGraphicsReload"
    assert caught.value.message == f"this function is not supported by the connection driver: {name}"
    assert hypervisor.Manager.calls


async def test_screenshot_comes_by_descriptor(hosted: Hosted) -> None:
    import os

    end = hosted.call(hosted.at(hosted.guest()), "screenshot", 0, 0)
    assert end.result == "image/png"
    found = b""
    while data := os.read(end.fd, 65536):
        found += data
    await end.finish()
    os.close(end.fd)
    assert found.startswith(b"\x89PNG")
