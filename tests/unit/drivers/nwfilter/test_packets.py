# SPDX-License-Identifier: LGPL-2.1-or-later
"""A filtered guest cannot say that it is another: shown with real packets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
pytestmark = [pytest.mark.host, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]


def test_a_filtered_guest_cannot_spoof() -> None:
    """Run `packets.py` in namespaces; it says what it saw, a line each."""
    script = Path(__file__).with_name("packets.py")
    result = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", sys.executable, str(script)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}/build/tree:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines() == [
        "without a filter: own address True, another True, another MAC True",
        "filtered: own address True, another False, another MAC False",
        "after a flush and a restart: own address True, another False, another MAC False",
        "with an address that is learned: own address True, another False, another MAC False",
        "after another restart: own address True, another False, another MAC False",
        "without a filter again: own address True, another True, another MAC True",
    ]
