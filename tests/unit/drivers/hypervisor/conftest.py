# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the hosted driver share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.drivers.hypervisor.hosted import Hosted


@pytest.fixture
async def hosted() -> AsyncIterator[Hosted]:
    """Give a driver of test:///default that was started."""
    made = Hosted()
    await made.start()
    yield made
    await made.stop()
