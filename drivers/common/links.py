# SPDX-License-Identifier: LGPL-2.1-or-later
"""What sysfs tells of a network link's state, in libvirt's words."""

from __future__ import annotations

from virtbus.drivers.common.engine.sysfs import Sysfs
from virtbus.drivers.common.xml.values import to_int

_STATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")


def link_attributes(sysfs: Sysfs, path: str) -> list[tuple[str, str]]:
    """Give the attributes of a link's <link> element: its speed in Mbit/s while it is up, and its state."""
    state = sysfs.read(f"{path}/operstate") or ""
    shown = [("state", state)] if state in _STATES else []
    speed = to_int(sysfs.read(f"{path}/speed") or "", 1, 2**31 - 1) if state == "up" else None
    return ([("speed", str(speed))] if speed else []) + shown
