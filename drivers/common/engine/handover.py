# SPDX-License-Identifier: LGPL-2.1-or-later
"""Give a program bytes that no file holds: an anonymous file in memory, passed as a descriptor."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def in_memory(data: bytes) -> Iterator[int]:
    """Give a descriptor from which the data can be read, by `/proc/self/fd/N`, for the time of the block."""
    handle = os.memfd_create("value", os.MFD_CLOEXEC)
    try:
        os.write(handle, data)
        os.lseek(handle, 0, os.SEEK_SET)
        yield handle
    finally:
        os.close(handle)
