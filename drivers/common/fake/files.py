# SPDX-License-Identifier: LGPL-2.1-or-later
"""A file system in memory, with the calls of `drivers.common.engine.files`."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping


class Files:
    """Keep files in `contents` (path to text) and links in `links` (path to target)."""

    def __init__(self, contents: Mapping[str, str] | None = None) -> None:
        self.contents: dict[str, str] = dict(contents or {})
        self.links: dict[str, str] = {}
        self.modes: dict[str, int] = {}

    def read(self, path: str) -> str | None:
        """Give a file's text, None when there is no such file."""
        return self.contents.get(path)

    def write(self, path: str, text: str, mode: int = 0o600, *, durable: bool = False) -> None:
        """Keep a file."""
        self.contents[path] = text
        self.modes[path] = mode

    def remove(self, path: str) -> None:
        """Forget a file or link."""
        self.contents.pop(path, None)
        self.links.pop(path, None)

    def make_folder(self, path: str, mode: int = 0o700) -> None:
        """Do nothing: folders are there when a file is."""

    def names(self, path: str) -> list[str]:
        """Give the names in a folder, sorted."""
        return sorted(posixpath.basename(p) for p in {*self.contents, *self.links} if posixpath.dirname(p) == path)

    def link(self, target: str, path: str) -> None:
        """Keep a link."""
        self.links[path] = target

    def is_link(self, path: str, target: str) -> bool:
        """Say whether there is such a link."""
        return self.links.get(path) == target

    def exists(self, path: str) -> bool:
        """Say whether there is something at `path`."""
        return path in self.contents or path in self.links
