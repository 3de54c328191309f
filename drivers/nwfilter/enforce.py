# SPDX-License-Identifier: LGPL-2.1-or-later
"""Put rulesets in force, and keep what was in force where that fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from virtbus.bus.errors import InternalError
from virtbus.drivers.common.engine.nft import Firewall
from virtbus.drivers.nwfilter.ruleset import FAMILY, TABLE, Ruleset, commands, rebuild

log = logging.getLogger(__name__)


class Enforcer:
    """Change the table; `everything` gives the rulesets that should be in it already."""

    def __init__(self, firewall: Firewall, everything: Callable[[], Sequence[Ruleset]]) -> None:
        self._firewall, self._everything = firewall, everything

    async def change(self, new: Sequence[Ruleset], old: Sequence[Ruleset] = ()) -> None:
        """Have `new` in force in place of `old`, in one transaction; InternalError leaves all as it was.

        Somebody else may have flushed the table. Then the change cannot be made, but the table can be made anew.
        """
        if not any(ruleset.chains for ruleset in (*new, *old)):
            return
        try:
            await self._firewall.apply(commands(new, old))
        except InternalError:
            changed = {ruleset.port for ruleset in (*new, *old)}
            others = [ruleset for ruleset in self._everything() if ruleset.port not in changed]
            await self._firewall.apply(rebuild([*others, *new], await self._firewall.table(FAMILY, TABLE)))
            log.warning("the rules of the table were not as they should be: it was made anew")

    async def restore(self) -> None:
        """Make the table what it should be, in one transaction that leaves no moment without rules."""
        await self._firewall.apply(rebuild(self._everything(), await self._firewall.table(FAMILY, TABLE)))
