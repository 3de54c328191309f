# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is on a device, as blkid sees it: a file system or a partition table."""

from __future__ import annotations

from virtbus.bus.errors import StoragePoolBuilt, StorageProbeFailed
from virtbus.drivers.common.engine.process import Runner
from virtbus.drivers.storage.backends.base import plain

PROGRAM = "/sbin/blkid"
NOTHING = 2


def probe(device: str) -> list[str]:
    """Give the command that looks at a device itself, not at what is remembered of it."""
    return [PROGRAM, "-p", "-o", "export", plain(device)]


async def found_on(processes: Runner, device: str) -> str:
    """Give the format of what is on a device, empty for nothing; StorageProbeFailed where it cannot be seen."""
    result = await processes.run(probe(device))
    if result.status == NOTHING and not result.err.strip():
        return ""
    if result.status:
        raise StorageProbeFailed(f"Failed to create filesystem probe for device {device}")
    words = dict(line.split("=", 1) for line in result.text.splitlines() if "=" in line)
    return words.get("TYPE") or words.get("PTTYPE") or ""


async def refuse_contents(processes: Runner, device: str, kind: str) -> None:
    """Refuse a device on which there is something already."""
    found = await found_on(processes, device)
    if not found:
        return
    if found == kind:
        raise StoragePoolBuilt(f"Device '{device}' already formatted using '{kind}'")
    text = f"Format of device '{device}' does not match the expected format '{kind}', forced overwrite is necessary"
    raise StoragePoolBuilt(text)
