# SPDX-License-Identifier: LGPL-2.1-or-later
"""All steps or none."""

from __future__ import annotations

from functools import partial

import pytest

from virtbus.drivers.common.transaction import Transaction


class Host:
    def __init__(self) -> None:
        self.state: list[str] = []

    async def do(self, what: str) -> str:
        self.state.append(what)
        return what

    async def undo(self, what: str) -> None:
        self.state.append(f"-{what}")
        if what == "bad":
            raise ValueError(what)


async def test_a_failure_undoes_what_was_done_last_first() -> None:
    host = Host()

    async def work() -> None:
        async with Transaction() as transaction:
            for what in ("a", "bad", "c"):
                await transaction.step(host.do(what), partial(host.undo, what))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await work()
    assert host.state == ["a", "bad", "c", "-c", "-bad", "-a"]


async def test_success_keeps_everything() -> None:
    host = Host()
    async with Transaction() as transaction:
        assert await transaction.step(host.do("a"), lambda: host.undo("a")) == "a"
    assert host.state == ["a"]
