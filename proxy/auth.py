# SPDX-License-Identifier: LGPL-2.1-or-later
"""How clients prove who they are: which way each listener demands, and the answers to the calls of authentication."""

from __future__ import annotations

import enum
import logging
from typing import Protocol

from virtbus.bus.caller import Caller
from virtbus.bus.errors import AuthFailed, ErrorDomain, LibvirtError

log = logging.getLogger("virtbus.proxy.auth")

MANAGE = "org.libvirt.unix.manage"
MONITOR = "org.libvirt.unix.monitor"


class Method(enum.IntEnum):
    """The ways of authentication, by their numbers on the wire (remote_auth_type)."""

    NONE = 0
    SASL = 1
    POLKIT = 2


class Gatekeeper(Protocol):
    """Who is asked whether a local user may use a socket."""

    async def admit(self, caller: Caller, action: str) -> None:
        """Return where the caller has leave for the polkit action; AuthFailed or AuthUnavailable where not."""


class Nobody:
    """Admits nobody: stands where there is no polkit to ask."""

    async def admit(self, caller: Caller, action: str) -> None:
        """Refuse."""
        log.warning("nobody to ask whether %s has %s", caller, action)
        raise denied()


def denied() -> LibvirtError:
    """Give libvirt's error for a user whom polkit refused."""
    return AuthFailed("access denied by policy", origin=ErrorDomain.POLKIT)


def refused() -> LibvirtError:
    """Give libvirt's error for a way of authentication that is not on offer."""
    return AuthFailed("authentication failed", origin=ErrorDomain.RPC)


def method_for(configured: Method, caller: Caller) -> Method:
    """Give the way that this client must go: root is not asked."""
    if configured is Method.POLKIT and caller.is_root:
        return Method.NONE
    return configured
