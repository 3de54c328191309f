# SPDX-License-Identifier: LGPL-2.1-or-later
"""Locks on files that belong to the open file, not to the process, and exclude those of other programs as well."""

from __future__ import annotations

import fcntl
import os
import struct

_FLOCK = struct.Struct("@hhqqi4x")
F_OFD_SETLK = 37
PLACE, LENGTH = 0, 1
"""libvirt's own daemon locks the first byte; to exclude it, so do we."""


def lock(fd: int, *, shared: bool) -> bool:
    """Lock an open file, or change the lock's kind; False where somebody else's lock is in the way."""
    kind = fcntl.F_RDLCK if shared else fcntl.F_WRLCK
    try:
        fcntl.fcntl(fd, F_OFD_SETLK, _FLOCK.pack(kind, os.SEEK_SET, PLACE, LENGTH, 0))
    except BlockingIOError:
        return False
    except PermissionError:
        return False
    return True
