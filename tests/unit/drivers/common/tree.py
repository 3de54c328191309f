# SPDX-License-Identifier: LGPL-2.1-or-later
"""Make a small sysfs in a folder: files by their path, links as "-> target"."""

from __future__ import annotations

from pathlib import Path

from virtbus.drivers.common.engine.sysfs import Sysfs


def make(root: Path, files: dict[str, str | bytes]) -> Sysfs:
    """Give the sysfs of a tree; a text "-> target" makes a link to that path below the root."""
    for path, content in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            place.write_bytes(content)
        elif content.startswith("-> "):
            target = root / content.removeprefix("-> ").lstrip("/")
            target.mkdir(parents=True, exist_ok=True)
            place.symlink_to(target)
        else:
            place.write_text(content)
    return Sysfs(str(root))
