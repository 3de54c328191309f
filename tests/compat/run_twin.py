# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run the twin scenarios against virtbus in a fresh private host and compare with what libvirtd answered."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from tests.host.host import run, running, start, stop
from tests.host.paths import CACHE, PYTHON, ROOT, HostError, Place

TWIN = ROOT / "tests/compat/twin/twin.py"
GUEST = CACHE / "twin-guest"
FRESH = CACHE / "twin-recorded"
RESULT = "/run/twin.json"


def fetch_guest() -> None:
    """Fetch the kernel, the programs and the agent of the scenarios' guests, unless they are there."""
    if (GUEST / "agent").is_dir():
        return
    if subprocess.run([str(PYTHON), str(TWIN), "guest", str(GUEST)], check=False).returncode:
        raise HostError("the scenarios' guest cannot be fetched")


def twin(place: Place, verb: str, args: argparse.Namespace, more: list[str]) -> int:
    """Run a verb of twin in a host that is up; give its exit status."""
    settings = [f"TWIN_GUEST={GUEST}", "TWIN_PYTHON=/usr/bin/python3", "PYTHONUNBUFFERED=1"]
    command = ["env", *settings, str(PYTHON), str(TWIN), verb, "--uri", "qemu:///system", *more]
    command += ["--expected", str(FRESH)] if args.fresh else []
    command += ["--area", args.area] if args.area else []
    return run(place, [*command, *args.scenarios])


def record(args: argparse.Namespace) -> None:
    """Record the scenarios anew, from Debian's libvirtd on this machine."""
    place = Place(f"{args.host}-ref")
    shutil.rmtree(FRESH, ignore_errors=True)
    FRESH.mkdir(parents=True)
    stop(place)
    try:
        start(place, "reference", "twinhost")
        twin(place, "record", args, [])
    finally:
        stop(place)


def check(args: argparse.Namespace) -> int:
    """Run the scenarios in a fresh host; give twin's exit status."""
    place = Place(args.host)
    stop(place)
    try:
        start(place, "reference" if args.reference else "federation", "twinhost")
        status = twin(place, "check", args, ["--json", RESULT])
        if args.json:
            shutil.copy(f"/proc/{running(place)}/root{RESULT}", args.json)
        return status
    finally:
        stop(place)


def main() -> int:
    """Run them; give 0 only if every step matches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="twin")
    parser.add_argument("--reference", action="store_true", help="against Debian's libvirtd, to try the host itself")
    parser.add_argument("--fresh", action="store_true", help="record Debian's libvirtd first, compare with that")
    parser.add_argument("--area", default="")
    parser.add_argument("--json", type=Path, help="write the result here")
    parser.add_argument("scenarios", nargs="*")
    args = parser.parse_args()
    try:
        fetch_guest()
        if args.fresh:
            record(args)
        return check(args)
    except HostError as error:
        print(f"twin: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
