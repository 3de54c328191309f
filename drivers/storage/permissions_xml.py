# SPDX-License-Identifier: LGPL-2.1-or-later
"""<permissions> and <timestamps>, which pools, volumes and backing images share."""

from __future__ import annotations

import re

from virtbus.bus.errors import XmlError
from virtbus.drivers.common.xml.parse import Element, text_of
from virtbus.drivers.common.xml.values import to_int
from virtbus.drivers.common.xml.writer import Writer
from virtbus.drivers.storage.model import Moment, Permissions, Times

_OCTAL = re.compile(r"\s*[+-]?[0-7]+\Z")


def read_permissions(element: Element | None) -> Permissions:
    """Give the permissions that an element asks for."""
    if element is None:
        return Permissions()
    return Permissions(_mode(element), _account(element, "owner"), _account(element, "group"), _label(element))


def _mode(element: Element) -> int | None:
    child = element.find("mode")
    text = "" if child is None else text_of(child)
    if not text:
        return None
    if not _OCTAL.match(text) or int(text, 8) & ~0o777:
        raise XmlError("malformed octal mode")
    return int(text, 8)


def _account(element: Element, tag: str) -> int | None:
    child = element.find(tag)
    if child is None:
        return None
    value = to_int(text_of(child), -1, 2**32 - 2)
    if value is None:
        raise XmlError(f"malformed {tag} element")
    return None if value == -1 else value


def _label(element: Element) -> str | None:
    child = element.find("label")
    return None if child is None else text_of(child) or None


def write_permissions(writer: Writer, permissions: Permissions) -> None:
    """Write the element, if anything is known."""
    if not permissions:
        return
    writer.open("permissions")
    if permissions.mode is not None:
        writer.leaf("mode", f"{permissions.mode:04o}")
    if permissions.owner is not None:
        writer.leaf("owner", str(permissions.owner))
    if permissions.group is not None:
        writer.leaf("group", str(permissions.group))
    if permissions.label is not None:
        writer.leaf("label", permissions.label)
    writer.close("permissions")


def write_times(writer: Writer, times: Times | None) -> None:
    """Write the element, if the times are known."""
    if times is None:
        return
    writer.open("timestamps")
    for tag in ("atime", "mtime", "ctime", "btime"):
        writer.leaf(tag, _moment(getattr(times, tag)))
    writer.close("timestamps")


def _moment(moment: Moment) -> str:
    seconds, nanoseconds = moment
    return f"{seconds}.{nanoseconds:09d}" if nanoseconds else str(seconds)
