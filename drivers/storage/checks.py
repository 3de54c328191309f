# SPDX-License-Identifier: LGPL-2.1-or-later
"""Refusals that every call shares, in libvirt's words."""

from __future__ import annotations

import os

from virtbus.bus.errors import ErrorDomain, InvalidArg, LibvirtError, SystemCallError


def bad_argument(function: str, argument: str, message: str) -> LibvirtError:
    """Give the error of an argument that a function does not take: the text stands alone, without a prefix."""
    error = InvalidArg(message, int1=0, int2=0)
    error.message = message
    error.args = (message,)
    error.str1, error.str2 = function, argument
    return error


def check_flags(flags: int, allowed: int, function: str) -> None:
    """Refuse bits of `flags` that `function` does not know."""
    unknown = flags & ~allowed
    if unknown:
        raise bad_argument(function, "flags", f"unsupported flags (0x{unknown:x}) in function {function}")


def check_exclusive(flags: int, pairs: tuple[tuple[int, str], tuple[int, str]], function: str) -> None:
    """Refuse two flags together that exclude each other."""
    (one, one_name), (other, other_name) = pairs
    if flags & one and flags & other:
        text = f"Flags '{one_name}' and '{other_name}' are mutually exclusive"
        raise bad_argument(function, "flags", text)


def system_error(error: OSError, text: str, *, origin: ErrorDomain | None = None) -> SystemCallError:
    """Give the error of a system call: `text`, then what the kernel said."""
    number = error.errno or 0
    return SystemCallError(f"{text}: {os.strerror(number)}", int1=number, origin=origin)
