# SPDX-License-Identifier: LGPL-2.1-or-later
"""Threads for calls that block: a pool that grows to need, and a lane for each guest.

Calls on one guest begin in the order in which they came, and only so many run at once: a frozen guest holds up
`LANE_WIDTH` threads and never another guest. It is not one, since a migration is watched and steered by further
calls, and since what waits for a frozen guest must meet libvirt's own time limit. Urgent calls have threads of their
own and no lane.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable

log = logging.getLogger("virtbus.hypervisor.threads")

Work = Callable[[], None]
LANE_WIDTH = 8
POOL_MAX = 256
URGENT_MAX = 64
IDLE_SECONDS = 30.0


def _nothing() -> None:
    """Begin without ado."""


class Pool:
    """Threads that run work; there are as many as there is work at once, up to a bound."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._work: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._spare = 0
        self._threads: set[threading.Thread] = set()
        self._closed = False
        self.begin: Work = _nothing
        """What each thread does first."""

    @property
    def size(self) -> int:
        """Give how many threads there are."""
        return len(self._threads)

    @property
    def idle(self) -> bool:
        """Say whether nothing runs or waits here."""
        return self._spare >= len(self._threads)

    def put(self, work: Work) -> None:
        """Have the work done soon by some thread; RuntimeError once the pool is closed."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is closed")
            self._spare -= 1
            if self._spare < 0 and len(self._threads) < self._limit:
                self._grow()
        self._work.put(work)

    def close(self, seconds: float) -> bool:
        """Let the threads end after what they have to do; say whether all did within so many seconds."""
        with self._lock:
            self._closed = True
            threads = list(self._threads)
        for _ in threads:
            self._work.put(None)
        until = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in threads)

    def _grow(self) -> None:
        thread = threading.Thread(target=self._serve, name=f"{self._name}-{len(self._threads)}", daemon=True)
        self._threads.add(thread)
        self._spare += 1
        thread.start()

    def _serve(self) -> None:
        self.begin()
        while (work := self._next()) is not None:
            try:
                work()
            except Exception:
                log.exception("work in a thread failed")
            with self._lock:
                self._spare += 1
        with self._lock:
            self._threads.discard(threading.current_thread())

    def _next(self) -> Work | None:
        while True:
            try:
                return self._work.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                with self._lock:
                    if self._spare > 0 and len(self._threads) > 1:
                        self._spare -= 1
                        return None


class Lane:
    """The calls on one guest: begun in order, `width` of them at once."""

    __slots__ = ("_lock", "_pool", "_running", "_waiting", "_width")

    def __init__(self, pool: Pool, width: int = LANE_WIDTH) -> None:
        self._pool = pool
        self._width = width
        self._lock = threading.Lock()
        self._running = 0
        self._waiting: deque[Work] = deque()

    @property
    def idle(self) -> bool:
        """Say whether no call on the guest runs or waits."""
        return not self._running

    def put(self, work: Work) -> None:
        """Have the work done after what came before it has at least begun."""
        with self._lock:
            if self._running >= self._width:
                self._waiting.append(work)
                return
            self._running += 1
        self._pool.put(lambda: self._run(work))

    def _run(self, work: Work) -> None:
        following: Work | None = work
        while following is not None:
            try:
                following()
            except Exception:
                log.exception("work on a guest failed")
            with self._lock:
                following = self._waiting.popleft() if self._waiting else None
                if following is None:
                    self._running -= 1


class Threads:
    """All threads of one hosted driver."""

    def __init__(self) -> None:
        self.normal = Pool("call", POOL_MAX)
        self.urgent = Pool("urgent", URGENT_MAX)

    def begin_with(self, work: Work) -> None:
        """Have each thread do this before anything else."""
        self.normal.begin = self.urgent.begin = work

    def lane(self) -> Lane:
        """Give a new guest's lane."""
        return Lane(self.normal)

    def close(self, seconds: float) -> bool:
        """End both pools; say whether all their work ended within so many seconds each."""
        return self.urgent.close(seconds) & self.normal.close(seconds)
