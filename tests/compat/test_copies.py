# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keep the copied harnesses equal to their source, where that lies beside the checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT.parent / "shared"
BENCH = ["rpcbench.py", "dbusbench.py"]


def twin_files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.mark.parametrize("name", BENCH)
def test_bench_is_the_source(name: str) -> None:
    if not (SOURCE / "bench").is_dir():
        pytest.skip("no source beside the checkout")
    assert (ROOT / "tests/bench" / name).read_bytes() == (SOURCE / "bench" / name).read_bytes()


def test_twin_is_the_source() -> None:
    if not (SOURCE / "twin").is_dir():
        pytest.skip("no source beside the checkout")
    ours, theirs = twin_files(ROOT / "tests/compat/twin"), twin_files(SOURCE / "twin")
    assert sorted(ours) == sorted(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []
