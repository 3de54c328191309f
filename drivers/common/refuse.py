# SPDX-License-Identifier: LGPL-2.1-or-later
"""Refusals of arguments, in libvirt's words."""

from __future__ import annotations

from virtbus.bus.errors import InvalidArg, LibvirtError


def bad_argument(function: str, argument: str, message: str) -> LibvirtError:
    """Give the error of an argument that a function does not take: the text stands alone, without a prefix."""
    error = InvalidArg(message, int1=0, int2=0)
    error.message = message
    error.args = (message,)
    error.str1, error.str2 = function, argument
    return error


def check_exclusive(flags: int, pairs: tuple[tuple[int, str], tuple[int, str]], function: str) -> None:
    """Refuse two flags together that exclude each other."""
    (one, one_name), (other, other_name) = pairs
    if flags & one and flags & other:
        raise bad_argument(function, "flags", f"Flags '{one_name}' and '{other_name}' are mutually exclusive")
