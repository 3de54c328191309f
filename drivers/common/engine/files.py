# SPDX-License-Identifier: LGPL-2.1-or-later
"""Small files: whole reads, atomic writes, links. The calls block briefly; `Store` takes them off the loop."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import Protocol

from virtbus.bus.errors import SystemCallError


class Filesystem(Protocol):
    """What keeps files."""

    def read(self, path: str) -> str | None:
        """Give a file's text, None when there is no such file."""
        ...

    def write(self, path: str, text: str, mode: int = 0o600, *, durable: bool = False) -> None:
        """Put a whole file in its place: a reader finds the old text or the new, never a part."""
        ...

    def remove(self, path: str) -> None:
        """Take a file or link away; it need not be there."""
        ...

    def make_folder(self, path: str, mode: int = 0o700) -> None:
        """Make a folder and what leads to it."""
        ...

    def names(self, path: str) -> list[str]:
        """Give the names in a folder, sorted; none when there is no such folder."""
        ...

    def link(self, target: str, path: str) -> None:
        """Put a symbolic link in its place."""
        ...

    def is_link(self, path: str, target: str) -> bool:
        """Say whether `path` is a link that leads where `target` is."""
        ...

    def exists(self, path: str) -> bool:
        """Say whether there is something at `path`."""
        ...


def system_error(words: str, error: OSError) -> SystemCallError:
    """Give libvirt's error for a refused system call: the words, a colon, the system's own."""
    return SystemCallError(f"{words}: {os.strerror(error.errno or 0)}", int1=error.errno or 0)


class Files:
    """The real file system."""

    def read(self, path: str) -> str | None:
        """Give a file's text, None when there is no such file."""
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise system_error(f"Failed to read file '{path}'", error) from None

    def write(self, path: str, text: str, mode: int = 0o600, *, durable: bool = False) -> None:
        """Put a whole file in its place; `durable` waits for the disk."""
        try:
            handle, temporary = tempfile.mkstemp(prefix=".new-", dir=os.path.dirname(path))
        except OSError as error:
            raise system_error(f"Failed to create file '{path}'", error) from None
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(text)
                file.flush()
                os.fchmod(file.fileno(), mode)
                if durable:
                    os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError as error:
            self.remove(temporary)
            raise system_error(f"Failed to create file '{path}'", error) from None

    def remove(self, path: str) -> None:
        """Take a file or link away; it need not be there."""
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        except OSError as error:
            raise system_error(f"cannot remove file '{path}'", error) from None

    def make_folder(self, path: str, mode: int = 0o700) -> None:
        """Make a folder and what leads to it."""
        try:
            os.makedirs(path, mode, exist_ok=True)
        except OSError as error:
            raise system_error(f"cannot create directory {path}", error) from None

    def names(self, path: str) -> list[str]:
        """Give the names in a folder, sorted; none when there is no such folder."""
        try:
            return sorted(os.listdir(path))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise system_error(f"cannot open directory '{path}'", error) from None

    def link(self, target: str, path: str) -> None:
        """Put a symbolic link in its place."""
        self.remove(path)
        try:
            os.symlink(target, path)
        except OSError as error:
            raise system_error(f"Failed to create symlink '{path}' to '{target}'", error) from None

    def is_link(self, path: str, target: str) -> bool:
        """Say whether `path` is a link that leads where `target` is."""
        return os.path.islink(path) and os.path.realpath(path) == os.path.realpath(target)

    def exists(self, path: str) -> bool:
        """Say whether there is something at `path`."""
        return os.path.lexists(path)
