# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs in the background that are only numbers."""

from __future__ import annotations


class Daemons:
    """Know processes by the mark in `running`; record signals in `sent` and ends in `stopped`."""

    def __init__(self) -> None:
        self.running: dict[str, int] = {}
        self.sent: list[tuple[int, int]] = []
        self.stopped: list[int] = []

    def find(self, pid_file: str, mark: str) -> int | None:
        """Give the process of a mark."""
        return self.running.get(mark)

    def send(self, pid: int, number: int) -> None:
        """Record a signal."""
        self.sent.append((pid, number))

    async def stop(self, pid: int) -> None:
        """Record an end."""
        self.stopped.append(pid)
        self.running = {mark: known for mark, known in self.running.items() if known != pid}
