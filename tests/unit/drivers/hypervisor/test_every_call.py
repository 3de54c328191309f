# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every call of the catalogue is made on libvirt's test driver, and ends as it is written down.

An entry that is new is in no list, and so fails here until somebody looked at how it ends: `outcomes.json` has "ok"
or libvirt's error code for each. Written anew with VIRTBUS_REGENERATE=1.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.unit.drivers.hypervisor.hosted import Hosted, arguments, every_call
from virtbus.bus.api import (
    checkpoint,
    domain,
    hypervisor,
    interface,
    network,
    nodedev,
    nwfilter,
    secret,
    snapshot,
    storage,
)
from virtbus.bus.catalogue import Api, Call
from virtbus.bus.errors import LibvirtError
from virtbus.bus.streams import StreamEnd

OUTCOMES = Path(__file__).with_name("outcomes.json")
CLASSES: tuple[type[Api], ...] = (
    hypervisor.Manager, domain.Domain, snapshot.Snapshot, checkpoint.Checkpoint, network.Manager, network.Network,
 storage.Manager, storage.Pool, storage.Volume, nodedev.Manager, nodedev.Device, nwfilter.Manager,
    secret.Manager, interface.Manager, interface.Iface,
)  # fmt: skip
DANGEROUS = ("NodeSuspendForDuration",)
"""Never called: it would put the machine to sleep if a driver did it."""


def key(cls: type[Api], entry: Call) -> str:
    return f"{cls.daemon}.{cls.kind}.{entry.method}"


CALLS = [(cls, entry) for cls, entry in every_call(*CLASSES) if entry.name not in DANGEROUS]


async def outcome(hosted: Hosted, cls: type[Api], entry: Call) -> str:
    found = hosted.one_of_each()
    obj = found[cls.daemon if cls.kind == "Manager" else cls.noun]
    ref = found["Domain"].ref
    try:
        value = obj.invoke(entry, arguments(entry, ref))  # type: ignore[attr-defined]
    except LibvirtError as err:
        return str(err.code) if err.origin is not None else f"outside of libvirt: {err}"
    if isinstance(value, StreamEnd):
        os.close(value.fd)
        await value.abort()
    return "ok"


@pytest.mark.parametrize(("cls", "entry"), CALLS, ids=[key(*c) for c in CALLS])
async def test_call_ends_as_written_down(hosted: Hosted, cls: type[Api], entry: Call) -> None:
    known = json.loads(OUTCOMES.read_text()) if OUTCOMES.exists() else {}
    got = await outcome(hosted, cls, entry)
    if os.environ.get("VIRTBUS_REGENERATE"):
        known[key(cls, entry)] = got
        OUTCOMES.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
        return
    # "a|b": libvirt's test driver answers now one way and now the other, by what it was asked before.
    assert got in known[key(cls, entry)].split("|")


def test_nothing_is_written_down_that_is_not_called() -> None:
    assert set(json.loads(OUTCOMES.read_text())) == {key(*c) for c in CALLS}
