# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the storage driver share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.drivers.storage.house import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Give a driver that was started."""
    made = House(tmp_path)
    await made.driver.start(made.told)
    yield made
    await made.driver.stop()
