# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which access checks the administrator has switched on: `access_drivers` of libvirt's configuration."""

from __future__ import annotations

import logging
import re
from pathlib import Path

log = logging.getLogger("virtbus.policy")

CONFIG = Path("/etc/libvirt/libvirtd.conf")
_LISTED = re.compile(r"^[ \t]*access_drivers[ \t]*=[ \t]*\[(?P<items>[^\]]*)\]", re.MULTILINE)
_ITEM = re.compile(r"\"([^\"]*)\"|'([^']*)'")


def access_drivers(path: Path = CONFIG) -> tuple[str, ...]:
    """Give the access drivers that the configuration file names; none where there is no such file.

    A file that cannot be read switches all checks on: better too strict than open.
    """
    try:
        text = path.read_text()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        log.error("%s cannot be read, so every call is checked: %s", path, error)
        return ("polkit",)
    return parse(text)


def parse(text: str) -> tuple[str, ...]:
    """Give the access drivers that a configuration's text names; the last assignment counts."""
    found = [match["items"] for match in _LISTED.finditer(text)]
    if not found:
        return ()
    return tuple(double or single for double, single in _ITEM.findall(found[-1]))
