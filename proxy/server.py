# SPDX-License-Identifier: LGPL-2.1-or-later
"""What all clients share: the routes, the limits, the way to the daemons."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from virtbus.bus.caller import Caller
from virtbus.bus.catalogue import PROGRAMS
from virtbus.bus.daemons import Daemon
from virtbus.proxy import calls, routes
from virtbus.proxy.auth import Gatekeeper, Method, Nobody, method_for
from virtbus.proxy.peers import Opener
from virtbus.proxy.rpc.connection import State
from virtbus.proxy.rpc.limits import Limits
from virtbus.proxy.rpc.packet import Packet
from virtbus.proxy.session import Session
from virtbus.proxy.wire import Wire

log = logging.getLogger("virtbus.proxy")

Procedure = Callable[[Session, Packet], None]


class Server:
    """The proxy without its sockets."""

    def __init__(
        self,
        daemons: Sequence[Daemon],
        opener: Opener,
        gatekeeper: Gatekeeper | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Compile the routes."""
        self.daemons, self.opener = daemons, opener
        self.gatekeeper = gatekeeper or Nobody()
        self.limits = limits or Limits()
        self.sessions: set[Session] = set()
        self.on_room: list[Callable[[], None]] = []
        self.handlers = handlers()
        self.programs = {program: frozenset(known) for program, known in self.handlers.items()}
        self._callbacks: dict[str, itertools.count[int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def anonymous(self) -> int:
        """Give how many clients have not authenticated yet."""
        return sum(1 for s in self.sessions if s.core.state is State.NEW)

    @property
    def full(self) -> bool:
        """Whether another client must wait."""
        most, anonymous = self.limits.max_clients, self.limits.max_anonymous_clients
        return len(self.sessions) >= most or (self.anonymous >= anonymous if len(self.sessions) >= anonymous else False)

    def connected(self, wire: Wire, caller: Caller, configured: Method, default_uri: str) -> Session:
        """Take in a client; the wire is to tell the session what happens."""
        session = Session(self, wire, caller, method_for(configured, caller), default_uri)
        self.sessions.add(session)
        log.debug("client %s connected", caller)
        return session

    def forget(self, session: Session) -> None:
        """Note that a client is gone."""
        self.sessions.discard(session)
        self._room()

    def authenticated(self, session: Session) -> None:
        """Note that a client has proved who it is."""
        log.debug("client %s authenticated", session.caller)
        self._room()

    def _room(self) -> None:
        for call in self.on_room:
            call()

    def next_callback(self, family: str) -> int:
        """Give a callback id: they count up for each family of events, over all clients."""
        return next(self._callbacks.setdefault(family, itertools.count()))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine to its end."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Cut off everybody."""
        for session in list(self.sessions):
            session.abort()


def handlers() -> dict[int, dict[int, Procedure]]:
    """Give what carries out each procedure, by program and number."""
    found: dict[int, dict[int, Procedure]] = {
        program: dict(known.items()) for program, known in routes.compile_all().items()
    }
    for (program, number), procedure in calls.compile_all().items():
        found.setdefault(PROGRAMS[program], {})[number] = procedure
    return found
