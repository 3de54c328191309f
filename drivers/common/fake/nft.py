# SPDX-License-Identifier: LGPL-2.1-or-later
"""A firewall that only remembers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from virtbus.bus.errors import InternalError
from virtbus.drivers.common.engine.nft import Command


class Nft:
    """Record transactions in `applied`; with `broken` set, refuse them."""

    def __init__(self) -> None:
        self.applied: list[list[Command]] = []
        self.broken = ""
        self.lost: Callable[[], None] | None = None

    def watch(self, table: str, lost: Callable[[], None]) -> None:
        """Keep whom to tell; a test calls `lost` as a flush would."""
        self.lost = lost

    def close(self) -> None:
        """Forget whom to tell."""
        self.lost = None

    async def apply(self, commands: Sequence[Command]) -> None:
        """Record a transaction."""
        if self.broken:
            raise InternalError(f"Failed to apply firewall rules: {self.broken}")
        self.applied.append(list(commands))

    async def table(self, family: str, name: str) -> list[Command]:
        """Give the rules of the last transaction."""
        return self.applied[-1] if self.applied else []
