# SPDX-License-Identifier: LGPL-2.1-or-later
"""One secret: its description for all who may read it, its value for few."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from virtbus.bus import caller
from virtbus.bus.api.secret import Manager, Secret
from virtbus.bus.errors import InvalidSecret, NoSecret
from virtbus.bus.refs import SecretRef
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.common.refuse import bad_argument
from virtbus.drivers.secret.model import SecretModel, secret_text

if TYPE_CHECKING:
    from virtbus.drivers.secret.driver import SecretDriver

DEFINED, UNDEFINED = 0, 1


class StoredSecret(Secret):
    """A secret of the driver. The value never shows in a representation, a log or an error."""

    def __init__(self, driver: SecretDriver, model: SecretModel, value: bytes | None = None) -> None:
        self.driver = driver
        self.model = model
        self.value = value
        self.lock = asyncio.Lock()

    @property
    def uuid(self) -> bytes:
        """Give the UUID's bytes."""
        return self.model.uuid.bytes

    @property
    def ref(self) -> SecretRef:
        """Give the reference; what the secret is for may change while it has no use."""
        return SecretRef(self.uuid, self.model.usage, self.model.usage_id)

    def tell(self, event: int) -> None:
        """Tell the listeners what happened to the secret."""
        self.driver.bus.emit(Manager.secret_event_lifecycle, self.ref, event, 0)

    async def get_xml_desc(self, flags: int) -> str:
        """Give the document."""
        check_flags(flags, 0, "secretGetXMLDesc")
        return secret_text(self.model)

    async def set_value(self, value: bytes, flags: int) -> None:
        """Set the value; a stored secret's is on disk before this answers."""
        check_flags(flags, 0, "secretSetValue")
        if not value:
            raise bad_argument("virSecretSetValue", "value", "value in virSecretSetValue must not be NULL")
        async with self.lock:
            if not self.model.ephemeral:
                await asyncio.to_thread(self.driver.store.save_value, self.model, value)
            self.value = value
        self.driver.bus.emit(Manager.secret_event_value_changed, self.ref)

    async def get_value(self, flags: int) -> bytes:
        """Give the value; a private one only to the host's own daemons."""
        check_flags(flags, 0, "secretGetValue")
        if self.model.private and not await self.driver.trust(caller.current()):
            raise InvalidSecret("secret is private")
        if self.value is None:
            raise NoSecret(f"secret '{self.model.uuid}' does not have a value")
        return self.value

    async def undefine(self) -> None:
        """Forget the secret and its value."""
        async with self.lock:
            # An ephemeral secret has no files of its own. What was stored before it became one stays, as with libvirt.
            if not self.model.ephemeral:
                await asyncio.to_thread(self.driver.store.delete, self.model)
            self.value = None
            self.driver.forget(self)
        self.tell(UNDEFINED)
