# SPDX-License-Identifier: LGPL-2.1-or-later
"""List every procedure of the legacy protocol with what answers it on the bus, and count them."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from virtbus.bus import daemons, index
from virtbus.bus.catalogue import Api, Call, Form
from virtbus.bus.introspection import permission_text

FACTS = Path(__file__).resolve().parent.parent.parent / "tests/facts/remote_protocol.json"
PROGRAMS = ("remote", "qemu", "lxc", "admin")


class Line(NamedTuple):
    """One procedure."""

    program: str
    number: int
    name: str
    daemon: str
    member: str
    permission: str
    state: str


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line a procedure and the totals; with --check, what differs from the protocol, and give 1 if anything."""
    parser = argparse.ArgumentParser(prog="virtbus coverage", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the description of the protocol")
    parser.add_argument("--facts", type=Path, default=FACTS, help="the description (default: that of the tests)")
    options = parser.parse_args(argv)
    found = lines()
    if not options.check:
        sys.stdout.write("".join(f"{text(line)}\n" for line in found) + totals(found))
        return 0
    if not options.facts.is_file():
        sys.stderr.write(f"virtbus coverage: {options.facts}: no such file\n")
        return 1
    wrong = differences(found, json.loads(options.facts.read_text()))
    sys.stdout.write("".join(f"{each}\n" for each in wrong))
    return 1 if wrong else 0


def lines() -> list[Line]:
    """Give a line for every procedure, in the order of the protocol; calls that all managers share stand once."""
    load_drivers()
    found: dict[tuple[str, int], list[Call]] = {}
    for call in index.calls():
        if call.program not in PROGRAMS:
            continue  # the daemons' own programs, which no client of libvirt speaks
        found.setdefault((call.program, call.number), []).append(call)
    order = sorted(found, key=lambda key: (PROGRAMS.index(key[0]), key[1]))
    return [_line(found[key]) for key in order]


def _line(calls: list[Call]) -> Line:
    call = calls[0]
    where = call.owner.daemon if len(calls) == 1 else "all"
    member = f"{call.owner.kind}.{call.member}" if call.bus and not call.owner.wire_only else "-"
    states = {state_of(each) for each in calls}
    state = next(each for each in STATES if each in states)
    return Line(call.program, call.number, call.name, where, member, permission_text(call.acl) or "-", state)


STATES = ("proxy", "driver", "unsupported")
"""Who answers: the proxy itself, a driver, or nobody yet but "not supported by the connection driver"."""


def state_of(call: Call) -> str:
    """Give who answers a call."""
    if call.form is Form.SESSION or call.owner.wire_only:
        return "proxy"
    # The pretended host of the hypervisor daemon holds all kinds of object: only the native drivers count for these.
    home = f"virtbus.drivers.{call.owner.daemon}."
    answered = any(c.__module__.startswith(home) and _answers(c, call.method) for c in _implementations(call.owner))
    return "driver" if answered else "unsupported"


def _implementations(owner: type[Api]) -> Iterator[type[Api]]:
    for cls in owner.__subclasses__():
        yield cls
        yield from _implementations(cls)


def _answers(cls: type[Api], method: str) -> bool:
    # A class whose calls run in threads hands them on wholesale; others have a method of their own.
    return hasattr(cls, "submit") or not hasattr(getattr(cls, method), "entry")


def load_drivers() -> None:
    """Load the drivers that the descriptors name and that are installed, so that their classes are known."""
    for daemon in daemons.load():
        if daemon.serves and "proxy" not in daemon.serves:
            with contextlib.suppress(ModuleNotFoundError):
                importlib.import_module(f"{daemon.module}.driver")


def text(line: Line) -> str:
    """Give a line as it is printed."""
    return (
        f"{line.program:6} {line.number:3} {line.name:40} {line.daemon:10} {line.state:11} "
        f"{line.member:45} {line.permission}"
    )


def totals(found: Sequence[Line]) -> str:
    """Give the counts by program and by who answers."""
    counts = Counter((line.program, line.state) for line in found)
    rows = []
    for program in PROGRAMS:
        parts = [f"{counts[program, state]} {state}" for state in STATES if counts[program, state]]
        rows.append(f"{program}: {sum(line.program == program for line in found)} procedures: {', '.join(parts)}\n")
    return "".join(rows)


def differences(found: Sequence[Line], facts: Mapping[str, Any]) -> list[str]:
    """Give a line for each procedure of the protocol that is missing here, or that the protocol does not have."""
    ours = {(line.program, line.number): line.name for line in found}
    theirs = {
        (program, each["number"]): each["name"]
        for program in PROGRAMS
        for each in facts["programs"].get(program, {}).get("procedures", ())
        if each["kind"] not in ("event", "message")
    }
    wrong = [f"{key[0]} {key[1]} {theirs[key]}: no entry" for key in sorted(theirs.keys() - ours.keys())]
    wrong += [f"{key[0]} {key[1]} {ours[key]}: not in the protocol" for key in sorted(ours.keys() - theirs.keys())]
    shared = sorted(ours.keys() & theirs.keys())
    return wrong + [f"{k[0]} {k[1]}: {ours[k]} is called {theirs[k]}" for k in shared if ours[k] != theirs[k]]
