# SPDX-License-Identifier: LGPL-2.1-or-later
"""Call the kernel for mounts: the few calls that Python 3.11 has no function for."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Final, NamedTuple

MS_RDONLY: Final = 0x1
MS_NOSUID: Final = 0x2
MS_NODEV: Final = 0x4
MS_NOEXEC: Final = 0x8
MS_REMOUNT: Final = 0x20
MS_BIND: Final = 0x1000
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 0x40000
MNT_DETACH: Final = 0x2
SYS_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}


class Mount(NamedTuple):
    """One line of /proc/self/mounts."""

    source: str
    where: str
    kind: str
    options: str


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def mount(source: str, where: Path | str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount a file system; make the mount point if there is none."""
    if flags & (MS_BIND | MS_PRIVATE | MS_REMOUNT) == 0:
        Path(where).mkdir(parents=True, exist_ok=True)
    text = [part.encode() or None for part in (source, str(where), kind)]
    _check(_libc().mount(*text, ctypes.c_ulong(flags), options.encode() or None), f"{kind or 'mount'} on {where}")


def bind(source: Path | str, where: Path | str, flags: int = 0) -> None:
    """Show a folder or file in a second place."""
    mount(str(source), where, flags=MS_BIND)
    if flags:
        mount("", where, flags=MS_BIND | MS_REMOUNT | flags)


def pivot_root(new: Path) -> None:
    """Make a mount point the root folder of this mount namespace and let go of the old one."""
    os.chdir(new)
    number = SYS_PIVOT_ROOT[os.uname().machine]
    _check(_libc().syscall(number, b".", b"."), "pivot_root")
    _check(_libc().umount2(b".", MNT_DETACH), "umount of the old root")
    os.chdir("/")


def mounts() -> list[Mount]:
    """Give the mounts that this process sees."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [Mount(*line.split()[:4]) for line in lines]
