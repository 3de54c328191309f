# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bring a private host up, do the main job in it, keep it for a look around, take it down.

On a terminal the host stays up until Ctrl-C; without one, or with CI set, it goes after the job. The exit status is 0
only if every step worked.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys

from tests.host.host import run, start, stop
from tests.host.paths import PYTHON, HostError, Place

HINTS = """
The host stays up until Ctrl-C. From a second terminal, in this folder:

    make enter HOST={name}                                          # a shell in it
    make enter HOST={name} CMD='virsh net-dhcp-leases demo'         # one command in it
    make enter HOST={name} CMD='busctl tree org.libvirt.network1'
    make enter HOST={name} CMD='virsh -c test:///default list'      # guests that need neither root nor QEMU
"""


def job(place: Place, *, reference: bool) -> int:
    """Do the main job in a fresh host; give its exit status."""
    if stop(place):
        print(f"the host {place.name} of an earlier run is down")
    start(place, "reference" if reference else "federation")
    print(f"the host {place.name} is up", flush=True)
    return run(place, [str(PYTHON), "-m", "tests.host.job", *(["--reference"] if reference else [])])


def wait_for_end(name: str) -> None:
    """Say how to use the host and wait for Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt):
        print(HINTS.format(name=name), flush=True)
        signal.pause()


def main() -> int:
    """Do it; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", default="run")
    parser.add_argument("--reference", action="store_true", help="with Debian's libvirtd in place of virtbus")
    args = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        place = Place(args.name)
        try:
            status = job(place, reference=args.reference)
            if sys.stdout.isatty() and os.environ.get("CI") != "true":
                wait_for_end(place.name)
        finally:
            stop(place)
    except HostError as error:
        print(f"run: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
