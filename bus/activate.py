# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start a daemon because the bus wants it: `python -m virtbus.bus.activate network`.

Where the supervisor runs, it is told to; else the daemon takes this process's place.
"""

from __future__ import annotations

import os
import socket
import sys

CONTROL = "/run/virtbus/supervisor.sock"


def main() -> None:
    """Start the daemon named on the command line: return where the supervisor does it, else become the daemon."""
    name = sys.argv[1]
    if _supervised(name):
        return
    # Loaded only now: with a supervisor, activation costs no more than the interpreter's start.
    from virtbus.bus import daemons

    daemon = daemons.by_name(daemons.load(), name)
    os.execv(sys.executable, [sys.executable, "-m", daemon.module, *daemon.arguments])


def _supervised(name: str) -> bool:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(10)
            sock.connect(CONTROL)
            sock.sendall(name.encode() + b"\n")
            return sock.recv(64) == b"ok\n"
    except OSError:
        return False


if __name__ == "__main__":
    main()
