# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a client opens: the URI it names, and the daemons that answer for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from virtbus.bus import daemons
from virtbus.bus.daemons import Daemon, Route
from virtbus.bus.errors import ErrorDomain, InternalError, NoConnect

_URI = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?[^#]*)?(?:#.*)?\Z", re.DOTALL)
NAME_MAX = 1024


def route(known: Sequence[Daemon], name: str | None, default: str) -> Route:
    """Give where a connection to the URI `name` goes; `default` is what no name means here ("" lets the list say)."""
    text = name or default
    if not text:
        return daemons.route(known, "", "")
    scheme, host, path = split(text)
    if scheme == "qemu" and path == "/session":
        raise NoConnect("qemu:///session: every user's own daemon is to be asked, not the system's")
    if host:
        raise NoConnect(f"{text[:NAME_MAX]}: this daemon does not connect to other hosts")
    try:
        return daemons.route(known, scheme, path)
    except NoConnect:
        if path and any(uri.scheme == scheme for daemon in known for uri in daemon.uris):
            hint = f"unexpected {scheme} URI path '{path[:NAME_MAX]}', try {scheme}:///system"
            raise InternalError(hint, origin=ErrorDomain.NONE) from None
        raise NoConnect(text[:NAME_MAX], origin=ErrorDomain.NONE) from None


def split(text: str) -> tuple[str, str, str]:
    """Give scheme, host and path of a URI."""
    found = _URI.match(text)
    if found is None or text.startswith(":"):
        raise InternalError(f"Unable to parse URI {text[:NAME_MAX]}", origin=ErrorDomain.URI)
    scheme, host, path = found.groups()
    if not scheme:
        raise NoConnect(f"URI '{text[:NAME_MAX]}' does not include a driver name", origin=ErrorDomain.NONE)
    return scheme, host or "", path or ""
