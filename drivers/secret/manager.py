# SPDX-License-Identifier: LGPL-2.1-or-later
"""All secrets: lists, look-ups, definitions."""

from __future__ import annotations

import asyncio
import uuid as _uuid
from typing import TYPE_CHECKING

from virtbus.bus.api.secret import Manager
from virtbus.bus.errors import InternalError, NoSecret
from virtbus.bus.refs import SecretRef
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.secret.model import SecretModel, read_secret
from virtbus.drivers.secret.secret import DEFINED, StoredSecret

if TYPE_CHECKING:
    from virtbus.drivers.secret.driver import SecretDriver

VALIDATE = 1
LIST_EPHEMERAL, LIST_NO_EPHEMERAL, LIST_PRIVATE, LIST_NO_PRIVATE = 1, 2, 4, 8


class SecretManager(Manager):
    """The manager of the secret driver."""

    def __init__(self, driver: SecretDriver) -> None:
        self.driver = driver

    async def num_of_secrets(self) -> int:
        """Count the secrets."""
        return len(self.driver.secrets)

    async def list_secrets(self) -> list[str]:
        """Give the UUIDs."""
        return [str(secret.model.uuid) for secret in self.driver.secrets.values()]

    async def list_all_secrets(self, flags: int) -> list[SecretRef]:
        """Give the secrets that the flags choose."""
        check_flags(flags, 0xF, "secretConnectListAllSecrets")
        return [secret.ref for secret in self.driver.secrets.values() if _chosen(secret.model, flags)]

    async def secret_lookup_by_uuid(self, uuid: str) -> SecretRef:
        """Find a secret by UUID."""
        secret = self.driver.secrets.get(_uuid.UUID(uuid).bytes)
        if secret is None:
            raise NoSecret(f"no secret with matching uuid '{uuid}'")
        return secret.ref

    async def secret_lookup_by_usage(self, usage_type: int, usage_id: str) -> SecretRef:
        """Find a secret by what it is for."""
        secret = self._of_use(usage_type, usage_id)
        if secret is None:
            raise NoSecret(f"no secret with matching usage '{usage_id}'")
        return secret.ref

    def _of_use(self, usage: int, usage_id: str) -> StoredSecret | None:
        if not usage:
            return None
        same = (s for s in self.driver.secrets.values() if (s.model.usage, s.model.usage_id) == (usage, usage_id))
        return next(same, None)

    async def secret_define_xml(self, xml: str, flags: int) -> SecretRef:
        """Store a secret's description; a value that is there stays."""
        check_flags(flags, VALIDATE, "secretDefineXML")
        model = read_secret(xml, validate=bool(flags & VALIDATE))
        async with self.driver.lock:
            known = self.driver.secrets.get(model.uuid.bytes)
            if known is None:
                secret = await self._add(model)
            else:
                secret = await self._change(known, model)
        secret.tell(DEFINED)
        return secret.ref

    async def _add(self, model: SecretModel) -> StoredSecret:
        other = self._of_use(model.usage, model.usage_id)
        if other is not None:
            text = f"a secret with UUID {other.model.uuid} already defined for use with {model.usage_id}"
            raise InternalError(text)
        if not model.ephemeral:
            await asyncio.to_thread(self.driver.store.save, model)
        secret = StoredSecret(self.driver, model)
        self.driver.add(secret)
        return secret

    async def _change(self, secret: StoredSecret, model: SecretModel) -> StoredSecret:
        before = secret.model
        if before.usage_id != model.usage_id:
            shown = before.usage_id or "(null)"
            raise InternalError(f"a secret with UUID {before.uuid} is already defined for use with {shown}")
        if before.private and not model.private:
            raise InternalError("cannot change private flag on existing secret")
        async with secret.lock:
            await asyncio.to_thread(self._rewrite, secret, model)
            secret.model = model
        return secret

    def _rewrite(self, secret: StoredSecret, model: SecretModel) -> None:
        """Bring the files in line (blocks)."""
        store = self.driver.store
        if not model.ephemeral:
            if secret.model.ephemeral and secret.value is not None:
                store.save_value(model, secret.value)
            store.save(model)
        elif not secret.model.ephemeral:
            store.delete_value(model)


def _chosen(model: SecretModel, flags: int) -> bool:
    if flags & 3 and not flags & (LIST_EPHEMERAL if model.ephemeral else LIST_NO_EPHEMERAL):
        return False
    return not (flags & 12 and not flags & (LIST_PRIVATE if model.private else LIST_NO_PRIVATE))
