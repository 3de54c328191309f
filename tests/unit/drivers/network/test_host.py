# SPDX-License-Identifier: LGPL-2.1-or-later
"""A network on a real kernel, with real packets: in network and mount namespaces of its own, as root."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
pytestmark = [pytest.mark.host, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]


def test_guests_reach_what_they_may_and_nothing_is_left() -> None:
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
        "nat guest reaches the world: True",
        "the world sees the host's address: True",
        "the world reaches the guest: False",
        "isolated guest reaches the world: False",
        "nat guest reaches the isolated one: False",
        "rules come back after a flush: True",
        "restart finds: ['iso', 'nat']",
        "left: []",
    ]
