# SPDX-License-Identifier: LGPL-2.1-or-later
"""The program of containers, which no daemon here serves."""

from __future__ import annotations

from virtbus.bus.catalogue import Api, Form, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import DomainRef
from virtbus.bus.types import UInt32


class Lxc(Api, noun="", daemon="proxy", kind="Lxc", wire_only=True):
    """The calls of the lxc program."""

    @call(1, acl="domain:open_namespace", since="1.0.2", program="lxc", form=Form.SESSION)
    async def domain_open_namespace(self, dom: DomainRef, flags: UInt32) -> None:
        """Give open files for the kernel namespaces of the running container."""
        raise NoSupport
