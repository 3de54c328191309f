# SPDX-License-Identifier: LGPL-2.1-or-later
"""Snapshots, checkpoints and backups of a guest."""

from __future__ import annotations

from typing import Annotated

from virtbus.bus.catalogue import Api, Form, Perm, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import CheckpointRef, SnapshotRef
from virtbus.bus.types import Flag, Int32, Max, UInt32


class DomainSnapshots(Api):
    """Snapshots, checkpoints and backups of a guest."""

    @call(185, acl=("domain:snapshot", Perm("domain", "fs_freeze", when=64)), since="0.8.0")
    async def snapshot_create_xml(self, xml_desc: str, flags: UInt32) -> SnapshotRef:
        """Take a snapshot of the guest from the XML and give its reference.

        Flags choose disks only, external files, quiescing and the like.
        """
        raise NoSupport

    @call(187, acl="domain:read", since="0.8.0", urgent=True)
    async def snapshot_num(self, flags: UInt32) -> Int32:
        """Count the guest's snapshots.

        Flags choose which ones.
        """
        raise NoSupport

    @call(188, acl="domain:read", since="0.8.0", urgent=True, extra="maxnames", form=Form.MAX_NAMES)
    async def snapshot_list_names(self, flags: UInt32) -> Annotated[list[str], Max(16384)]:
        """Give the names of the guest's snapshots.

        Flags choose which ones.
        """
        raise NoSupport

    @call(189, acl="domain:read", since="0.8.0", urgent=True)
    async def snapshot_lookup_by_name(self, name: str, flags: UInt32) -> SnapshotRef:
        """Find the guest's snapshot that has this name."""
        raise NoSupport

    @call(190, acl="domain:read", since="0.8.0")
    async def has_current_snapshot(self, flags: UInt32) -> Flag:
        """Say whether the guest has a current snapshot."""
        raise NoSupport

    @call(191, acl="domain:read", since="0.8.0")
    async def snapshot_current(self, flags: UInt32) -> SnapshotRef:
        """Give the guest's current snapshot."""
        raise NoSupport

    @call(274, acl="domain:read", since="0.9.13", urgent=True, form=Form.NEED_RESULTS)
    async def list_all_snapshots(self, flags: UInt32) -> Annotated[list[SnapshotRef], Max(16384)]:
        """Give the guest's snapshots.

        Flags choose by root or leaf, metadata, state and place.
        """
        raise NoSupport

    @call(411, acl=("domain:checkpoint", Perm("domain", "fs_freeze", when=2)), since="5.6.0")
    async def checkpoint_create_xml(self, xml_desc: str, flags: UInt32) -> CheckpointRef:
        """Make a checkpoint of the guest's disks from the XML and give its reference.

        What is written from then on can be backed up alone.
        """
        raise NoSupport

    @call(413, acl="domain:read", since="5.6.0", urgent=True, form=Form.NEED_RESULTS)
    async def list_all_checkpoints(self, flags: UInt32) -> Annotated[list[CheckpointRef], Max(16384)]:
        """Give the guest's checkpoints.

        Flags choose by root or leaf and order.
        """
        raise NoSupport

    @call(415, acl="domain:read", since="5.6.0", urgent=True)
    async def checkpoint_lookup_by_name(self, name: str, flags: UInt32) -> CheckpointRef:
        """Find the guest's checkpoint that has this name."""
        raise NoSupport

    @call(421, acl="domain:checkpoint domain:block_write", since="6.0.0")
    async def backup_begin(self, backup_xml: str, checkpoint_xml: str | None, flags: UInt32) -> None:
        """Begin a backup of the guest's disks by the XML, pushed to files or pulled over NBD.

        The checkpoint XML, if any, marks where the next incremental backup begins.
        """
        raise NoSupport

    @call(422, acl="domain:read", since="6.0.0", urgent=True)
    async def backup_get_xml_desc(self, flags: UInt32) -> str:
        """Describe the running backup as XML."""
        raise NoSupport
