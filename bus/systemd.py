# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two words that a service and its supervisor exchange (sd_notify(3), sd_listen_fds(3))."""

from __future__ import annotations

import os
import socket

FIRST_FD = 3


def notify(state: str) -> None:
    """Tell the supervisor a state, "READY=1" for one; nothing happens where there is none."""
    where = os.environ.get("NOTIFY_SOCKET")
    if not where:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.sendto(state.encode(), "\0" + where[1:] if where.startswith("@") else where)


def inherited_sockets() -> list[tuple[str, socket.socket]]:
    """Give the listening sockets that the supervisor opened for this process, each with its name."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    names += ["unknown"] * (count - len(names))
    found = []
    for position in range(count):
        os.set_inheritable(FIRST_FD + position, False)  # noqa: FBT003 the signature is Python's
        found.append((names[position], socket.socket(fileno=FIRST_FD + position)))
    return found
