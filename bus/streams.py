# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a call that opens a stream gives: a descriptor for the data, and how its end is told.

Bulk bytes never travel in messages. The daemon hands out one end of a socket pair; the other side writes or reads
plain bytes there, then says `finish` (and learns whether everything arrived) or `abort`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any


async def _nothing() -> None:
    """End a stream that has nothing left to tell."""


@dataclass(slots=True)
class StreamEnd:
    """The driver's side of a stream that was just opened.

    `fd` goes to the caller and is closed here once sent. `finish` is awaited when the caller says that all data was
    sent or read: it raises what went wrong. `abort` is awaited when he gives up, or goes away. `result` is what the
    call gives besides the stream, for the calls that do (a screenshot's MIME type).
    """

    fd: int
    finish: Callable[[], Awaitable[None]] = _nothing
    abort: Callable[[], Awaitable[None]] = _nothing
    result: Any = None
