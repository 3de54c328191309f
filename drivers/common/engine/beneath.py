# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files beneath a folder, and nothing outside it, whatever links somebody plants meanwhile.

A name is one element of a path. It is opened without following links first; a link is followed only as far as the
kernel vouches that the way stays beneath the folder (openat2 with RESOLVE_BENEATH, Linux 5.6).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import struct
from collections.abc import Iterator

SYS_OPENAT2 = 437
RESOLVE_NO_MAGICLINKS = 0x02
RESOLVE_BENEATH = 0x08

_LIBC = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def folder(path: str) -> Iterator[int]:
    """Give a descriptor of a folder for the time of the block."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


def check_element(name: str) -> None:
    """Refuse (as the kernel would: EINVAL) what is no single element below a folder."""
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), name)


def open_beneath(at: int, name: str, flags: int, mode: int = 0o600) -> int:
    """Open the element `name` of the folder `at`; OSError (EXDEV, ELOOP) for a link that leads out of it."""
    check_element(name)
    flags |= os.O_CLOEXEC | os.O_NOCTTY
    try:
        return os.open(name, flags | os.O_NOFOLLOW, mode, dir_fd=at)
    except OSError as error:
        if error.errno != errno.ELOOP or flags & os.O_CREAT:
            raise
    return _openat2(at, name, flags)


def _openat2(at: int, name: str, flags: int) -> int:
    how = struct.pack("=QQQ", flags, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)
    found = _LIBC.syscall(
        ctypes.c_long(SYS_OPENAT2), ctypes.c_int(at), ctypes.c_char_p(os.fsencode(name)), ctypes.c_char_p(how),
        ctypes.c_size_t(len(how)),
    )  # fmt: skip
    if found >= 0:
        return int(found)
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), name)
