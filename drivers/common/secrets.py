# SPDX-License-Identifier: LGPL-2.1-or-later
"""Values of secrets, asked of virtsecretd by those drivers that need them."""

from __future__ import annotations

import uuid as _uuid
from typing import Protocol

from virtbus.bus.refs import SecretRef
from virtbus.drivers.common.colleagues import Colleagues

NAME = "org.libvirt.secret1"
ROOT = "/org/libvirt/secret1"


class Secrets(Protocol):
    """Where values come from."""

    async def by_uuid(self, uuid: str) -> bytes:
        """Give the value of the secret of a UUID; NoSecret where there is none, or no value."""

    async def by_usage(self, usage: int, user: str) -> bytes:
        """Give the value of the secret for a use (a virSecretUsageType number, and who uses it)."""


class BusSecrets:
    """Asks virtsecretd on the bus."""

    def __init__(self, colleagues: Colleagues | None = None) -> None:
        self._colleagues = colleagues or Colleagues()

    async def by_uuid(self, uuid: str) -> bytes:
        """Give the value of the secret of a UUID."""
        return await self._value(SecretRef(_uuid.UUID(uuid).bytes, 0, "").path())

    async def by_usage(self, usage: int, user: str) -> bytes:
        """Give the value of the secret for a use."""
        reply = await self._colleagues.request(
            NAME, ROOT, f"{NAME}.Manager", "SecretLookupByUsage", "is", (usage, user)
        )
        reference = reply.values()[0]
        return await self._value(reference if isinstance(reference, str) else reference[0])

    async def _value(self, path: str) -> bytes:
        reply = await self._colleagues.request(NAME, path, f"{NAME}.Secret", "GetValue", "u", (0,))
        return bytes(reply.values()[0])
