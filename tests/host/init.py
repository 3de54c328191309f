# SPDX-License-Identifier: LGPL-2.1-or-later
"""Be the first process of a private host: start what boots it, reap orphans, end when told.

Run as a script with few imports: it lives as long as the host. The first process of a process namespace takes the
host with it when it ends.
"""

import os
import signal
import sys


def reap(boot: int) -> bool:
    """Reap all ended children; say whether the boot failed."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return False
        if pid == boot and status != 0:
            return True


def main(argv: list[str]) -> int:
    """Boot with the given command, then reap until a signal ends the host."""
    watched = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    boot = os.fork()
    if boot == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)
        os.execv(argv[0], argv)
    os.closerange(3, 64)
    while True:
        if signal.sigwait(watched) != signal.SIGCHLD:
            return 0
        if reap(boot):
            return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
