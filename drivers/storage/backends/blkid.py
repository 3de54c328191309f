# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is on a device, as blkid sees it: a file system or a partition table."""

from __future__ import annotations

from virtbus.bus.errors import StorageProbeFailed
from virtbus.drivers.common.engine.process import Runner

PROGRAM = "/sbin/blkid"
NOTHING = 2


def probe(device: str) -> list[str]:
    """Give the command that looks at a device itself, not at what is remembered of it."""
    return [PROGRAM, "-p", "-o", "export", device]


async def found_on(processes: Runner, device: str) -> str:
    """Give the format of what is on a device, empty for nothing; StorageProbeFailed where it cannot be seen."""
    result = await processes.run(probe(device))
    if result.status == NOTHING and not result.err.strip():
        return ""
    if result.status:
        raise StorageProbeFailed(f"Failed to create filesystem probe for device {device}")
    words = dict(line.split("=", 1) for line in result.text.splitlines() if "=" in line)
    return words.get("TYPE") or words.get("PTTYPE") or ""
