# SPDX-License-Identifier: LGPL-2.1-or-later
"""Install what is missing: Debian packages, the Python environment, the guest's kernel and programs.

Needs the system's Python and its standard library only. A second run finds everything in place and is quick.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.host import guest
from tests.host.packages import NEEDED
from tests.host.paths import BUILD, PYTHON, ROOT, VENV, HostError

SYSTEM_PYTHON = "/usr/bin/python3"
POLICY = Path("/usr/sbin/policy-rc.d")
SOURCES = ("bus", "drivers", "policy", "proxy")


def missing_packages() -> list[str]:
    """Give the Debian packages that are not installed."""
    form = "${Package} ${db:Status-Status}\n"
    answer = subprocess.run(["dpkg-query", "-W", "-f", form, *NEEDED], capture_output=True, text=True, check=False)
    installed = {line.split()[0] for line in answer.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in NEEDED if name not in installed]


@contextlib.contextmanager
def no_service_starts() -> Iterator[None]:
    """Keep Debian's packages from starting their services while they are installed."""
    if POLICY.exists():  # the machine has its own word on this
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def install_packages() -> None:
    """Install the missing Debian packages."""
    missing = missing_packages()
    if not missing:
        return
    if os.geteuid() != 0:
        raise HostError("Debian packages are missing and only root can install them: " + " ".join(missing))
    print("installing Debian packages:", flush=True)
    for name in missing:
        print(f"    {name:34} {NEEDED[name]}", flush=True)
    apt = ["apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0", "-o", "Dpkg::Options::=--force-confold"]
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    with no_service_starts():
        for step in (["update"], ["install", "--no-install-recommends", *missing]):
            if subprocess.run([*apt, *step], check=False, **quiet).returncode:  # type: ignore[call-overload]
                raise HostError(f"'apt-get {step[0]}' failed; install by hand: apt-get install {' '.join(missing)}")


def link_tree() -> None:
    """Make `build/tree/virtbus`: the import package, as links to the source folders."""
    tree = BUILD / "tree/virtbus"
    tree.mkdir(parents=True, exist_ok=True)
    for name in SOURCES:
        if not (tree / name).is_symlink():
            (tree / name).symlink_to(f"../../../{name}")


def requirements() -> list[str]:
    """Give the Python packages of pyproject.toml, those of the tests included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted: list[str] = project["dependencies"] + project["optional-dependencies"]["test"]
    return wanted


def make_venv() -> None:
    """Make `build/venv` with the packages of pyproject.toml, unless it is up to date."""
    wanted = requirements()
    version = subprocess.run([SYSTEM_PYTHON, "-V"], capture_output=True, text=True, check=True).stdout
    want = hashlib.sha256(repr((wanted, version, str(ROOT))).encode()).hexdigest()
    stamp = VENV / "stamp"
    if stamp.is_file() and stamp.read_text() == want and PYTHON.exists():
        return
    print("making the Python environment build/venv", flush=True)
    if subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--system-site-packages", str(VENV)], check=False).returncode:
        raise HostError("build/venv cannot be made: apt-get install python3-venv")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    if subprocess.run(pip, check=False).returncode:
        raise HostError("Python packages cannot be installed: pip install " + " ".join(wanted))
    for packages in VENV.glob("lib/python3*/site-packages"):
        (packages / "virtbus-tree.pth").write_text("../../../../tree\n")  # relative: a moved or bound checkout works
    stamp.write_text(want)


def main() -> int:
    """Install everything; give the exit status."""
    try:
        install_packages()
        link_tree()
        make_venv()
        guest.fetch()
    except HostError as error:
        print(f"install: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
