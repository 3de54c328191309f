# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernel's devices as sysfs shows them, with what udev knows besides (it need not run)."""

from __future__ import annotations

import os
from collections.abc import Iterator

PROPERTIES_MAX = 1024


class Sysfs:
    """Devices below `root` ("" for the real ones). A device's path is that without the root: /sys/devices/…"""

    def __init__(self, root: str = "") -> None:
        self._root = root

    def devices(self) -> Iterator[str]:
        """Give the paths of all devices of a bus or class, parents before their children."""
        found = {path for place in ("bus", "class") for path in self._links(place)}
        return iter(sorted(found))

    def _links(self, place: str) -> Iterator[str]:
        base = f"/sys/{place}"
        for name in self.names(base):
            folder = f"{base}/{name}/devices" if place == "bus" else f"{base}/{name}"
            for device in self.names(folder):
                path = self.resolve(f"{folder}/{device}")
                if path.startswith("/sys/devices/"):
                    yield path

    def resolve(self, path: str) -> str:
        """Give where links lead."""
        return os.path.realpath(self._root + path).removeprefix(os.path.realpath(self._root) if self._root else "")

    def names(self, path: str) -> list[str]:
        """Give the names in a folder, sorted; none where there is no such folder."""
        try:
            return sorted(os.listdir(self._root + path))
        except OSError:
            return []

    def exists(self, path: str) -> bool:
        """Say whether there is something at a path."""
        return os.path.exists(self._root + path)

    def read(self, path: str) -> str | None:
        """Give an attribute without the blanks around it; None where it cannot be read (devices come and go)."""
        try:
            with open(self._root + path, encoding="utf-8", errors="replace") as file:
                return file.read().strip()
        except OSError:
            return None

    def read_bytes(self, path: str, count: int) -> bytes:
        """Give the first bytes of a binary attribute, none where it cannot be read."""
        try:
            with open(self._root + path, "rb") as file:
                return file.read(count)
        except OSError:
            return b""

    def size(self, path: str) -> int:
        """Give how many bytes a file is said to hold, 0 where there is none."""
        try:
            return os.stat(self._root + path).st_size
        except OSError:
            return 0

    def link_name(self, path: str) -> str | None:
        """Give the last part of where a link leads, None where there is none."""
        try:
            return os.path.basename(os.readlink(self._root + path))
        except OSError:
            return None

    def properties(self, path: str) -> dict[str, str]:
        """Give a device's properties: the kernel's, and those of udev's database."""
        found: dict[str, str] = {}
        for line in (self.read(f"{path}/uevent") or "").splitlines()[:PROPERTIES_MAX]:
            key, _, value = line.partition("=")
            found[key] = value
        for kind, text in self._database(path, found):
            if kind == "E":
                key, _, value = text.partition("=")
                found[key] = value
        return found

    def links(self, path: str, properties: dict[str, str]) -> list[str]:
        """Give the links below /dev that udev has made for a device."""
        return sorted(f"/dev/{text}" for kind, text in self._database(path, properties) if kind == "S")

    def _database(self, path: str, properties: dict[str, str]) -> Iterator[tuple[str, str]]:
        text = self.read(f"/run/udev/data/{self._database_id(path, properties)}")
        for line in (text or "").splitlines()[:PROPERTIES_MAX]:
            kind, colon, rest = line.partition(":")
            if colon:
                yield kind, rest

    def _database_id(self, path: str, properties: dict[str, str]) -> str:
        subsystem = self.link_name(f"{path}/subsystem") or ""
        if "MAJOR" in properties:
            return f"{'b' if subsystem == 'block' else 'c'}{properties['MAJOR']}:{properties.get('MINOR', '0')}"
        if "IFINDEX" in properties:
            return f"n{properties['IFINDEX']}"
        return f"+{subsystem}:{os.path.basename(path)}"
