# SPDX-License-Identifier: LGPL-2.1-or-later
"""nftables: commands as JSON values, one atomic transaction a call (libnftables-json(5))."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

from virtbus.bus.errors import InternalError
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


class Nft:
    """The real firewall, through the program `nft`."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def apply(self, commands: Sequence[Command]) -> None:
        """Make all changes or none."""
        argv = ["nft", "-j", "-f", "-"]
        text = json.dumps({"nftables": list(commands)})
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
