# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is being started or stopped right now, noted so that a killed daemon can finish taking it away."""

from __future__ import annotations

import asyncio

from virtbus.drivers.common.engine.files import Filesystem
from virtbus.drivers.network.describe import status
from virtbus.drivers.network.model import Network

SUFFIX = ".pending"


class Journal:
    """Notes in the folder of running networks; libvirt reads none of them."""

    def __init__(self, files: Filesystem, run: str) -> None:
        self._files = files
        self._run = run

    async def begin(self, network: Network) -> None:
        """Note that a network is neither up nor down."""
        await asyncio.to_thread(self._write, network)

    async def end(self, network: Network) -> None:
        """Note that a network is one of both again."""
        await asyncio.to_thread(self._files.remove, self._path(network.name))

    def pending(self) -> list[str]:
        """Give the documents of networks that were left in between (blocks; for the start)."""
        found = []
        for name in self._files.names(self._run):
            if name.endswith(SUFFIX):
                found.append(self._files.read(f"{self._run}/{name}") or "")
        return found

    def _write(self, network: Network) -> None:
        self._files.make_folder(self._run, 0o755)
        self._files.write(self._path(network.name), status(network))

    def _path(self, name: str) -> str:
        return f"{self._run}/{name}{SUFFIX}"
