# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an error may tell a caller, and what not."""

from __future__ import annotations

import builtins
import re

TEXT_MAX = 4096
"""Characters of the longest error text."""

BUS_ERRORS = {
    "InvalidArgs", "UnknownMethod", "UnknownInterface", "UnknownObject", "UnknownProperty", "PropertyReadOnly",
    "InvalidSignature", "AccessDenied",
}  # fmt: skip
EXCEPTIONS = [name for name, kind in vars(builtins).items() if isinstance(kind, type) and name.endswith("Error")]
PYTHON = re.compile(
    "|".join(
        (
            r"Traceback", r"\bFile \"", r"\.py\b", r"\bline \d+, in\b", r"/site-packages/", r"\bvirtbus\.\w+\.",
            r"\bNoneType\b", r"has no attribute", r"\bstruct\.", r"object is not", r"positional argument",
            r"unexpected failure of", r"<class '", r" object at 0x", *(rf"\b{name}\b" for name in EXCEPTIONS),
        )
    )
)  # fmt: skip


def leak(text: str) -> str:
    """Give what is wrong with an error's text: too long, or it tells of the program's inside; "" for nothing."""
    if len(text) > TEXT_MAX:
        return f"an error text of {len(text)} characters: {text[:80]}…"
    if not text:
        return "an error without a text"
    found = PYTHON.search(text)
    return f"{found.group()!r} in the error text {text!r}" if found else ""


def proper(name: str) -> bool:
    """Say whether an error's D-Bus name is one that a caller may expect."""
    return name.startswith("org.libvirt.Error.") or name.removeprefix("org.freedesktop.DBus.Error.") in BUS_ERRORS
