# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the kernel tells of nftables, taken apart."""

from __future__ import annotations

import os
import struct

from virtbus.drivers.common.engine.nftwatch import deletes


def message(kind: int, table: bytes, subsystem: int = 10) -> bytes:
    name = table + b"\0"
    attribute = struct.pack("=HH", 4 + len(name), 1) + name + b"\0" * (-len(name) % 4)
    other = struct.pack("=HHI", 8, 3, 7)
    body = b"\0" * 4 + other + attribute
    return struct.pack("=IHHII", 16 + len(body), subsystem << 8 | kind, 0, 0, 0) + body


def test_deletions_in_the_table_alone_count() -> None:
    assert deletes(message(6, b"mine") + message(8, b"mine"), b"mine\0")
    for other in (message(8, b"minor"), message(6, b"mine"), message(8, b"mine", subsystem=1)):
        assert not deletes(other, b"mine\0")


def test_no_bytes_break_it() -> None:
    whole = message(8, b"mine")
    for end in range(len(whole)):
        deletes(whole[:end], b"mine\0")
    for _ in range(200):
        deletes(os.urandom(64), b"mine\0")
    assert not deletes(b"\0" * 64, b"mine\0")
