# SPDX-License-Identifier: LGPL-2.1-or-later
"""A secret driver on a temporary folder, and what it told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from virtbus.bus.caller import ITSELF, Caller
from virtbus.bus.catalogue import Api
from virtbus.drivers.secret.driver import SecretDriver
from virtbus.drivers.secret.manager import SecretManager
from virtbus.drivers.secret.secret import StoredSecret

UUID = "11111111-2222-4333-8444-55555555555"


class House:
    """A driver and short ways to its objects; it is its own listener."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "secrets"
        self.trusted: set[Caller] = {ITSELF}
        self.driver = SecretDriver(folder=str(self.folder), trust=self.trusts)
        assert isinstance(self.driver.manager, SecretManager)
        self.manager = self.driver.manager
        self.events: list[tuple[Any, ...]] = []

    async def trusts(self, caller: Caller) -> bool:
        return caller in self.trusted

    def emit(self, event: Any, *args: Any) -> None:
        self.events.append((event.__name__.removeprefix("secret_event_"), *args[1:2]))

    def added(self, obj: Api) -> None:
        self.events.append(("added",))

    def removed(self, obj: Api) -> None:
        self.events.append(("removed",))

    async def define(self, number: int = 1, more: str = "", attributes: str = "") -> StoredSecret:
        xml = f"<secret {attributes}><uuid>{UUID}{number}</uuid>{more}</secret>"
        found = self.driver.find((await self.manager.secret_define_xml(xml, 0)).path())
        assert isinstance(found, StoredSecret)
        return found

    def files(self) -> set[str]:
        return {path.name.removeprefix(UUID) for path in self.folder.iterdir()}
