# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors of system calls, in libvirt's words."""

from __future__ import annotations

import os

from virtbus.bus.errors import ErrorDomain, SystemCallError


def system_error(error: OSError, text: str, *, origin: ErrorDomain | None = None) -> SystemCallError:
    """Give the error of a system call: `text`, then what the kernel said."""
    number = error.errno or 0
    return SystemCallError(f"{text}: {os.strerror(number)}", int1=number, origin=origin)
