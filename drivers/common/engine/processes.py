# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes of others: whether they live, and when they end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable


class Watch:
    """Tell once when a process ends."""

    def __init__(self, pid: int, ended: Callable[[], None]) -> None:
        """Begin; ProcessLookupError where there is no such process."""
        self._fd = os.pidfd_open(pid)
        self._ended = ended
        asyncio.get_running_loop().add_reader(self._fd, self._gone)

    def _gone(self) -> None:
        self.close()
        self._ended()

    def close(self) -> None:
        """Watch no more."""
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1
