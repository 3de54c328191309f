# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether a silent client still lives: ask every so often, give up after so many questions without a sign of life."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Step(enum.Enum):
    """What to do when the interval is over."""

    WAIT = "wait"
    PING = "ping"
    GIVE_UP = "give up"


@dataclass(slots=True)
class KeepAlive:
    """Counts; knows no clock. `tick` is called once an interval, `heard` whenever anything arrives."""

    count: int
    asked: int = 0
    quiet: bool = False

    def heard(self) -> None:
        """Note a sign of life."""
        self.asked = 0
        self.quiet = False

    def tick(self) -> Step:
        """Give what to do at the end of an interval."""
        if not self.quiet:
            self.quiet = True
            return Step.WAIT
        if self.asked >= self.count:
            return Step.GIVE_UP
        self.asked += 1
        return Step.PING
