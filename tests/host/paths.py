# SPDX-License-Identifier: LGPL-2.1-or-later
"""Name the places of the checkout and of the private hosts."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
BUILD: Final = ROOT / "build"
VENV: Final = BUILD / "venv"
PYTHON: Final = VENV / "bin/python"
CACHE: Final = BUILD / "cache"
HOSTS: Final = BUILD / "hosts"

TOOL_PATH: Final = f"{VENV}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class HostError(Exception):
    """Say in one line what is wrong and what to do about it."""


class Place:
    """The files of one private host, seen from outside it."""

    def __init__(self, name: str) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
            raise HostError(f"{name!r} is no name for a host: small letters, digits and '-' only")
        self.name = name
        self.state = HOSTS / name
        self.root = self.state / "root"
        self.log = self.state / "log"
        self.process = self.state / "process"

    @property
    def group(self) -> str:
        """Give the control group's name, different in each checkout."""
        return f"virtbus-{zlib.crc32(bytes(ROOT)):08x}-{self.name}"
