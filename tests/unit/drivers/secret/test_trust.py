# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may have private values."""

from __future__ import annotations

import pytest

from virtbus.bus.caller import ITSELF, Caller
from virtbus.drivers.common.colleagues import Colleagues
from virtbus.drivers.secret.trust import BusTrust


class Known(Colleagues):
    """A bus on which process 77 is virtstoraged, and nobody else is there."""

    async def process(self, name: str) -> int:
        return 77 if name == "org.libvirt.storage1" else 0


@pytest.mark.parametrize(
    ("caller", "trusted"),
    [
        (ITSELF, True),
        (Caller(uid=0, pid=77, unique_name=":1.5"), True),
        (Caller(uid=0, pid=78, unique_name=":1.5"), False),
        (Caller(uid=7, pid=77, unique_name=":1.5"), False),
        (Caller(uid=0, pid=77, transport="unix", vouched=True), True),
        (Caller(uid=0, pid=78, transport="unix", vouched=True), False),
        (Caller(uid=0, pid=77, transport="unix"), False),
        (Caller(pid=77, transport="tls", vouched=True), False),
        (Caller(uid=0, unique_name=":1.5"), False),
    ],
)
async def test_only_the_daemons_that_use_secrets(caller: Caller, trusted: bool) -> None:
    assert await BusTrust(Known())(caller) == trusted
