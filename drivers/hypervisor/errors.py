# SPDX-License-Identifier: LGPL-2.1-or-later
"""From libvirt's last error of a thread to the project's own error, with nothing lost."""

from __future__ import annotations

import libvirtmod

from virtbus.bus.errors import ErrorDomain, InternalError, LibvirtError, NoSupport


def last() -> LibvirtError | None:
    """Give the error of this thread's last libvirt call; None if it had none."""
    raw = libvirtmod.virGetLastError()
    if raw is None or raw[0] == 0:
        return None
    code, domain, message, level, str1, str2, str3, int1, int2 = raw
    extra = {"str1": str1, "str2": str2, "str3": str3, "int1": int1, "int2": int2}
    return LibvirtError.whole(code, message or "", domain, level, **extra)


def failed(call: str) -> LibvirtError:
    """Give the error of this thread's last libvirt call; an internal error where libvirt told none."""
    return last() or InternalError(f"{call} failed and did not say why")


def unsupported(function: str) -> LibvirtError:
    """Give what libvirt says of a function that its driver, or this version of it, does not have."""
    return NoSupport(function, origin=_origin(function))


def null_argument(function: str, argument: str) -> LibvirtError:
    """Give what libvirt's public functions say of an argument that is missing."""
    text = f"{argument} in {function} must not be NULL"
    return LibvirtError.whole(8, text, ErrorDomain.DOMAIN, str1=function, str2=argument, int1=0, int2=0)


_ORIGINS = (
    ("virDomainSnapshot", ErrorDomain.DOMAIN_SNAPSHOT),
    ("virDomainCheckpoint", ErrorDomain.DOMAIN_CHECKPOINT),
    ("virDomain", ErrorDomain.DOMAIN),
    ("virNetwork", ErrorDomain.NETWORK),
    ("virStorage", ErrorDomain.STORAGE),
    ("virNodeDevice", ErrorDomain.NODEDEV),
    ("virNWFilter", ErrorDomain.NWFILTER),
    ("virSecret", ErrorDomain.SECRET),
    ("virInterface", ErrorDomain.INTERFACE),
)
"""Which part of libvirt a public function belongs to, by the beginning of its name."""


def _origin(function: str) -> ErrorDomain:
    return next((origin for prefix, origin in _ORIGINS if function.startswith(prefix)), ErrorDomain.NONE)
