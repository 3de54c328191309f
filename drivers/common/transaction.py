# SPDX-License-Identifier: LGPL-2.1-or-later
"""Steps with undo: either all of them hold, or none is left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class Transaction:
    """Collect what would undo each step; leaving the block with an error undoes them, last first.

    async with Transaction() as transaction:
        await transaction.step(make_bridge(), remove_bridge)
        await transaction.step(start_dnsmasq(), stop_dnsmasq)
    """

    def __init__(self) -> None:
        self._undo: list[Callable[[], Awaitable[object]]] = []

    async def step(self, doing: Awaitable[T], undo: Callable[[], Awaitable[object]]) -> T:
        """Do a step; once it is done, `undo` belongs to the transaction. A failed step cleans up after itself."""
        done = await doing
        self._undo.append(undo)
        return done

    def on_failure(self, undo: Callable[[], Awaitable[object]]) -> None:
        """Add an undo for what is done already, or about to be done in parts."""
        self._undo.append(undo)

    async def __aenter__(self) -> Transaction:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            await asyncio.shield(self._roll_back())

    async def _roll_back(self) -> None:
        while self._undo:
            undo = self._undo.pop()
            try:
                await undo()
            except Exception:
                log.exception("could not undo a step")
