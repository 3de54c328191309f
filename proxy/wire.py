# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a client's socket is to the rest of the proxy, whatever transport lies below."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

Bytes = bytes | bytearray | memoryview


class Wire(Protocol):
    """The way to one client. Everything here happens in the event loop."""

    transport: str
    secure: bool
    peer: str

    @property
    def pending(self) -> int:
        """Give how many bytes wait to be sent."""

    def send(self, data: Bytes, fds: Sequence[int] = ()) -> None:
        """Send a whole packet, and after it the descriptors, which are closed here."""

    def close(self) -> None:
        """End the connection once what waits is sent."""

    def abort(self) -> None:
        """End the connection now."""

    def pause(self) -> None:
        """Stop reading."""

    def resume(self) -> None:
        """Read again."""


class Receiver(Protocol):
    """Who is told what a client's socket does."""

    def received(self, data: bytes, fds: list[int]) -> None:
        """Take what arrived."""

    def drained(self) -> None:
        """Note that everything that waited was sent."""

    def ended(self) -> None:
        """Note that the connection is over."""


def close_all(fds: Sequence[int]) -> None:
    """Close descriptors."""
    for fd in fds:
        os.close(fd)
