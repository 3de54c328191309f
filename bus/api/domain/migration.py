# SPDX-License-Identifier: LGPL-2.1-or-later
"""Moving a guest to another host."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.catalogue import Api, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.types import Blob, Flag, Parameters, ParamList, UInt32, UInt64


class MigrationBegin(NamedTuple):
    """Hold what DomainMigrateBegin3 gives."""

    cookie_out: Annotated[bytes, Blob(4194304)]
    xml: str


class DomainMigration(Api):
    """Moving a guest to another host."""

    @call(62, acl="domain:migrate")
    async def migrate_perform(
        self, cookie: Annotated[bytes, Blob(4194304)], uri: str, flags: UInt64, dname: str | None, resource: UInt64
    ) -> None:
        """Send the guest to the URI that the target made ready.

        Resource is the bandwidth in MiB/s, 0 for the default.
        """
        raise NoSupport

    @call(166, acl="domain:migrate", since="0.8.0")
    async def migrate_set_max_downtime(self, downtime: UInt64, flags: UInt32) -> None:
        """Set how long a live migration may stop the guest, in milliseconds."""
        raise NoSupport

    @call(207, acl="domain:migrate", since="0.9.0")
    async def migrate_set_max_speed(self, bandwidth: UInt64, flags: UInt32) -> None:
        """Set the bandwidth that migrating the guest may use, in MiB/s."""
        raise NoSupport

    @call(213, acl="domain:migrate")
    async def migrate_begin3(
        self, xmlin: str | None, flags: UInt64, dname: str | None, resource: UInt64
    ) -> MigrationBegin:
        """Begin migration on the source, third protocol.

        Gives a cookie for the target and the XML to send; resource is MiB/s.
        """
        raise NoSupport

    @call(216, acl="domain:migrate")
    async def migrate_perform3(
        self,
        xmlin: str | None,
        cookie_in: Annotated[bytes, Blob(4194304)],
        dconnuri: str | None,
        uri: str | None,
        flags: UInt64,
        dname: str | None,
        resource: UInt64,
    ) -> Annotated[bytes, Blob(4194304)]:
        """Send the guest to the target, third protocol.

        Gives a cookie for the finish on the target; resource is the bandwidth in MiB/s.
        """
        raise NoSupport

    @call(218, acl="domain:migrate")
    async def migrate_confirm3(
        self, cookie_in: Annotated[bytes, Blob(4194304)], flags: UInt64, cancelled: Flag
    ) -> None:
        """End the migration on the source, third protocol.

        The guest is removed there, or resumes if cancelled is non-zero.
        """
        raise NoSupport

    @call(242, acl="domain:migrate", since="0.9.5")
    async def migrate_get_max_speed(self, flags: UInt32) -> UInt64:
        """Give the bandwidth that migrating the guest may use, in MiB/s."""
        raise NoSupport

    @call(299, acl="domain:migrate", since="1.0.3", read_only=True)
    async def migrate_get_compression_cache(self, flags: UInt32) -> UInt64:
        """Give the size of the cache that compresses migrated pages, in bytes."""
        raise NoSupport

    @call(300, acl="domain:migrate", since="1.0.3")
    async def migrate_set_compression_cache(self, cache_size: UInt64, flags: UInt32) -> None:
        """Set the size of the cache that compresses migrated pages, in bytes."""
        raise NoSupport

    @call(302, acl="domain:migrate")
    async def migrate_begin3_params(
        self, params: Annotated[ParamList, Parameters(64, repeats=True)], flags: UInt32
    ) -> MigrationBegin:
        """Begin migration on the source, third protocol with named values.

        Gives a cookie for the target and the XML to send; bandwidth is in MiB/s.
        """
        raise NoSupport

    @call(305, acl="domain:migrate")
    async def migrate_perform3_params(
        self,
        dconnuri: str | None,
        params: Annotated[ParamList, Parameters(64, repeats=True)],
        cookie_in: Annotated[bytes, Blob(4194304)],
        flags: UInt32,
    ) -> Annotated[bytes, Blob(4194304)]:
        """Send the guest to the target, third protocol with named values.

        Gives a cookie for the finish on the target; bandwidth is in MiB/s.
        """
        raise NoSupport

    @call(307, acl="domain:migrate")
    async def migrate_confirm3_params(
        self,
        params: Annotated[ParamList, Parameters(64, repeats=True)],
        cookie_in: Annotated[bytes, Blob(4194304)],
        flags: UInt32,
        cancelled: Flag,
    ) -> None:
        """End the migration on the source, third protocol with named values.

        The guest is removed there, or resumes if cancelled is non-zero.
        """
        raise NoSupport

    @call(364, acl="domain:migrate", since="1.3.3")
    async def migrate_start_post_copy(self, flags: UInt32) -> None:
        """Switch the running migration to post-copy: the guest moves now, its memory follows."""
        raise NoSupport

    @call(387, acl="domain:migrate", since="3.7.0", read_only=True)
    async def migrate_get_max_downtime(self, flags: UInt32) -> UInt64:
        """Give how long a live migration may stop the guest, in milliseconds."""
        raise NoSupport
