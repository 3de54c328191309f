# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run the benchmark on virtbus and Debian's libvirtd, each in a private host of its own, with one client outside both.

A is virtbus, B is libvirtd: a ratio below 1 means that virtbus is faster.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tests.host.host import environment, running, start, stop
from tests.host.paths import PYTHON, ROOT, HostError, Place

RPCBENCH = ROOT / "tests/bench/rpcbench.py"
NOT_COUNTED = ("qemu-system-x86", "dnsmasq", "busctl")


def uri(place: Place) -> str:
    """Give the connection to a host's daemon from outside the host."""
    return f"qemu+unix:///system?socket=/proc/{running(place)}/root/run/libvirt/libvirt-sock"


def daemons(place: Place) -> str:
    """Give the processes that make up a side: all of the host but its first, guests and DHCP servers."""
    first = running(place)
    space, found = os.readlink(f"/proc/{first}/ns/pid"), []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "ns/pid") == space and (entry / "comm").read_text().strip() not in NOT_COUNTED:
                found.append(int(entry.name))
        except OSError:  # it has ended
            continue
    return ",".join(str(pid) for pid in sorted(found) if pid != first)


def bench(ours: Place, theirs: Place, args: argparse.Namespace) -> int:
    """Run the benchmark on two hosts that are up; give its exit status."""
    command = [str(PYTHON), str(RPCBENCH), "--a", uri(ours), "--b", uri(theirs), "--workloads", args.workloads]
    command += ["--pids-a", daemons(ours), "--pids-b", daemons(theirs), "--scale", str(args.scale)]
    command += ["--json", str(args.json)] if args.json else []
    return subprocess.run(command, env=environment(), check=False).returncode


def main() -> int:
    """Run it; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="bench", help="the hosts are NAME-a and NAME-b")
    parser.add_argument("--a", choices=["federation", "reference"], default="federation", help="what A is")
    parser.add_argument("--workloads", default="quick")
    parser.add_argument("--scale", default="1")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    try:
        ours, theirs = Place(f"{args.host}-a"), Place(f"{args.host}-b")
        stop(ours)
        stop(theirs)
        try:
            start(ours, args.a)
            start(theirs, "reference")
            return bench(ours, theirs, args)
        finally:
            stop(ours)
            stop(theirs)
    except HostError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
