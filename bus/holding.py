# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a client holds only for as long as he stays: guests that end with him, and the like."""

from __future__ import annotations

import contextvars
from collections.abc import Callable

from virtbus.bus.link import Link

Leave = Callable[[], None]
Client = tuple[Link, str | None]
"""A link, and on a bus the unique name of one connection there."""

_client: contextvars.ContextVar[Client | None] = contextvars.ContextVar("client", default=None)
_leaving: dict[tuple[int, str | None], list[Leave]] = {}


def serving(link: Link, sender: str | None) -> None:
    """Say for whom the call works that begins now."""
    _client.set((link, sender))


def client() -> Client | None:
    """Give the client of the running call; None where the daemon works of its own accord."""
    return _client.get()


def until_gone(who: Client, leave: Leave) -> None:
    """Call `leave` once in the event loop when the client goes away. Loop only."""
    link, sender = who
    if link.closed:
        leave()
        return
    _leaving.setdefault((id(link), sender), []).append(leave)


def gone(link: Link, sender: str | None) -> None:
    """Let go of what a client held who went away."""
    for leave in _leaving.pop((id(link), sender), ()):
        leave()
