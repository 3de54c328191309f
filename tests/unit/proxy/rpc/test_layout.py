# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every entry of the catalogue agrees with the facts about the protocol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.proxy import facts
from virtbus.bus.catalogue import PROGRAMS, Call, Event, Perm
from virtbus.proxy import forms, names, special
from virtbus.proxy.rpc import layout

CALLS = {(e.program, e.number): e for _api, e in layout.calls()}
EVENTS = {e.member: e for _api, e in layout.events()}
FACTS = facts.procedures()
# The proxy's own: keepalive, and the message about a connection that closed.
OWN = {("keepalive", 1), ("keepalive", 2), ("remote", 362)}


def shapes(fields: tuple[Any, ...]) -> tuple[Any, ...]:
    return facts.flat(tuple(facts.shape_of_kind(f.kind) for f in fields))


def ident(entry: Call | Event) -> str:
    return getattr(entry, "name", "") or entry.member


def test_every_procedure_is_there() -> None:
    told = set(CALLS)
    for event in EVENTS.values():
        told |= {(event.program, event.callback)} | ({(event.program, event.legacy)} if event.legacy else set())
    assert set(FACTS) - told == OWN
    assert told <= set(FACTS)


def test_programs() -> None:
    assert {name: program["number"] for name, program in facts.load()["programs"].items()} == PROGRAMS


@pytest.mark.parametrize("entry", CALLS.values(), ids=ident)
def test_call(entry: Call) -> None:
    known = FACTS[entry.program, entry.number]
    wire = layout.of_call(entry)
    assert shapes(wire.args) == facts.shape_of_struct(known["args"])
    assert shapes(wire.ret) == facts.shape_of_struct(known["ret"])
    assert entry.name == known["name"]
    assert ("high" if entry.urgent else "low") == (known["priority"] or "low")
    assert entry.since == known.get("api_since", "")
    assert bool(entry.stream) == (known["kind"].startswith("stream") or entry.number == 304)


@pytest.mark.parametrize("entry", CALLS.values(), ids=ident)
def test_permissions(entry: Call) -> None:
    known = FACTS[entry.program, entry.number]
    assert [plain(p) for p in entry.acl] == [perm(a) for a in known["acl"]]
    assert [(p.object, p.permission) for p in entry.filter] == [
        (a["object"], a["permission"]) for a in known["acl_filter"]
    ]


@pytest.mark.parametrize("entry", CALLS.values(), ids=ident)
def test_readers(entry: Call) -> None:
    known = FACTS[entry.program, entry.number].get("read_only")
    nothing = tuple(0 for _ in entry.params)
    if known == "allowed":
        assert not entry.denied_to_readers(nothing)
        assert not entry.denied_to_readers(tuple(0xFFFFFFFF for _ in entry.params))
    elif known == "denied":
        assert entry.denied_to_readers(nothing)
    elif known == "conditional":
        assert not entry.denied_to_readers(nothing)
        conditional = [p for p in entry.acl if p.conditional]
        assert conditional


def plain(perm: Perm) -> tuple[Any, ...]:
    return perm.object, perm.permission, perm.when, perm.unless, perm.equals


def constants() -> dict[str, int]:
    text = facts.load("api_constants.json")
    found: dict[str, int] = {}

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                if key.startswith("VIR_") and isinstance(value, dict) and isinstance(value.get("value"), int):
                    found[key] = value["value"]
                elif key.startswith("VIR_") and isinstance(value, int):
                    found[key] = value
                walk(value)

    walk(text)
    return found


CONSTANTS = constants()


def perm(acl: dict[str, Any]) -> tuple[Any, ...]:
    flag = acl.get("flag", "")
    bits = 0
    for name in filter(None, flag.lstrip("!").split("|")):
        bits |= CONSTANTS[name]
    equals = CONSTANTS[acl["value"]] if "value" in acl else None
    when, unless = (0, bits) if flag.startswith("!") else (bits, 0)
    return acl["object"], acl["permission"], when, unless, equals


@pytest.mark.parametrize("entry", EVENTS.values(), ids=ident)
def test_event(entry: Event) -> None:
    messages = layout.of_event(entry)
    known = FACTS[entry.program, entry.callback]
    assert shapes(messages.callback) == facts.shape_of_struct(known["msg"])
    if entry.legacy is not None:
        assert messages.legacy is not None
        assert shapes(messages.legacy) == facts.shape_of_struct(FACTS[entry.program, entry.legacy]["msg"])
    wrapped = any(f["name"] == "msg" for f in facts.load()["structs"][known["msg"]]["fields"])
    assert entry.wrapped == wrapped


def test_event_numbers() -> None:
    known = {
        e["proc_number"]: (e["id"], e.get("legacy_proc_number"))
        for g in facts.load()["events"].values()
        for e in g.values()
        if "id" in e
    }
    told = {e.callback: (e.number, e.legacy) for e in EVENTS.values() if e.number >= 0}
    assert {k: v for k, v in told.items() if k in known} == {k: v for k, v in known.items() if k in told}
    assert len(told) >= 38


def test_special_list_is_complete() -> None:
    assert set(special.ADAPTERS) == {k for k, e in CALLS.items() if e.form.value == "special"}


def test_list_bounds() -> None:
    """The protocol's names of the bounds are those that the errors tell."""
    for number, bound in forms._LISTS.items():
        ret = facts.load()["structs"][FACTS["remote", number]["ret"]]["fields"][0]
        assert ret["bound_const"] == f"REMOTE_{bound}_MAX"


def test_functions() -> None:
    """The functions that error texts name are those that the API has."""
    for key, entry in CALLS.items():
        known = FACTS[key]
        if known["api"] and not known.get("api_private") and entry.form.value != "session":
            assert names.function_of(entry) in known["api"], entry.name


def test_facts_are_the_shared_ones() -> None:
    """The copies are equal to the originals, where these are at hand."""
    shared = Path(__file__).resolve().parents[5] / "shared/facts"
    for path in shared.rglob("*.json*"):
        copy = facts.FOLDER / path.relative_to(shared)
        if path.suffix == ".json":
            assert json.loads(copy.read_text()) == json.loads(path.read_text())
        else:
            assert copy.read_bytes() == path.read_bytes()
