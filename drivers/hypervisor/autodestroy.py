# SPDX-License-Identifier: LGPL-2.1-or-later
"""What ends with its client: guests so started (VIR_DOMAIN_START_AUTODESTROY), and files that he lent to one.

libvirt destroys such a guest, and lets go of the files, when the connection that it came by is closed. All clients
share one connection here, so a call that asks for it gets a connection of its own, closed when the client goes away.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol

import libvirt

from virtbus.bus import holding
from virtbus.bus.catalogue import Call
from virtbus.drivers.hypervisor import errors
from virtbus.drivers.hypervisor.delegate import Context, Plan
from virtbus.drivers.hypervisor.handles import Handle
from virtbus.drivers.hypervisor.lookups import handle_of, place
from virtbus.drivers.hypervisor.threads import Threads

log = logging.getLogger("virtbus.hypervisor.autodestroy")

STARTING = frozenset({"DomainCreateWithFlags", "DomainCreateXML", "DomainCreateWithFiles", "DomainCreateXMLWithFiles"})
HOLDING = frozenset({"DomainFdAssociate"})


class Home(Context, Protocol):
    """What is needed of the driver."""

    threads: Threads
    open_uri: str


class OwnConnection:
    """The driver as a call sees it that has a connection of its own."""

    def __init__(self, home: Home) -> None:
        try:
            self.library_connection = libvirt.open(home.open_uri)
        except libvirt.libvirtError as err:
            raise errors.failed("virConnectOpen") from err
        self.connection = self.library_connection._o
        self._home = home

    def met(self, handle: Handle, ref: Any) -> None:
        """Remember a guest by a handle of the shared connection: its own keeps this connection from being closed."""
        where = place(ref.path())
        if where is not None:
            self._home.met(handle_of(self._home.connection, where), ref)

    def __getattr__(self, name: str) -> Any:
        """Give what is the same for all connections."""
        return getattr(self._home, name)


def asked(entry: Call, args: tuple[Any, ...]) -> bool:
    """Say whether what a call does is to end with its client."""
    if entry.name in HOLDING:
        return True
    if entry.name not in STARTING:
        return False
    position = entry.flags_index
    return position is not None and bool(args[position] & libvirt.VIR_DOMAIN_START_AUTODESTROY)


class Start:
    """One such call: made where it came in, run in a thread."""

    def __init__(self, home: Home, plan: Plan, path: str | None) -> None:
        """Remember the client; `path` is the guest's where the call is one of a guest."""
        self._home, self._plan, self._path = home, plan, path
        self._client = holding.client()
        self._loop = asyncio.get_running_loop()

    def __call__(self, args: tuple[Any, ...]) -> Any:
        """Make the call and give what it gives; raises libvirt's error."""
        own = OwnConnection(self._home)
        try:
            value = self._plan(own, self._handle(own), args)
        except BaseException:
            own.library_connection.close()
            raise
        if self._client is None:
            own.library_connection.close()
            return value
        self._loop.call_soon_threadsafe(holding.until_gone, self._client, lambda: self._leave(own))
        return value

    def _handle(self, own: OwnConnection) -> Handle | None:
        where = place(self._path) if self._path is not None else None
        return handle_of(own.connection, where) if where is not None else None

    def _leave(self, own: OwnConnection) -> None:
        self._home.threads.normal.put(lambda: _close(own))


def _close(own: OwnConnection) -> None:
    try:
        own.library_connection.close()
    except libvirt.libvirtError:
        log.exception("a client's own connection did not close")
