# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every recorded packet of libvirt decodes with this project's codec and encodes to the same bytes."""

from __future__ import annotations

import functools
import json
from typing import Any, NamedTuple

import pytest

from tests.unit.proxy.facts import FOLDER
from virtbus.bus.catalogue import PROGRAMS
from virtbus.bus.types import Field, Int32, Nullable, Record, Text, Uuid
from virtbus.proxy.rpc import layout, xdr
from virtbus.proxy.rpc.layout import INT
from virtbus.proxy.rpc.packet import Framer, Packet, Status, Type, pack
from virtbus.proxy.streams import HOLE

RECORDINGS = sorted((FOLDER / "wire").glob("*.jsonl"))
NOTHING = xdr.of_fields(())


class Named(NamedTuple):
    name: str
    uuid: Uuid
    id: Int32


def optional(kind: Any) -> Field:
    return Field("optional", Nullable(kind))


ERROR = xdr.of_fields((
    Field("code", INT), Field("domain", INT), optional(Text()), Field("level", INT), optional(Record(Named)),
    optional(Text()), optional(Text()), optional(Text()), Field("int1", INT), Field("int2", INT),
    optional(Record(Named)),
))  # fmt: skip


@functools.cache
def calls() -> dict[tuple[int, int], tuple[xdr.Codec, xdr.Codec]]:
    found = {}
    for _api, entry in layout.calls():
        wire = layout.of_call(entry)
        found[PROGRAMS[entry.program], entry.number] = (xdr.of_fields(wire.args), xdr.of_fields(wire.ret))
    return found


@functools.cache
def messages() -> dict[tuple[int, int], xdr.Codec]:
    found = {(PROGRAMS["remote"], 362): xdr.of_fields((Field("reason", INT),))}
    for _api, entry in layout.events():
        both = layout.of_event(entry)
        found[PROGRAMS[entry.program], entry.callback] = xdr.of_fields(both.callback)
        if entry.legacy is not None and both.legacy is not None:
            found[PROGRAMS[entry.program], entry.legacy] = xdr.of_fields(both.legacy)
    return found


def codec_of(packet: Packet, sender: str) -> xdr.Codec:
    key = packet.program, packet.procedure
    if packet.type == Type.STREAM_HOLE:
        return HOLE if packet.status == Status.CONTINUE else NOTHING
    if packet.status == Status.ERROR and sender == "s2c":
        return ERROR
    if packet.type in (Type.REPLY, Type.REPLY_WITH_FDS):
        return calls()[key][1]
    if packet.type in (Type.CALL, Type.CALL_WITH_FDS):
        return calls()[key][0] if key in calls() else NOTHING
    return messages().get(key, NOTHING)


def decode_and_encode(raw: bytes, fds: int, sender: str) -> bytes:
    (packet,) = Framer().feed(raw + b"\0" * fds, list(range(fds)))
    if packet.type == Type.STREAM and packet.status == Status.CONTINUE:
        return pack(*packet[:6], packet.payload)
    codec = codec_of(packet, sender)
    value, end = codec.decode(packet.raw, packet.start)
    if end != len(packet.raw):
        raise xdr.Malformed("bytes are left")
    out = bytearray()
    codec.encode(out, value)
    return pack(*packet[:6], bytes(out), len(packet.fds))


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda p: p.stem)
def test_packets(path: Any) -> None:
    seen = 0
    for line in path.read_text().splitlines():
        record = json.loads(line)
        if "hex" not in record:
            continue
        raw = bytes.fromhex(record["hex"])
        try:
            again = decode_and_encode(raw, record.get("fds", 0), record["dir"])
        except (*xdr.SLACK, KeyError):
            if record.get("malformed") or record.get("unknown_proc"):
                continue
            raise
        assert again == raw, record["procname"]
        seen += 1
    assert seen
