# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keep what the process holds in memory to itself."""

from __future__ import annotations

import ctypes
import resource

PR_SET_DUMPABLE = 4


def keep_private() -> None:
    """Have the kernel write no core dump of this process, and let no other process of its user look into it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
