# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real QEMU driver, hosted in a process of its own that ends while its guest goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytestmark = [pytest.mark.host, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]


@pytest.fixture(scope="module")
def seen() -> list[dict[str, Any]]:
    """Give what two processes saw, one after the other."""
    program = [sys.executable, "-m", "tests.unit.drivers.hypervisor.alone"]
    command = ["unshare", "--mount", "--propagation", "private", *program]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=110)
    lines = [json.loads(line) for line in run.stdout.splitlines() if line]
    assert len(lines) == 2, run.stderr
    return lines


def test_it_looks_like_libvirtd(seen: list[dict[str, Any]]) -> None:
    assert (seen[0]["type"], seen[0]["uri"]) == ("QEMU", "qemu:///system")


def test_guest_runs(seen: list[dict[str, Any]]) -> None:
    assert seen[0]["status"] == "running"


def test_statistics_have_exact_types(seen: list[dict[str, Any]]) -> None:
    types = seen[0]["types"]
    assert types["state.state"] == "int"
    assert types["balloon.current"] == "ULLong"
    assert types["vcpu.current"] == "UInt"
    assert types["cpu.time"] == "ULLong"


def test_guest_outlives_the_process_and_is_found_again(seen: list[dict[str, Any]]) -> None:
    found = seen[1]
    assert (found["name"], found["state"]) == ("alone", 1)
    assert found["id"] > 0


def test_guest_ends_when_told(seen: list[dict[str, Any]]) -> None:
    assert seen[1]["left"] == 0
