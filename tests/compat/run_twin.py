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
RESULT = "/run/twin.json"


def fetch_guest() -> None:
    """Fetch the kernel, the programs and the agent of the scenarios' guests, unless they are there."""
    if (GUEST / "agent").is_dir():
        return
    if subprocess.run([str(PYTHON), str(TWIN), "guest", str(GUEST)], check=False).returncode:
        raise HostError("the scenarios' guest cannot be fetched")


def check(place: Place, args: argparse.Namespace) -> int:
    """Run the scenarios in a host that is up; give twin's exit status."""
    command = ["env", f"TWIN_GUEST={GUEST}", "TWIN_PYTHON=/usr/bin/python3", str(PYTHON), str(TWIN), "check"]
    command += ["--uri", "qemu:///system", "--json", RESULT]
    command += ["--area", args.area] if args.area else []
    status = run(place, [*command, *args.scenarios])
    if args.json:
        shutil.copy(f"/proc/{running(place)}/root{RESULT}", args.json)
    return status


def main() -> int:
    """Run them; give 0 only if every step matches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="twin")
    parser.add_argument("--reference", action="store_true", help="against Debian's libvirtd, to try the host itself")
    parser.add_argument("--area", default="")
    parser.add_argument("--json", type=Path, help="write the result here")
    parser.add_argument("scenarios", nargs="*")
    args = parser.parse_args()
    try:
        place = Place(args.host)
        fetch_guest()
        stop(place)
        try:
            start(place, "reference" if args.reference else "federation", "twinhost")
            return check(place, args)
        finally:
            stop(place)
    except HostError as error:
        print(f"twin: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
