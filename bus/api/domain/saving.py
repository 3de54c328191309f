# SPDX-License-Identifier: LGPL-2.1-or-later
"""Saving a guest to a file, and dumping its memory."""

from __future__ import annotations

from typing import Annotated

from virtbus.bus.catalogue import Api, Perm, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.types import Flag, ParamDict, Parameters, UInt32


class DomainSaving(Api):
    """Saving a guest to a file, and dumping its memory."""

    @call(53, acl="domain:core_dump", since="0.1.9")
    async def core_dump(self, to: str, flags: UInt32) -> None:
        """Write the guest's memory to a file on the host for debugging.

        Flags choose whether the guest crashes, resets or keeps running.
        """
        raise NoSupport

    @call(55, acl="domain:hibernate", since="0.0.3")
    async def save(self, to: str) -> None:
        """Save the guest's memory and state to a file and stop it."""
        raise NoSupport

    @call(182, acl="domain:hibernate", since="0.8.0")
    async def managed_save(self, flags: UInt32) -> None:
        """Save the guest's state to the daemon's own file and stop it.

        The next start takes up from there.
        """
        raise NoSupport

    @call(183, acl="domain:read", since="0.8.0")
    async def has_managed_save_image(self, flags: UInt32) -> Flag:
        """Say whether the guest's next start would take up a managed save."""
        raise NoSupport

    @call(184, acl="domain:hibernate", since="0.8.0")
    async def managed_save_remove(self, flags: UInt32) -> None:
        """Drop the guest's managed save so that it starts afresh."""
        raise NoSupport

    @call(232, acl="domain:hibernate", since="0.9.4")
    async def save_flags(self, to: str, dxml: str | None, flags: UInt32) -> None:
        """Save the guest's state to a file and stop it, with XML of one's own if given.

        Flags choose how the file is written and whether the guest runs when restored.
        """
        raise NoSupport

    @call(334, acl="domain:core_dump", since="1.2.3")
    async def core_dump_with_format(self, to: str, dumpformat: UInt32, flags: UInt32) -> None:
        """Write the guest's memory to a file on the host in the chosen format.

        dumpformat is a virDomainCoreDumpFormat number: raw or kdump with a compression.
        """
        raise NoSupport

    @call(388, acl=("domain:read", Perm("domain", "read_secure", when=1)), since="3.7.0")
    async def managed_save_get_xml_desc(self, flags: UInt32) -> str:
        """Give the XML kept in the guest's managed save.

        Flags choose whether passwords are shown.
        """
        raise NoSupport

    @call(389, acl="domain:write domain:hibernate", since="3.7.0")
    async def managed_save_define_xml(self, dxml: str | None, flags: UInt32) -> None:
        """Replace the XML kept in the guest's managed save.

        Flags choose whether the guest runs when restored.
        """
        raise NoSupport

    @call(440, acl="domain:hibernate", since="8.4.0")
    async def save_params(self, params: Annotated[ParamDict, Parameters(64)], flags: UInt32) -> None:
        """Save the guest's state as the named values say and stop it.

        Values: file, image format, parallel channels and XML of one's own; no file means a managed save.
        """
        raise NoSupport
