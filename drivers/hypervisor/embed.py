# SPDX-License-Identifier: LGPL-2.1-or-later
"""The embedded driver's root: a folder whose links lead to the standard places.

So the hosted driver reads and writes exactly what libvirtd's would: /etc/libvirt, /run/libvirt, /var/lib/libvirt.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

RUN = Path("/run/virtbus")
PLACES: Mapping[str, str] = {
    "etc": "/etc/libvirt",
    "run": "/run/libvirt",
    "lib": "/var/lib/libvirt",
    "log": "/var/log/libvirt",
    "cache": "/var/cache/libvirt",
}
"""What the embedded driver looks for in its root, and where that is."""


def links(root: Path, places: Mapping[str, str] = PLACES) -> dict[Path, Path]:
    """Give the links that the root must hold, and what each leads to."""
    return {root / name: Path(target) for name, target in places.items()}


def make_root(root: Path, places: Mapping[str, str] = PLACES) -> None:
    """Make the root's folder and links; what is right already is left alone."""
    root.mkdir(mode=0o755, parents=True, exist_ok=True)
    for link, target in links(root, places).items():
        target.mkdir(mode=0o755, parents=True, exist_ok=True)
        if link.is_symlink() and link.readlink() == target:
            continue
        fresh = link.with_name(f".{link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        os.replace(fresh, link)


def uri_of(scheme: str, root: Path) -> str:
    """Give the URI of the embedded driver of a scheme, with its root."""
    return f"{scheme}:///embed?{urlencode({'root': str(root)}, safe='/')}"
