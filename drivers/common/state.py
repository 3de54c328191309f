# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a driver keeps on disk, in libvirt's own places: documents, autostart links, and the state of what runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from virtbus.drivers.common.engine.files import Filesystem
from virtbus.drivers.common.xml.writer import escape

SUFFIX = ".xml"


class Document(NamedTuple):
    """A kept document: the object's name as the file has it, and its XML."""

    name: str
    text: str


@dataclass(frozen=True)
class Places:
    """The folders of a kind of object. `status` is lost at reboot; `autostart` holds links into `config`."""

    config: str
    autostart: str
    status: str


class Store:
    """Read and write the documents of one kind of object. `edit` is the command that changes one, for its banner."""

    def __init__(self, files: Filesystem, places: Places, edit: str) -> None:
        self.files = files
        self.places = places
        self._edit = edit

    def load(self) -> list[Document]:
        """Give the persistent documents by name (blocks; for the start)."""
        return self._load(self.places.config)

    def load_status(self) -> list[Document]:
        """Give the states of what ran when the driver last wrote (blocks; for the start)."""
        return self._load(self.places.status)

    async def save(self, name: str, text: str) -> None:
        """Keep an object's persistent document."""
        await self._write(self.places.config, name, banner(f"{self._edit} {name}") + text, durable=True)

    async def delete(self, name: str) -> None:
        """Forget an object's document and its autostart link."""
        await asyncio.to_thread(self._remove, self._autostart(name), self._config(name))

    async def save_status(self, name: str, text: str) -> None:
        """Keep the state of a running object."""
        await self._write(self.places.status, name, banner(f"{self._edit} {name}") + text, durable=False)

    async def delete_status(self, name: str) -> None:
        """Forget the state of an object that no longer runs."""
        await asyncio.to_thread(self._remove, f"{self.places.status}/{name}{SUFFIX}")

    def autostarts(self, name: str) -> bool:
        """Say whether an object starts with the host (one look at the disk)."""
        return self.files.is_link(self._autostart(name), self._config(name))

    async def set_autostart(self, name: str, wanted: bool) -> None:
        """Make or remove an object's autostart link."""
        if not wanted:
            await asyncio.to_thread(self._remove, self._autostart(name))
            return
        await asyncio.to_thread(self._link, name)

    async def in_thread(self, work: Callable[[], None]) -> None:
        """Do some file work off the event loop."""
        await asyncio.to_thread(work)

    def _load(self, folder: str) -> list[Document]:
        found = []
        for file in self.files.names(folder):
            if file.startswith(".") or not file.endswith(SUFFIX):
                continue
            text = self.files.read(f"{folder}/{file}")
            if text is not None:
                found.append(Document(file.removesuffix(SUFFIX), text))
        return found

    async def _write(self, folder: str, name: str, text: str, *, durable: bool) -> None:
        def work() -> None:
            self.files.make_folder(folder)
            self.files.write(f"{folder}/{name}{SUFFIX}", text, durable=durable)

        await asyncio.to_thread(work)

    def _link(self, name: str) -> None:
        self.files.make_folder(self.places.autostart)
        self.files.link(self._config(name), self._autostart(name))

    def _remove(self, *paths: str) -> None:
        for path in paths:
            self.files.remove(path)

    def _config(self, name: str) -> str:
        return f"{self.places.config}/{name}{SUFFIX}"

    def _autostart(self, name: str) -> str:
        return f"{self.places.autostart}/{name}{SUFFIX}"


def banner(command: str) -> str:
    """Give the comment that tells a reader of the file how to change the object."""
    shown = escape(command).replace("--", "- -")
    return (
        f"<!--\nThis file is written by a program; an edit here would be overwritten. To change it:\n  {shown}\n-->\n\n"
    )
