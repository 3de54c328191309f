# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the hosted driver share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.drivers.hypervisor.hosted import Hosted


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of its own: calls that save to a file are given names without one."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
async def hosted() -> AsyncIterator[Hosted]:
    """Give a driver of test:///default that was started."""
    made = Hosted()
    await made.start()
    yield made
    await made.stop()
