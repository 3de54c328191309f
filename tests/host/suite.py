# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run the whole test-suite: what needs no host outside, the rest in private hosts.

Arguments are handed to each pytest.
"""

from __future__ import annotations

import subprocess
import sys

from tests.host.host import environment, run, start, stop
from tests.host.paths import PYTHON, ROOT, HostError, Place

PYTEST = [str(PYTHON), "-m", "pytest", "-q", "-ra"]
NO_TESTS = 5
"""pytest's exit status where it found no test of the kind asked for."""


def outside(more: list[str]) -> int:
    """Run the tests that need no host; give the exit status."""
    command = [*PYTEST, "-n", "2", "--dist", "loadfile", "-m", "not host and not federation", *more]
    return subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode


def inside(name: str, daemons: str, mark: str, more: list[str]) -> int:
    """Run the tests of one mark in a fresh host; give the exit status."""
    place = Place(name)
    stop(place)
    try:
        start(place, daemons)
        return run(place, [*PYTEST, "-m", mark, *more])
    finally:
        stop(place)


def main() -> int:
    """Run all; give 0 only if every part passed."""
    more = sys.argv[1:]
    parts = {"outside": outside(more)}
    for name, daemons, mark in (("test-bare", "none", "host"), ("test-virtbus", "federation", "federation")):
        print(f"\ntests marked '{mark}', in a private host", flush=True)
        try:
            parts[mark] = inside(name, daemons, mark, more)
        except HostError as error:
            print(f"test: {error}", file=sys.stderr)
            parts[mark] = 1
    failed = [part for part, status in parts.items() if status not in (0, NO_TESTS)]
    if failed or parts["outside"] == NO_TESTS:
        print("FAILED: " + ", ".join(failed or ["no test was found"]))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
