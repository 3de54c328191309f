# SPDX-License-Identifier: LGPL-2.1-or-later
"""Private hosts are apart from the machine and from each other; these tests start two."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host import groups
from tests.host.host import running, start, stop
from tests.host.paths import ROOT, HostError, Place

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw")
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="private hosts need root")


def inside(place: Place, *command: str) -> subprocess.CompletedProcess[str]:
    enter = [sys.executable, "-m", "tests.host.host", "enter", place.name, "--", *command]
    return subprocess.run(enter, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def hosts() -> Iterator[list[Place]]:
    places = [Place(f"test-{WORKER}-one"), Place(f"test-{WORKER}-two")]
    try:
        for place in places:
            stop(place)
            start(place, "none")
        yield places
    finally:
        for place in places:
            stop(place)


def test_output_and_exit_status_come_through(hosts: list[Place]) -> None:
    answer = inside(hosts[0], "bash", "-c", "hostname; pwd; echo bad >&2; exit 7")
    assert (answer.stdout, answer.stderr) == (f"virtbus-test-{WORKER}-one\n{ROOT}\n", "bad\n")
    assert answer.returncode == 7


def test_environment_is_clean(hosts: list[Place], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "x")
    assert "SECRET_OF_THE_CALLER" not in inside(hosts[0], "env").stdout


def test_what_is_written_stays_in_the_host(hosts: list[Place]) -> None:
    for name in ("/etc/virtbus-test", "/usr/virtbus-test", "/tmp/virtbus-test", "/run/virtbus-test"):
        assert inside(hosts[0], "touch", name).returncode == 0
        assert not Path(name).exists()
        assert inside(hosts[1], "test", "-e", name).returncode == 1


def test_networks_are_apart(hosts: list[Place]) -> None:
    assert inside(hosts[0], "ip", "link", "add", "vbtest0", "type", "bridge").returncode == 0
    assert not Path("/sys/class/net/vbtest0").exists()
    assert inside(hosts[1], "ip", "link", "show", "vbtest0").returncode == 1


def test_processes_of_the_machine_are_not_seen(hosts: list[Place]) -> None:
    assert inside(hosts[0], "cat", "/proc/1/cmdline").stdout.split("\0")[0] == "/usr/bin/python3"


def test_a_host_that_is_up_is_not_started_again(hosts: list[Place]) -> None:
    with pytest.raises(HostError, match="is up already"):
        start(hosts[0], "none")


def test_nothing_is_left_of_a_host() -> None:
    place = Place(f"test-{WORKER}-gone")
    start(place, "none")
    first = running(place)
    assert first
    assert all(folder.is_dir() for folder in groups.folders(place))
    assert stop(place)
    assert running(place) is None
    assert not any(folder.exists() for folder in groups.folders(place))
    assert not list(place.root.iterdir())


def test_a_bad_name_is_refused() -> None:
    with pytest.raises(HostError, match="no name for a host"):
        Place("../x")
