# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start the services of a private host, each waited for by what it says itself."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Callable

from tests.host import certificates
from tests.host.paths import PYTHON, HostError

SUPERVISOR = [str(PYTHON), "-m", "virtbus.bus.supervisor", "--daemons", "policy/daemons.d"]
POLICY_FILES = [str(PYTHON), "-m", "virtbus.policy.files", "--install", "/usr"]
READY_SECONDS = 60
START_BY_NAME = [
    "busctl", "--system", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
    "StartServiceByName", "su",
]  # fmt: skip


def until_said(command: list[str], option: str, what: str) -> str:
    """Start a service that stays; give the line that it writes to the descriptor that the option tells it."""
    reader, writer = os.pipe()
    service = subprocess.Popen([*command, f"{option}={writer}"], pass_fds=[writer], stdin=subprocess.DEVNULL)
    os.close(writer)
    with os.fdopen(reader) as answer:
        if not select.select([answer], [], [], READY_SECONDS)[0]:
            service.kill()
            raise HostError(f"{what} was not ready within {READY_SECONDS} seconds")
        line = answer.readline().strip()
    if not line:
        raise HostError(f"{what} ended before it was ready")
    return line


def bus() -> None:
    """Start the host's system bus."""
    command = ["dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog"]
    until_said(command, "--print-address", "dbus-daemon")


def polkit() -> None:
    """Start polkitd, by activation as on any machine."""
    answer = subprocess.run(
        [*START_BY_NAME, "org.freedesktop.PolicyKit1", "0"], capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise HostError(f"polkitd does not start (package polkitd): {answer.stderr.strip()}")


def install() -> None:
    """Lay virtbus's system files (bus policy, activation, polkit actions) and make its accounts and folders."""
    subprocess.run(POLICY_FILES, check=True)
    subprocess.run(["systemd-sysusers", "/usr/lib/sysusers.d/virtbus.conf"], check=True)
    subprocess.run(["systemd-tmpfiles", "--create", "/usr/lib/tmpfiles.d/virtbus.conf"], check=True)


def federation(only: str) -> None:
    """Start virtbus, or only those of its daemons whose names are given, with commas."""
    until_said([*SUPERVISOR, *(["--only", only] if only else [])], "--ready-fd", "virtbus")


def reference(_only: str) -> None:
    """Start Debian's libvirtd."""
    for command in (["virtlogd", "-d"], ["virtlockd", "-d"], ["libvirtd", "-d", "-l"]):
        if subprocess.run(command, check=False).returncode:
            raise HostError(f"{command[0]} does not start (package libvirt-daemon)")
    if subprocess.run(["virsh", "-c", "qemu:///system", "uri"], check=False, stdout=subprocess.DEVNULL).returncode:
        raise HostError("libvirtd does not answer")


DAEMONS: dict[str, Callable[[str], None]] = {
    "federation": federation,
    "reference": reference,
    "none": lambda _only: None,
}


def start(daemons: str, only: str) -> None:
    """Start everything, the given daemons last (only some of them, if named)."""
    certificates.make()
    if daemons != "reference":
        install()
    bus()
    polkit()
    DAEMONS[daemons](only)
