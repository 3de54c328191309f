# SPDX-License-Identifier: LGPL-2.1-or-later
"""The judge: who is asked, what polkit sees, what is refused and what is hidden."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.unit.policy.polkit import ALICE, BOB, REMOTE, ROOT, Manager, Network, Polkit, Rule, named, no, yes
from virtbus.bus import index
from virtbus.bus.api import network as api
from virtbus.bus.api import storage
from virtbus.bus.api.domain import Domain
from virtbus.bus.caller import Caller
from virtbus.bus.catalogue import Api, Call
from virtbus.bus.errors import AccessDenied, ErrorDomain, NoNetwork, OperationDenied
from virtbus.bus.refs import DomainRef, NetworkRef, PoolRef, VolumeRef
from virtbus.policy.authorise import Authoriser
from virtbus.policy.identity import IdentityFile

MANAGER = Manager("alice-net", "bob-net", "bob-lan")
ANET = Network("alice-net", 1)


def judge(rule: Rule, *, drivers: tuple[str, ...] = ("polkit",), identities: Path = Path("/nonexistent")) -> Any:
    """Give a judge before a pretended polkit, and that."""
    polkit = Polkit(rule)
    known = IdentityFile(identities, owner=os.getuid())
    return Authoriser(polkit, "network", access_drivers=drivers, identities=known), polkit


def calls(name: str) -> Call:
    """Give an entry of the network part."""
    return api.Network.calls.get(name) or api.Manager.calls[name]


def find(path: str) -> Api | None:
    """Give the manager for its path."""
    return MANAGER if path == "/org/libvirt/network1" else None


def test_root_is_not_asked() -> None:
    judged, _ = judge(no)
    assert judged.allowed_at_once(ROOT, calls("destroy"), ())


def test_legacy_clients_are_asked_only_with_the_access_driver() -> None:
    assert judge(no, drivers=())[0].allowed_at_once(ALICE, calls("destroy"), ())
    assert not judge(no)[0].allowed_at_once(ALICE, calls("destroy"), ())


def test_callers_on_the_bus_are_always_asked() -> None:
    assert not judge(no, drivers=())[0].allowed_at_once(BOB, calls("destroy"), ())


async def test_what_polkit_allowed_before_needs_no_question() -> None:
    judged, polkit = judge(yes)
    assert not judged.allowed_at_once(ALICE, calls("destroy"), (), ANET)
    await judged.check(ALICE, calls("destroy"), (), ANET)
    assert judged.allowed_at_once(ALICE, calls("destroy"), (), ANET)
    assert not judged.allowed_at_once(BOB, calls("destroy"), (), ANET)
    assert not judged.allowed_at_once(ALICE, calls("destroy"), (), Network("alice-two", 2))
    polkit.change()
    assert not judged.allowed_at_once(ALICE, calls("destroy"), (), ANET)


async def test_polkit_sees_libvirts_names_and_ours() -> None:
    judged, polkit = judge(yes)
    await judged.check(ALICE, calls("destroy"), (), ANET)
    assert polkit.asked == [
        (
            "org.libvirt.api.network.stop",
            {
                "connect_driver": "network",
                "network_name": "alice-net",
                "network_uuid": "01010101-0101-0101-0101-010101010101",
                "transport": "unix",
                "owner": "alice",
            },
            {"kind": "unix-process", "pid": 1, "start-time": 5, "uid": 1000},
        )
    ]


async def test_a_caller_on_the_bus_is_asked_about_by_his_connection() -> None:
    judged, polkit = judge(yes)
    await judged.check(BOB, calls("destroy"), (), ANET)
    assert polkit.asked[0][2] == {"kind": "system-bus-name", "name": ":1.2"}


async def test_a_refusal_has_libvirts_code_and_text() -> None:
    judged, _ = judge(no)
    with pytest.raises(AccessDenied) as caught:
        await judged.check(ALICE, calls("destroy"), (), ANET)
    assert caught.value.message == "access denied: 'network' denied access"
    assert caught.value.origin is ErrorDomain.ACCESS


async def test_every_permission_must_be_there() -> None:
    judged, _ = judge(lambda action, _details, _subject: action.endswith(".write"))
    await judged.check(ALICE, calls("update"), (1, 1, -1, "<x/>", 1), ANET)
    with pytest.raises(AccessDenied):
        await judged.check(ALICE, calls("update"), (1, 1, -1, "<x/>", 2), ANET)


@pytest.mark.parametrize(
    ("xml", "allowed"),
    [
        ("<network><name>alice-x</name></network>", True),
        ("<network><name>bob-x</name></network>", False),
        ("<network><a><name>alice-x</name></a><name>bob-x</name></network>", False),
        ("<network>", False),
        ("", False),
    ],
)
async def test_what_is_made_is_judged_by_the_name_in_its_xml(xml: str, allowed: bool) -> None:
    judged, polkit = judge(named("alice-"))
    if allowed:
        await judged.check(ALICE, calls("network_define_xml"), (xml,), MANAGER)
    else:
        with pytest.raises(AccessDenied):
            await judged.check(ALICE, calls("network_define_xml"), (xml,), MANAGER)
    assert polkit.asked


async def test_a_look_up_is_judged_by_what_it_finds() -> None:
    judged, _ = judge(named("alice-"))
    await judged.check(ALICE, calls("network_lookup_by_name"), ("alice-net",), MANAGER)
    with pytest.raises(AccessDenied):
        await judged.check(ALICE, calls("network_lookup_by_name"), ("bob-net",), MANAGER)
    with pytest.raises(NoNetwork):
        await judged.check(ALICE, calls("network_lookup_by_name"), ("nobody",), MANAGER)


async def test_a_new_name_is_judged_too() -> None:
    def rule(_action: str, details: dict[str, str], _subject: dict[str, Any]) -> bool:
        return details.get("domain_name") == "a"

    domain = Domain()
    domain.ref = DomainRef("a", b"\0" * 16, -1)
    with pytest.raises(AccessDenied):
        await judge(rule)[0].check(ALICE, Domain.calls["rename"], ("b", 0), domain)


async def test_lists_hold_what_may_be_seen() -> None:
    judged, polkit = judge(named("bob-"))
    refs = [network.ref for network in MANAGER.networks.values()]
    for _ in range(2):
        seen = await judged.filter(BOB, calls("list_all_networks"), refs, find)
        assert [ref.name for ref in seen] == ["bob-net", "bob-lan"]
    assert len(polkit.asked) == 3
    assert await judged.filter(BOB, calls("list_networks"), list(MANAGER.networks), find) == ["bob-net", "bob-lan"]
    assert await judged.filter(BOB, calls("num_of_networks"), 3, find, MANAGER, ()) == 2
    assert await judged.filter(ROOT, calls("num_of_networks"), 3, find, MANAGER, ()) == 3


async def test_a_listed_volume_is_judged_with_its_pools_attributes() -> None:
    judged, polkit = judge(yes)
    pool = storage.Pool()
    pool.ref = PoolRef("p", b"\1" * 16)
    volume = VolumeRef("p", "v", "/k")
    assert await judged.filter(BOB, storage.Pool.calls["list_all_volumes"], [volume], find, pool, (0,)) == [volume]
    details = polkit.asked[0][1]
    assert (details["pool_uuid"], details["vol_key"]) == ("01010101-0101-0101-0101-010101010101", "/k")


async def test_lists_follow_a_change_of_the_rules() -> None:
    judged, polkit = judge(named("bob-"))
    refs = [network.ref for network in MANAGER.networks.values()]
    await judged.filter(BOB, calls("list_all_networks"), refs, find)
    polkit.rule = yes
    polkit.change()
    assert len(await judged.filter(BOB, calls("list_all_networks"), refs, find)) == 3


async def test_a_list_that_polkit_did_not_answer_is_asked_again() -> None:
    judged, polkit = judge(yes)
    polkit.broken = True
    assert await judged.filter(BOB, calls("list_all_networks"), [ANET.ref], find) == []
    polkit.broken = False
    assert await judged.filter(BOB, calls("list_all_networks"), [ANET.ref], find) == [ANET.ref]


async def test_events_reach_those_who_may_see_the_object() -> None:
    judged, _ = judge(named("bob-"))
    event = api.Manager.events["network_event_lifecycle"]
    assert await judged.may_see(BOB, event, NetworkRef("bob-net", b"\0" * 16))
    assert not await judged.may_see(BOB, event, ANET.ref)
    assert not await judged.may_see(BOB, None, ANET.ref)
    assert await judged.may_see(ROOT, None, ANET.ref)


async def test_a_remote_user_without_a_mapping_may_nothing() -> None:
    judged, polkit = judge(yes)
    with pytest.raises(AccessDenied):
        await judged.check(REMOTE, calls("get_xml_desc"), (0,), ANET)
    assert polkit.asked == []


async def test_a_remote_user_is_judged_as_his_account(tmp_path: Path) -> None:
    path = tmp_path / "identities.toml"
    path.write_text('[[identity]]\nx509 = "CN=carol"\naccount = "nobody"\n')
    judged, polkit = judge(yes, identities=path)
    await judged.check(REMOTE, calls("get_xml_desc"), (0,), ANET)
    ((_action, details, subject),) = polkit.asked
    assert (subject["kind"], subject["uid"]) == ("unix-process", 65534)
    assert (details["transport"], details["x509_dname"]) == ("tls", "CN=carol")


async def test_a_role_is_judged_without_polkit(tmp_path: Path) -> None:
    path = tmp_path / "identities.toml"
    path.write_text('[[identity]]\nx509 = "CN=carol"\nrole = "viewer"\n[roles]\nviewer = ["*.getattr", "*.read"]\n')
    judged, polkit = judge(no, identities=path)
    await judged.check(REMOTE, calls("get_xml_desc"), (0,), ANET)
    with pytest.raises(AccessDenied):
        await judged.check(REMOTE, calls("destroy"), (), ANET)
    assert polkit.asked == []


def test_a_reader_is_refused_with_libvirts_text() -> None:
    judged, _ = judge(yes, drivers=())
    with pytest.raises(OperationDenied) as caught:
        judged.allowed_at_once(ALICE.narrowed(read_only=True), calls("destroy"), ())
    assert caught.value.message == "operation forbidden: read only access prevents virNetworkDestroy"
    assert caught.value.origin is ErrorDomain.NETWORK


def test_a_reader_is_refused_secrets_in_other_words() -> None:
    judged, _ = judge(yes, drivers=())
    with pytest.raises(OperationDenied, match="operation forbidden: virDomainGetXMLDesc with secure flag"):
        judged.allowed_at_once(ALICE.narrowed(read_only=True), Domain.calls["get_xml_desc"], (1,))


def test_root_on_a_read_only_socket_only_reads() -> None:
    judged, _ = judge(yes, drivers=())
    root = Caller(uid=0, pid=1, transport="unix", vouched=True, read_only=True)
    assert judged.allowed_at_once(root, calls("get_xml_desc"), (0,))
    with pytest.raises(OperationDenied):
        judged.allowed_at_once(root, calls("destroy"), ())


async def test_an_unknown_process_is_refused() -> None:
    judged, polkit = judge(yes)
    with pytest.raises(AccessDenied):
        await judged.check(Caller(uid=5, transport="unix", vouched=True), calls("destroy"), (), ANET)
    assert polkit.asked == []


def test_only_the_proxy_and_root_speak_for_others() -> None:
    judged, _ = judge(yes)
    judged._proxy_account = "nobody"
    assert judged.may_assert(ROOT)
    assert judged.may_assert(Caller(uid=65534, unique_name=":1.9"))
    assert not judged.may_assert(BOB)
    assert not judged.may_assert(ALICE)
    assert not judged.may_assert(Caller(uid=0, transport="unix", vouched=True))


@pytest.mark.parametrize("call", [c for c in index.calls() if c.bus and not c.owner.wire_only], ids=lambda c: c.name)
async def test_no_call_passes_without_its_permission(call: Call) -> None:
    judged, _ = judge(no)
    target = call.owner()
    args = tuple("" if param.name in ("xml", "xml_desc", "name") else 0 for param in call.params)
    if "lookup" in call.method:
        return  # judged by what is found, above
    with pytest.raises(AccessDenied):
        await judged.check(BOB, call, args, target)
