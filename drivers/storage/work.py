# SPDX-License-Identifier: LGPL-2.1-or-later
"""Threads of one pool: its blocking work waits for nobody else's, and nobody else waits for it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")

WORKERS = 4
"""Blocking calls of one pool at a time; a hung server holds these and no others."""


class Workshop:
    """Run blocking functions in threads that are made when first needed."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._executor: ThreadPoolExecutor | None = None

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """Give what the function gives."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(WORKERS, thread_name_prefix=f"pool-{self._name}")
        return await asyncio.get_running_loop().run_in_executor(self._executor, functools.partial(work, *args))

    def close(self) -> None:
        """Let the threads end; one that hangs is not waited for."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None
