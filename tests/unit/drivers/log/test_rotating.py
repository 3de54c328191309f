# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rotation keeps every byte, in order, until the oldest file goes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from virtbus.bus.errors import SystemCallError
from virtbus.drivers.log.rotating import Limits, Position, RotatingFile, backups, read

LIMITS = Limits(1000, 3)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "guest.log")


def whole(path: str) -> bytes:
    names = [n for n in [*reversed(backups(path, LIMITS.backups)), path] if os.path.exists(n)]
    return b"".join(Path(name).read_bytes() for name in names)


def test_bytes_without_line_ends_fill_each_file(path: str):
    log = RotatingFile(path, LIMITS)
    data = bytes(range(11, 251)) * 13
    for start in range(0, len(data), 77):
        log.append(data[start : start + 77])
    assert whole(path) == data
    assert [os.stat(name).st_size for name in backups(path, 3)] == [1000, 1000, 1000]


def test_a_line_is_kept_whole_where_the_limit_is_near(path: str):
    log = RotatingFile(path, LIMITS)
    lines = b"".join(b"line %05d of the guest\n" % number for number in range(100))
    log.append(lines)
    assert whole(path) == lines
    assert all(Path(name).read_bytes().endswith(b"\n") for name in backups(path, 2))


def test_the_oldest_goes(path: str):
    log = RotatingFile(path, LIMITS)
    data = bytes(range(11, 251)) * 30
    log.append(data)
    assert whole(path) == data[-len(whole(path)) :]
    assert sorted(os.listdir(os.path.dirname(path))) == ["guest.log", "guest.log.0", "guest.log.1", "guest.log.2"]


def test_without_backups_the_file_starts_anew(path: str):
    log = RotatingFile(path, Limits(10, 0))
    log.append(b"0123456789abc")
    assert Path(path).read_bytes() == b"abc"


def test_truncating_takes_the_old_files_away(path: str):
    log = RotatingFile(path, LIMITS)
    log.append(b"x" * 3500)
    log.close()
    assert RotatingFile(path, LIMITS, truncate=True).position.offset == 0
    assert os.listdir(os.path.dirname(path)) == ["guest.log"]


def test_appending_goes_on_at_the_end(path: str):
    Path(path).write_bytes(b"before\n")
    log = RotatingFile(path, LIMITS)
    assert log.position == Position(os.stat(path).st_ino, 7)
    log.append(b"after\n")
    assert Path(path).read_bytes() == b"before\nafter\n"


def test_a_place_keeps_its_meaning_through_rotation(path: str):
    log = RotatingFile(path, LIMITS)
    log.append(b"a" * 990)
    place = log.position
    log.append(b"b" * 1500)
    assert read(path, LIMITS, place, 5000) == b"b" * 1500
    assert read(path, LIMITS, place, 12) == b"b" * 12
    assert read(path, LIMITS, place._replace(offset=99999), 12) == b"b" * 12


def test_a_place_that_is_gone_is_refused(path: str):
    with pytest.raises(SystemCallError, match=r"^Unable to seek to inode 1 offset 2: Bad file descriptor$"):
        read(path, LIMITS, Position(1, 2), 10)


def test_a_folder_that_is_not_there_is_refused(path: str):
    with pytest.raises(SystemCallError, match=r"^Unable to open file: .*: No such file or directory$"):
        RotatingFile(path + "/x", LIMITS)
