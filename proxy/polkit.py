# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ask polkit whether a local user may use a socket of the legacy protocol."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from virtbus.bus.caller import Caller
from virtbus.bus.connection import ConnectionFailed, SystemBus
from virtbus.bus.errors import AuthCancelled, AuthUnavailable, ErrorDomain, LibvirtError
from virtbus.policy.authority import ALLOW_INTERACTION, INTERFACE, NAME, PATH, TYPED_WITHIN, Subject
from virtbus.proxy.auth import denied

log = logging.getLogger("virtbus.proxy.auth")


class Polkit:
    """The gatekeeper that polkit is. Any doubt is a no."""

    def __init__(self, bus: Callable[[], Awaitable[SystemBus]]) -> None:
        """Ask over the connection that `bus` gives."""
        self._bus = bus

    async def admit(self, caller: Caller, action: str) -> None:
        """Return where polkit lets the client's process do the action, perhaps after asking a person."""
        if caller.pid is None or caller.start_time is None or caller.uid is None:
            raise denied()
        subject = Subject(pid=caller.pid, start_time=caller.start_time, uid=caller.uid)
        args: tuple[Any, ...] = (subject.value(), action, {}, ALLOW_INTERACTION, "")
        try:
            async with asyncio.timeout(TYPED_WITHIN):
                bus = await self._bus()
                reply = await bus.request(NAME, PATH, INTERFACE, "CheckAuthorization", "(sa{sv})sa{ss}us", args)
        except (LibvirtError, ConnectionFailed, OSError, TimeoutError) as err:
            log.warning("polkit gave no answer about %s: %s", caller, err)
            raise denied() from err
        ((authorised, challenge, details),) = reply.values()
        if authorised:
            return
        log.warning("%s was refused %s", caller, action)
        if details.get("polkit.dismissed"):
            raise AuthCancelled("user cancelled authentication process", origin=ErrorDomain.POLKIT)
        if challenge:
            text = f"no polkit agent available to authenticate action '{action}'"
            raise AuthUnavailable(text, origin=ErrorDomain.POLKIT)
        raise denied()
