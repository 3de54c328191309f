# SPDX-License-Identifier: LGPL-2.1-or-later
"""nftables: commands as JSON values, one atomic transaction a call (libnftables-json(5))."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from virtbus.bus.errors import InternalError
from virtbus.drivers.common.engine.nftwatch import NftWatch
from virtbus.drivers.common.engine.process import Runner

Command = dict[str, Any]


class Firewall(Protocol):
    """What holds the rules."""

    async def apply(self, commands: Sequence[Command]) -> None:
        """Make all changes or none; InternalError with nft's words when they are refused."""
        ...

    async def table(self, family: str, name: str) -> list[Command]:
        """Give what a table holds, nothing when it is not there."""
        ...

    def watch(self, table: str, lost: Callable[[], None]) -> None:
        """Call `lost` whenever somebody else deletes something of a table, from now on."""
        ...

    def close(self) -> None:
        """Stop watching."""
        ...


class Nft:
    """The real firewall, through the program `nft`."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._watch: NftWatch | None = None

    def watch(self, table: str, lost: Callable[[], None]) -> None:
        """Call `lost` whenever somebody else deletes something of a table, from now on."""
        self._watch = NftWatch(table, lost)
        self._watch.start()

    def close(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.stop()
            self._watch = None

    async def apply(self, commands: Sequence[Command]) -> None:
        """Make all changes or none."""
        argv = ["nft", "-j", "-f", "-"]
        text = json.dumps({"nftables": list(commands)})
        with self._watch.own() if self._watch is not None else contextlib.nullcontext():
            result = await self._runner.run(argv, input=text.encode(), timeout=60)
        if result.status:
            said = (result.err or result.out).decode("utf-8", "replace").strip()
            raise InternalError(f"Failed to apply firewall rules: {said[:1000]}")

    async def table(self, family: str, name: str) -> list[Command]:
        """Give what a table holds, nothing when it is not there."""
        result = await self._runner.run(["nft", "-j", "list", "table", family, name], timeout=60)
        if result.status:
            return []
        found = json.loads(result.text)["nftables"]
        return [command for command in found if "metainfo" not in command]
