# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command `virtbus`."""

import json
from pathlib import Path

import pytest

from virtbus.bus import daemons
from virtbus.bus.cli import coverage, main, status

FACTS = json.loads(coverage.FACTS.read_text())


def test_coverage_has_a_line_for_every_procedure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["coverage"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(
        line.split()[:6] == ["remote", "9", "DomainCreate", "hypervisor", "driver", "Domain.Create"] for line in lines
    )
    assert lines[-4].startswith("remote: 401 procedures: ")
    assert lines[-1] == "admin: 20 procedures: 20 proxy"


def test_coverage_agrees_with_the_protocol(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["coverage", "--check"]) == 0
    assert capsys.readouterr().out == ""


def test_coverage_names_what_differs() -> None:
    (first, *rest) = coverage.lines()
    wrong = coverage.differences([first._replace(name="Other"), *rest[1:]], FACTS)
    assert wrong == [f"remote {rest[0].number} {rest[0].name}: no entry", "remote 1: Other is called ConnectOpen"]
    invented = coverage.differences([*rest, first, first._replace(number=9999)], FACTS)
    assert invented == ["remote 9999 ConnectOpen: not in the protocol"]


def test_a_missing_description_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["coverage", "--check", "--facts", str(tmp_path / "none")]) == 1
    assert "no such file" in capsys.readouterr().err


def test_status_tells_who_runs() -> None:
    rows = status.table(daemons.load(), {"network": 42}).splitlines()
    assert [row.split()[2] for row in rows if row.startswith(("virtnetworkd", "virtlogd"))] == ["-", "42"]


def test_status_without_a_bus_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["status", "--bus", "unix:path=/nonexistent"]) == 1
    assert "no message bus" in capsys.readouterr().err


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["dance"])
    assert "coverage" in capsys.readouterr().err
