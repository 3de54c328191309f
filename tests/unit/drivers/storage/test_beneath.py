# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files beneath a folder, whatever links there are."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from virtbus.drivers.common.engine.beneath import folder, open_beneath


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "out").write_text("outside")
    inner = tmp_path / "in"
    inner.mkdir()
    (inner / "f").write_text("inside")
    (inner / "good").symlink_to("f")
    (inner / "up").symlink_to("../out")
    (inner / "absolute").symlink_to(tmp_path / "out")
    (inner / "magic").symlink_to("/proc/self/cwd")
    return inner


@pytest.mark.parametrize("name", ["f", "good"])
def test_what_is_beneath_is_opened(place: Path, name: str) -> None:
    with folder(str(place)) as at:
        handle = open_beneath(at, name, os.O_RDONLY)
    assert os.read(handle, 100) == b"inside"
    os.close(handle)


@pytest.mark.parametrize("name", ["up", "absolute", "magic"])
def test_links_that_lead_out_are_refused(place: Path, name: str) -> None:
    with folder(str(place)) as at, pytest.raises(OSError, match=r"link|Invalid|level") as caught:
        open_beneath(at, name, os.O_RDONLY)
    assert caught.value.errno in (errno.EXDEV, errno.ELOOP)


@pytest.mark.parametrize("name", ["", ".", "..", "../out", "/etc/passwd", "a/b", "a\0b"])
def test_only_single_elements_are_names(place: Path, name: str) -> None:
    with folder(str(place)) as at, pytest.raises(OSError, match=r"link|Invalid|level") as caught:
        open_beneath(at, name, os.O_RDONLY)
    assert caught.value.errno == errno.EINVAL


def test_new_files_never_follow_links(place: Path) -> None:
    (place / "new").symlink_to("made")
    with folder(str(place)) as at:
        for name in ("new", "up", "f"):
            with pytest.raises(FileExistsError):
                open_beneath(at, name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    assert not (place / "made").exists()
