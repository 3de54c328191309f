# SPDX-License-Identifier: LGPL-2.1-or-later
"""Refuse flags that a function does not know, in libvirt's words."""

from __future__ import annotations

from virtbus.bus.errors import ErrorDomain, InvalidArg


def check_flags(flags: int, allowed: int, function: str, *, origin: ErrorDomain | None = None) -> None:
    """Raise InvalidArg for the bits of `flags` that are not `allowed`; `function` is libvirt's name for the call."""
    unknown = flags & ~allowed
    if not unknown:
        return
    error = InvalidArg(origin=origin, int1=0, int2=0)
    error.message = f"unsupported flags (0x{unknown:x}) in function {function}"
    error.args = (error.message,)
    error.str1, error.str2 = function, "flags"
    raise error
