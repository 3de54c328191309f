# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the running federation share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libvirt
import pytest

from tests.security import federation


@pytest.fixture(scope="module")
def connection() -> Iterator[libvirt.virConnect]:
    """Give a connection that may do everything, and keep libvirt's errors from being printed."""
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    opened = libvirt.open(federation.URI)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def targets(connection: libvirt.virConnect, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Give one object of each kind."""
    with federation.targets(connection, tmp_path_factory.mktemp("pool"), "attacked") as made:
        yield made
