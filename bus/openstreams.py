# SPDX-License-Identifier: LGPL-2.1-or-later
"""The streams that are open on links: `org.libvirt.Stream1` objects, alive until finished, aborted or left behind."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import TYPE_CHECKING

from virtbus.bus.catalogue import Call
from virtbus.bus.errors.wire import BusError
from virtbus.bus.link import Link
from virtbus.bus.streams import StreamEnd
from virtbus.bus.wire import kinds
from virtbus.bus.wire.codec import for_signature
from virtbus.bus.wire.message import Message

if TYPE_CHECKING:
    from virtbus.bus.service import Reply

log = logging.getLogger("virtbus.streams")

INTERFACE = "org.libvirt.Stream1"
PREFIX = "/org/libvirt/stream/"
HEAD = "ho"


class OpenStreams:
    """Every open stream, by link and path."""

    def __init__(self) -> None:
        """Hold none yet."""
        self._numbers = itertools.count(1)
        self._open: dict[tuple[int, str | None, str], StreamEnd] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def follow(self, link: Link) -> None:
        """Abort what is still open on a link when it ends."""
        before = link.on_closed

        def closed() -> None:
            before()
            self._leave([k for k in self._open if k[0] == id(link)])

        link.on_closed = closed

    def leave(self, link: Link, sender: str) -> None:
        """Abort what a connection on the bus left open."""
        self._leave([k for k in self._open if k[:2] == (id(link), sender)])

    def _leave(self, keys: list[tuple[int, str | None, str]]) -> None:
        for key in keys:
            task = asyncio.ensure_future(self._abort(self._open.pop(key)))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    def open(self, reply: Reply, entry: Call, end: StreamEnd) -> None:
        """Answer a call with the stream it opened: its descriptor, its object's path, and the call's own results."""
        path = f"{PREFIX}{next(self._numbers)}"
        self._open[id(reply.link), reply.message.sender, path] = end
        body = bytearray()
        for_signature(HEAD).encode(body, (0, path))
        outs = kinds.of_fields(entry.outs)
        outs.encode(body, (end.result,) if entry.outs else ())
        reply.send(HEAD + outs.signature, bytes(body), [end.fd])

    def handles(self, message: Message) -> bool:
        """Say whether a message is meant for a stream."""
        return message.interface == INTERFACE or (message.path or "").startswith(PREFIX)

    async def handle(self, reply: Reply) -> None:
        """Answer Finish and Abort."""
        message = reply.message
        if message.member not in ("Finish", "Abort"):
            raise BusError("UnknownMethod", f"a stream has no method '{message.member}'")
        end = self._open.pop((id(reply.link), message.sender, message.path or ""), None)
        if end is None:
            raise BusError("UnknownObject", "the stream is not open any more")
        await (end.finish() if message.member == "Finish" else end.abort())
        reply.values("")

    async def _abort(self, end: StreamEnd) -> None:
        try:
            await end.abort()
        except Exception:
            log.exception("a stream that its client left did not end cleanly")
