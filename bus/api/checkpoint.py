# SPDX-License-Identifier: LGPL-2.1-or-later
"""A checkpoint of a guest."""

from __future__ import annotations

from typing import Annotated, ClassVar

from virtbus.bus.catalogue import Api, Form, Perm, Prop, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import CheckpointRef
from virtbus.bus.types import Max, UInt32


class Checkpoint(Api, noun="DomainCheckpoint", daemon="hypervisor", kind="Checkpoint", ref=CheckpointRef):
    """A checkpoint of a guest."""

    properties: ClassVar[dict[str, Prop]] = {
        "Name": Prop("name", changes=False, of_reference=True),
    }

    @call(412, acl=("domain:read", Perm("domain", "read_secure", when=1)), since="5.6.0")
    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the checkpoint as XML.

        Flags choose passwords, the guest's XML and the size of the changes in bytes.
        """
        raise NoSupport

    @call(414, acl="domain:read", since="5.6.0", urgent=True, form=Form.NEED_RESULTS)
    async def list_all_children(self, flags: UInt32) -> Annotated[list[CheckpointRef], Max(16384)]:
        """Give the checkpoint's children, or all that descend from it by flag."""
        raise NoSupport

    @call(416, acl="domain:read", since="5.6.0", urgent=True)
    async def get_parent(self, flags: UInt32) -> CheckpointRef:
        """Give the checkpoint's parent; the root has none."""
        raise NoSupport

    @call(417, acl="domain:checkpoint", since="5.6.0")
    async def delete(self, flags: UInt32) -> None:
        """Delete the checkpoint and merge its record of changes into its parent's.

        Flags may include its children or leave only the metadata to go.
        """
        raise NoSupport
