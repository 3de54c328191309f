# SPDX-License-Identifier: LGPL-2.1-or-later
"""Packets of the small RPC programs, held against what libvirt's own daemons sent."""

from __future__ import annotations

import pytest

from virtbus.bus.errors import ErrorDomain, Rpc
from virtbus.drivers.common import rpc
from virtbus.drivers.log.program import PROGRAM

# A call and its answers as libvirtd 9.0 and virtlogd 9.0 exchanged them.
OPEN = bytes.fromhex(
    "000000648753931900000001000000010000000000000000000000000000000471656d7553df390945594c20864b61a84b54ea14"
    "0000000273350000000000202f7661722f6c6f672f6c6962766972742f71656d752f73352d7365722e6c6f6700000001"
)
OPENED = bytes.fromhex("00000030875393190000000100000001000000050000000000000000000000010000000000000009" + "00" * 8)
UNKNOWN = bytes.fromhex(
    "00000027000000070000000100000015756e6b6e6f776e2070726f6365647572653a203939000000000000020000000000000001"
    "00000002257300000000000100000015756e6b6e6f776e2070726f6365647572653a20393900000000000000ffffffffffffffff00000000"
)


def header_of(packet: bytes) -> rpc.Header:
    return rpc.Header(*rpc.HEADER.unpack_from(packet, 4))


def test_a_recorded_call_is_read() -> None:
    header = header_of(OPEN)
    procedure = PROGRAM.find(header)
    args = PROGRAM.arguments(procedure, OPEN[rpc.HEAD :])
    uuid = bytes.fromhex("53df390945594c20864b61a84b54ea14")
    assert args == ["qemu", uuid, "s5", "/var/log/libvirt/qemu/s5-ser.log", 1]


def test_an_answer_with_a_descriptor_is_as_recorded() -> None:
    header = header_of(OPEN)
    assert rpc.reply(header, PROGRAM.find(header), rpc.Answer((9, 0), (3,))) == OPENED


def test_an_error_is_as_recorded() -> None:
    header = header_of(OPEN)._replace(procedure=99)
    with pytest.raises(Rpc) as raised:
        PROGRAM.find(header)
    assert rpc.failure(header, raised.value, ErrorDomain.LOGGING)[rpc.HEAD :] == UNKNOWN


def test_another_version_is_refused() -> None:
    with pytest.raises(Rpc, match=r"^Cannot find program -2024565991 version 2$"):
        PROGRAM.find(header_of(OPEN)._replace(version=2))


@pytest.mark.parametrize("payload", [b"", b"\0\0\0\x04qe", b"\xff\xff\xff\xff", OPEN[rpc.HEAD : -1]])
def test_short_and_oversized_arguments_are_refused(payload: bytes):
    with pytest.raises(Rpc, match=r"^Unable to decode message payload$"):
        PROGRAM.arguments(PROGRAM.procedures[1], payload)
