# SPDX-License-Identifier: LGPL-2.1-or-later
"""Work is begun in order, beside other guests' and in spite of those that are stuck."""

from __future__ import annotations

import threading

import pytest

from virtbus.drivers.hypervisor.threads import Lane, Pool, Threads


def hold(until: threading.Event) -> None:
    until.wait(30)


def fail() -> None:
    raise ValueError("on purpose")


def test_lane_of_one_keeps_order() -> None:
    pool, done, seen = Pool("test", 4), threading.Event(), list[int]()
    lane = Lane(pool, width=1)
    for i in range(50):
        lane.put(lambda i=i: seen.append(i))  # type: ignore[misc]
    lane.put(done.set)
    assert done.wait(10)
    assert seen == list(range(50))
    assert pool.close(10)


def test_stuck_guest_holds_up_itself_alone() -> None:
    threads, stuck, done = Threads(), threading.Event(), threading.Event()
    frozen, other = threads.lane(), threads.lane()
    for _ in range(30):
        frozen.put(lambda: hold(stuck))
    other.put(done.set)
    assert done.wait(10)
    urgent = threading.Event()
    threads.urgent.put(urgent.set)
    assert urgent.wait(10)
    assert threads.normal.size <= 10
    stuck.set()
    assert threads.close(10)


def test_pool_is_bounded() -> None:
    pool, release = Pool("test", 3), threading.Event()
    for _ in range(20):
        pool.put(lambda: hold(release))
    assert pool.size == 3
    release.set()
    assert pool.close(10)


def test_failing_work_ends_no_thread() -> None:
    pool, done = Pool("test", 1), threading.Event()
    pool.put(fail)
    pool.put(done.set)
    assert done.wait(10)
    assert pool.close(10)


def test_closed_pool_takes_nothing() -> None:
    pool = Pool("test", 1)
    assert pool.close(1)
    with pytest.raises(RuntimeError):
        pool.put(lambda: None)
