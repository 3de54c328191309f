# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keep a private host in control groups of its own, in version 1 and version 2 hierarchies alike."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from tests.host.paths import Place
from tests.host.system import MS_NODEV, MS_NOEXEC, MS_NOSUID, Mount, mount, mounts

TOP = "/sys/fs/cgroup"
LEAF = "init"
GENERIC = {"rw", "ro", "relatime", "nosuid", "nodev", "noexec", "xattr", "nsdelegate", "memory_recursiveprot"}


def hierarchies() -> list[Mount]:
    """Give the hierarchies of control groups."""
    return [one for one in mounts() if one.kind in ("cgroup", "cgroup2") and one.where.startswith(TOP)]


def folders(place: Place) -> list[Path]:
    """Give the host's folder in each hierarchy, whether it exists or not."""
    return [Path(one.where, place.group) for one in hierarchies()]


def make(place: Place) -> None:
    """Make the host's control groups."""
    for folder in folders(place):
        folder.mkdir(exist_ok=True)
        for name in ("cpuset.cpus", "cpuset.mems"):  # version 1: a group without them takes no process
            if (folder / name).exists() and (folder.parent / name).exists():
                (folder / name).write_text((folder.parent / name).read_text())


def join(place: Place) -> None:
    """Move this process into the host's control groups."""
    for folder in folders(place):
        leaf = folder / LEAF if (folder / LEAF).is_dir() else folder
        (leaf / "cgroup.procs").write_text(str(os.getpid()))


def remove(place: Place) -> None:
    """Remove the host's control groups, once no process is in them."""
    for folder in folders(place):
        for sub, _, _ in os.walk(folder, topdown=False):
            with contextlib.suppress(FileNotFoundError):
                os.rmdir(sub)


def mount_inside(root: Path) -> None:
    """Mount the host's view of its control groups below its root folder."""
    found, flags = hierarchies(), MS_NOSUID | MS_NODEV | MS_NOEXEC
    if [one.where for one in found] == [TOP]:
        mount("cgroup2", root / TOP[1:], "cgroup2", flags)
        delegate(root / TOP[1:])
        return
    mount("tmpfs", root / TOP[1:], "tmpfs", flags, "mode=755")
    for one in found:
        mount(one.kind, root / one.where[1:], one.kind, flags, specific_options(one))
    for link in Path(TOP).iterdir():
        if link.is_symlink():
            (root / TOP[1:] / link.name).symlink_to(os.readlink(link))


def specific_options(one: Mount) -> str:
    """Give the controllers or the name of a version 1 hierarchy as mount options."""
    if one.kind == "cgroup2":
        return ""
    options = [text for text in one.options.split(",") if not text.startswith("release_agent=")]
    return ",".join(text for text in options if text not in GENERIC)


def delegate(top: Path) -> None:
    """Let groups of a version 2 hierarchy be made below its top: move the processes away and pass on controllers."""
    (top / LEAF).mkdir(exist_ok=True)
    for pid in (top / "cgroup.procs").read_text().split():
        with contextlib.suppress(OSError):  # kernel threads and processes outside this namespace
            (top / LEAF / "cgroup.procs").write_text(pid)
    for controller in (top / "cgroup.controllers").read_text().split():
        with contextlib.suppress(OSError):  # some need more than this group has
            (top / "cgroup.subtree_control").write_text(f"+{controller}")
