# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bring the federation up where no systemd does: `virtbus up`.

One parent loads what all daemons share and forks each of them, so that they share its memory. A daemon that ends is
started again. Bus activation reaches the parent through a socket (`virtbus.bus.activate`), so that whoever calls a
daemon that just died does not wait for a second copy.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import logging
import os
import runpy
import selectors
import signal
import socket
import sys
import time
from pathlib import Path

from virtbus.bus import daemons, logs
from virtbus.bus.daemons import Daemon

log = logging.getLogger("virtbus.supervisor")

CONTROL = Path("/run/virtbus/supervisor.sock")
SHARED = (
    "asyncio", "uvloop", "lxml.etree", "virtbus.bus.daemon", "virtbus.bus.api.hypervisor", "virtbus.bus.api.domain",
    "virtbus.bus.api.network", "virtbus.bus.api.storage", "virtbus.policy.authorise",
)  # fmt: skip
QUICK = 2.0
"""Seconds: a daemon that lives no longer than that several times in a row is left alone until it is asked for."""
TRIES = 5


class Child:
    """One daemon and the process it runs in."""

    def __init__(self, daemon: Daemon) -> None:
        """Describe a daemon that does not run yet."""
        self.daemon = daemon
        self.pid = 0
        self.started = 0.0
        self.ready = False
        self.failures = 0


class Supervisor:
    """The parent of the daemons."""

    def __init__(self, known: list[Daemon], ready_fd: int | None) -> None:
        """Supervise these daemons; "ready" is written to `ready_fd` once all answer."""
        self._children = {d.name: Child(d) for d in known}
        self._ready_fd = ready_fd
        self._selector = selectors.DefaultSelector()
        self._stopping = False

    def run(self) -> int:
        """Start all daemons and look after them until SIGTERM or SIGINT; give the exit status."""
        for name in SHARED:
            importlib.import_module(name)
        gc.freeze()
        self._open_sockets()
        for child in self._children.values():
            self._start(child)
        while not self._stopping:
            for key, _ in self._selector.select():
                key.data()
        self._stop_all()
        return 0

    def _open_sockets(self) -> None:
        CONTROL.parent.mkdir(mode=0o755, exist_ok=True)
        CONTROL.unlink(missing_ok=True)
        self._control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._control.bind(str(CONTROL))
        CONTROL.chmod(0o600)
        self._control.listen()
        self._selector.register(self._control, selectors.EVENT_READ, self._asked)
        self._notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notices.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._notices.bind("")
        os.environ["NOTIFY_SOCKET"] = "@" + self._notices.getsockname()[1:].decode()
        self._selector.register(self._notices, selectors.EVENT_READ, self._noticed)
        waker, wakee = socket.socketpair()
        for end in (waker, wakee):
            end.settimeout(0)
        signal.set_wakeup_fd(wakee.fileno())
        self._wake = (waker, wakee)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        self._selector.register(waker, selectors.EVENT_READ, self._signalled)

    def _start(self, child: Child) -> None:
        pid = os.fork()
        if pid == 0:
            self._become(child.daemon)
        child.pid, child.ready, child.started = pid, False, time.monotonic()
        log.info("%s runs as process %d", child.daemon.program, pid)

    def _become(self, daemon: Daemon) -> None:
        """Turn the forked process into the daemon; never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            self._selector.close()
            for sock in (self._control, self._notices, *self._wake):
                sock.close()
            with contextlib.suppress(OSError):
                Path("/proc/self/comm").write_text(daemon.program[:15], encoding="ascii")
            sys.argv = [daemon.program, *daemon.arguments]
            runpy.run_module(daemon.module, run_name="__main__", alter_sys=True)
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException:
            log.exception("%s ends", daemon.program)
        finally:
            logging.shutdown()
            os._exit(status)

    def _signalled(self) -> None:
        numbers = self._wake[0].recv(64)
        if signal.SIGTERM in numbers or signal.SIGINT in numbers:
            self._stopping = True
            return
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            self._ended(pid, status)

    def _ended(self, pid: int, status: int) -> None:
        for child in self._children.values():
            if child.pid == pid:
                child.pid = 0
                how = os.waitstatus_to_exitcode(status)
                log.warning(
                    "%s (process %d) ended: %s", child.daemon.program, pid, f"signal {-how}" if how < 0 else how
                )
                quick = time.monotonic() - child.started < QUICK
                child.failures = child.failures + 1 if quick else 0
                if child.failures < TRIES:
                    self._start(child)
                else:
                    log.error("%s ends again and again; it is started when it is asked for", child.daemon.program)

    def _noticed(self) -> None:
        data, ancillary, _flags, _where = self._notices.recvmsg(4096, socket.CMSG_SPACE(12))
        pid = next((int.from_bytes(raw[:4], sys.byteorder) for _, kind, raw in ancillary if kind == 2), 0)
        for child in self._children.values():
            if child.pid == pid and b"READY=1" in data.split(b"\n"):
                child.ready, child.failures = True, 0
        if self._ready_fd is not None and all(c.ready for c in self._children.values()):
            os.write(self._ready_fd, b"ready\n")
            os.close(self._ready_fd)
            self._ready_fd = None

    def _asked(self) -> None:
        connection, _ = self._control.accept()
        with connection:
            connection.settimeout(1)
            with contextlib.suppress(OSError, UnicodeDecodeError):
                child = self._children.get(connection.recv(256).decode().strip())
                if child is not None and not child.pid:
                    child.failures = 0
                    self._start(child)
                connection.sendall(b"ok\n" if child is not None else b"unknown\n")

    def _stop_all(self) -> None:
        for child in self._children.values():
            if child.pid:
                os.kill(child.pid, signal.SIGTERM)
        for child in self._children.values():
            if child.pid:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(child.pid, 0)
        CONTROL.unlink(missing_ok=True)


def main(argv: list[str] | None = None) -> int:
    """Run the supervisor from the command line; give the exit status."""
    parser = argparse.ArgumentParser(prog="virtbus up", description="start all daemons and look after them")
    parser.add_argument("--daemons", metavar="FOLDER", help="the folder of descriptors")
    parser.add_argument("--only", metavar="NAMES", help="start these alone, by name, with commas")
    parser.add_argument("--ready-fd", type=int, metavar="N", help="write 'ready' to this descriptor once all answer")
    options = parser.parse_args(argv)
    logs.set_up()
    known = daemons.load(options.daemons)
    if options.only:
        known = [daemons.by_name(known, name) for name in options.only.split(",")]
    return Supervisor(known, options.ready_fd).run()


if __name__ == "__main__":
    sys.exit(main())
