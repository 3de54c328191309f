# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may have a private secret's value: the daemons of this host that use it, and nobody who asks for himself."""

from __future__ import annotations

from typing import Protocol

from virtbus.bus.caller import ITSELF, Caller
from virtbus.drivers.common.colleagues import Colleagues

USERS = ("org.libvirt.storage1", "org.libvirt.hypervisor1.qemu")
"""Names on the bus that only root may own."""


class Trust(Protocol):
    """Say whether a caller may have private values."""

    async def __call__(self, caller: Caller) -> bool:
        """Give the answer for this caller."""


class BusTrust:
    """Trusts the processes that own the users' names, whether they ask on the bus or as local clients of the proxy."""

    def __init__(self, colleagues: Colleagues | None = None) -> None:
        self._colleagues = colleagues or Colleagues()

    async def __call__(self, caller: Caller) -> bool:
        """Say whether the caller is one of them."""
        if caller is ITSELF:
            return True
        if caller.uid != 0 or caller.is_remote or not caller.pid or not (caller.vouched or caller.unique_name):
            return False
        for name in USERS:
            if await self._colleagues.process(name) == caller.pid:
                return True
        return False
