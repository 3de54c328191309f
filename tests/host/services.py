# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start the services of a private host, each waited for by what it says itself."""

from __future__ import annotations

import os
import pwd
import select
import subprocess
import tomllib
from collections.abc import Callable

from tests.host import certificates
from tests.host.paths import PYTHON, ROOT, HostError

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


def accounts() -> None:
    """Make the accounts that the daemons' descriptors name, as an installation does."""
    descriptors = (tomllib.loads(path.read_text()) for path in sorted((ROOT / "policy/daemons.d").glob("*.toml")))
    for name in sorted({descriptor["daemon"].get("user", "root") for descriptor in descriptors}):
        try:
            pwd.getpwnam(name)
        except KeyError:
            command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent", "--user-group"]
            subprocess.run([*command, "--shell", "/usr/sbin/nologin", name], check=True)


def policy_files() -> None:
    """Install virtbus's own bus policy, activation files and polkit actions."""
    if (ROOT / "policy/files.py").exists():
        subprocess.run(POLICY_FILES, check=True)


def federation() -> None:
    """Start virtbus."""
    until_said(SUPERVISOR, "--ready-fd", "virtbus")


def reference() -> None:
    """Start Debian's libvirtd."""
    for command in (["virtlogd", "-d"], ["virtlockd", "-d"], ["libvirtd", "-d", "-l"]):
        if subprocess.run(command, check=False).returncode:
            raise HostError(f"{command[0]} does not start (package libvirt-daemon)")
    if subprocess.run(["virsh", "-c", "qemu:///system", "uri"], check=False, stdout=subprocess.DEVNULL).returncode:
        raise HostError("libvirtd does not answer")


DAEMONS: dict[str, Callable[[], None]] = {
    "federation": federation,
    "reference": reference,
    "none": lambda: None,
}


def start(daemons: str) -> None:
    """Start everything, the given daemons last."""
    certificates.make()
    if daemons != "reference":
        accounts()
        policy_files()
    bus()
    polkit()
    DAEMONS[daemons]()
