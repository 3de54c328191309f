# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the secret driver share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.drivers.secret.house import House
from virtbus.drivers.secret import driver


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Give a driver that was started; the test's own process stays as it is."""
    monkeypatch.setattr(driver, "keep_private", lambda: None)
    made = House(tmp_path)
    await made.driver.start(made)
    yield made
    await made.driver.stop()
