# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tell which daemons there are, and which of them run."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from virtbus.bus import daemons
from virtbus.bus.connection import BUS, BUS_PATH, ConnectionFailed, SystemBus
from virtbus.bus.daemons import Daemon, DescriptorError
from virtbus.bus.errors import LibvirtError


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line a daemon; give 0 if all run, 3 if not, 1 if that cannot be told."""
    parser = argparse.ArgumentParser(prog="virtbus status", description=__doc__)
    parser.add_argument("--daemons", metavar="FOLDER", help="the folder of descriptors")
    parser.add_argument("--bus", metavar="ADDRESS", help="the message bus (default: the system bus)")
    options = parser.parse_args(argv)
    try:
        known = daemons.load(options.daemons)
        running = asyncio.run(processes(known, options.bus))
    except (ConnectionFailed, DescriptorError, LibvirtError) as error:
        sys.stderr.write(f"virtbus status: {error}\n")
        return 1
    sys.stdout.write(table(known, running))
    return 0 if all(daemon.name in running for daemon in known) else 3


async def processes(known: Sequence[Daemon], address: str | None = None) -> dict[str, int]:
    """Give the process of each daemon that runs, by name; none is started for the question."""
    bus = await SystemBus.connect(address)
    (names,) = (await bus.request(BUS, BUS_PATH, BUS, "ListNames")).values()
    found = {}
    for daemon in known:
        if daemon.bus_name in names:
            reply = await bus.request(BUS, BUS_PATH, BUS, "GetConnectionUnixProcessID", "s", (daemon.bus_name,))
            (found[daemon.name],) = reply.values()
    bus.link.close()
    return found


def table(known: Sequence[Daemon], running: dict[str, int]) -> str:
    """Give the lines to print."""
    lines = [f"{'DAEMON':16} {'BUS NAME':30} {'PROCESS':>8}  SERVES"]
    for daemon in known:
        process = str(running.get(daemon.name, "-"))
        lines.append(f"{daemon.program:16} {daemon.bus_name:30} {process:>8}  {' '.join(daemon.serves)}".rstrip())
    return "\n".join(lines) + "\n"
