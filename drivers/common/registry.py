# SPDX-License-Identifier: LGPL-2.1-or-later
"""A driver's objects by name and UUID."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Named(Protocol):
    """What has a name and a UUID (16 bytes)."""

    @property
    def name(self) -> str:
        """Give the name."""
        ...

    @property
    def uuid(self) -> bytes:
        """Give the UUID's bytes."""
        ...


T = TypeVar("T", bound=Named)


class Registry(Generic[T]):
    """Keep objects in the order they came; names and UUIDs are unique, and the caller has checked that."""

    def __init__(self) -> None:
        self._by_uuid: dict[bytes, T] = {}
        self._by_name: dict[str, T] = {}

    def add(self, item: T) -> None:
        """Take an object in; ValueError when its name or UUID is another's."""
        if self._by_uuid.get(item.uuid, item) is not item or self._by_name.get(item.name, item) is not item:
            raise ValueError(f"{item.name} is there already")
        self._by_uuid[item.uuid] = item
        self._by_name[item.name] = item

    def remove(self, item: T) -> None:
        """Forget an object; it need not be there."""
        self._by_uuid.pop(item.uuid, None)
        self._by_name.pop(item.name, None)

    def by_name(self, name: str) -> T | None:
        """Give the object of a name."""
        return self._by_name.get(name)

    def by_uuid(self, uuid: bytes) -> T | None:
        """Give the object of a UUID."""
        return self._by_uuid.get(uuid)

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._by_uuid.values()))

    def __len__(self) -> int:
        return len(self._by_uuid)

    def __contains__(self, item: T) -> bool:
        return self._by_uuid.get(item.uuid) is item
