# SPDX-License-Identifier: LGPL-2.1-or-later
"""A snapshot of a guest."""

from __future__ import annotations

from typing import Annotated, ClassVar

from virtbus.bus.catalogue import Api, Form, Perm, Prop, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import SnapshotRef
from virtbus.bus.types import Flag, Int32, Max, UInt32


class Snapshot(Api, noun="DomainSnapshot", daemon="hypervisor", kind="Snapshot", ref=SnapshotRef):
    """A snapshot of a guest."""

    properties: ClassVar[dict[str, Prop]] = {
        "Name": Prop("name", changes=False, of_reference=True),
    }

    @call(186, acl=("domain:read", Perm("domain", "read_secure", when=1)), since="0.8.0", urgent=True)
    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the snapshot as XML.

        Flags choose whether passwords are shown.
        """
        raise NoSupport

    @call(192, acl="domain:snapshot", since="0.8.0", name="DomainRevertToSnapshot")
    async def revert(self, flags: UInt32) -> None:
        """Put the guest back into the state of the snapshot.

        Flags choose whether it then runs or is paused.
        """
        raise NoSupport

    @call(193, acl="domain:snapshot", since="0.8.0")
    async def delete(self, flags: UInt32) -> None:
        """Delete the snapshot.

        Flags may include its children or leave only the metadata to go.
        """
        raise NoSupport

    @call(244, acl="domain:read", since="0.9.7", urgent=True)
    async def get_parent(self, flags: UInt32) -> SnapshotRef:
        """Give the snapshot's parent; the root has none."""
        raise NoSupport

    @call(246, acl="domain:read", since="0.9.7", urgent=True)
    async def num_children(self, flags: UInt32) -> Int32:
        """Count the snapshot's children.

        Flags choose which ones and how deep.
        """
        raise NoSupport

    @call(247, acl="domain:read", since="0.9.7", urgent=True, extra="maxnames", form=Form.MAX_NAMES)
    async def list_children_names(self, flags: UInt32) -> Annotated[list[str], Max(16384)]:
        """Give the names of the snapshot's children.

        Flags choose which ones and how deep.
        """
        raise NoSupport

    @call(271, acl="domain:read", since="0.9.13")
    async def is_current(self, flags: UInt32) -> Flag:
        """Say whether the snapshot is the guest's current one."""
        raise NoSupport

    @call(272, acl="domain:read", since="0.9.13")
    async def has_metadata(self, flags: UInt32) -> Flag:
        """Say whether the daemon keeps a record that goes with the snapshot."""
        raise NoSupport

    @call(275, acl="domain:read", since="0.9.13", urgent=True, form=Form.NEED_RESULTS)
    async def list_all_children(self, flags: UInt32) -> Annotated[list[SnapshotRef], Max(16384)]:
        """Give the snapshot's children, or all that descend from it by flag."""
        raise NoSupport
