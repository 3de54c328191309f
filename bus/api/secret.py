# SPDX-License-Identifier: LGPL-2.1-or-later
"""Secrets: keys and passphrases that guests, volumes and pools need."""

from __future__ import annotations

from typing import Annotated, ClassVar

from virtbus.bus.api.connection import Connection
from virtbus.bus.catalogue import Api, Form, Prop, call, event
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import SecretRef
from virtbus.bus.types import Blob, Int32, Max, UInt32, UuidStr


class Manager(Connection, noun="Connect", daemon="secret", kind="Manager", own=("Secret",)):
    """All secrets."""

    @call(139, acl="connect:search_secrets", filter="secret:getattr", since="0.7.1", urgent=True)
    async def num_of_secrets(self) -> Int32:
        """Count the secrets."""
        raise NoSupport

    @call(
        140,
        acl="connect:search_secrets",
        filter="secret:getattr",
        since="0.7.1",
        urgent=True,
        extra="maxuuids",
        form=Form.MAX_NAMES,
    )
    async def list_secrets(self) -> Annotated[list[str], Max(16384)]:
        """Give the UUIDs of the secrets, as text."""
        raise NoSupport

    @call(141, acl="secret:getattr", since="0.7.1", urgent=True)
    async def secret_lookup_by_uuid(self, uuid: UuidStr) -> SecretRef:
        """Find the secret that has this UUID."""
        raise NoSupport

    @call(142, acl="secret:write secret:save", since="0.7.1", urgent=True)
    async def secret_define_xml(self, xml: str, flags: UInt32) -> SecretRef:
        """Store the description of a secret from the XML, without its value, and give its reference."""
        raise NoSupport

    @call(147, acl="secret:getattr", since="0.7.1", urgent=True)
    async def secret_lookup_by_usage(self, usage_type: Int32, usage_id: str) -> SecretRef:
        """Find the secret for this use, by kind and identifier.

        usageType is a virSecretUsageType number.
        """
        raise NoSupport

    @call(
        287, acl="connect:search_secrets", filter="secret:getattr", since="0.10.2", urgent=True, form=Form.NEED_RESULTS
    )
    async def list_all_secrets(self, flags: UInt32) -> Annotated[list[SecretRef], Max(16384)]:
        """Give the secrets.

        Flags choose by stored or in memory only, private or not.
        """
        raise NoSupport

    @event(0, callback=382, since="3.0.0", acl="secret:getattr")
    def secret_event_lifecycle(self, secret: SecretRef, event: Int32, detail: Int32) -> None:
        """Tell that a secret was defined or undefined.

        event is a virSecretEventLifecycleType number; detail has no meaning yet.
        """

    @event(1, callback=383, since="3.0.0", acl="secret:getattr")
    def secret_event_value_changed(self, secret: SecretRef) -> None:
        """Tell that the value of a secret was set."""


class Secret(Api, noun="Secret", daemon="secret", kind="Secret", ref=SecretRef):
    """A secret."""

    properties: ClassVar[dict[str, Prop]] = {
        "UUID": Prop("uuid", changes=False, of_reference=True),
        "UsageType": Prop("usage_type", changes=False, of_reference=True),
        "UsageID": Prop("usage_id", changes=False, of_reference=True),
    }

    @call(143, acl="secret:read", since="0.7.1", urgent=True)
    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the secret as XML; its value is not shown."""
        raise NoSupport

    @call(144, acl="secret:write", since="0.7.1", urgent=True)
    async def set_value(self, value: Annotated[bytes, Blob(65536)], flags: UInt32) -> None:
        """Set the secret's value, as bytes."""
        raise NoSupport

    @call(145, acl="secret:read_secure", since="0.7.1", urgent=True)
    async def get_value(self, flags: UInt32) -> Annotated[bytes, Blob(65536)]:
        """Give the secret's value, as bytes; a private secret is refused."""
        raise NoSupport

    @call(146, acl="secret:delete", since="0.7.1", urgent=True)
    async def undefine(self) -> None:
        """Remove the secret and its value."""
        raise NoSupport
