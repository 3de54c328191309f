# SPDX-License-Identifier: LGPL-2.1-or-later
"""The secret driver: the secrets of this host, those on disk and those in memory alone."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any, Protocol

from virtbus.bus.catalogue import Api
from virtbus.bus.errors import ErrorDomain, LibvirtError, NoSecret
from virtbus.drivers.common.engine.files import Files, Filesystem
from virtbus.drivers.common.engine.memory import keep_private
from virtbus.drivers.secret.manager import SecretManager
from virtbus.drivers.secret.secret import StoredSecret
from virtbus.drivers.secret.store import SecretStore
from virtbus.drivers.secret.trust import BusTrust, Trust

FOLDER = "/etc/libvirt/secrets"
SECRETS = "/org/libvirt/secret1/secret/"


class Publisher(Protocol):
    """What the driver tells to the world."""

    def emit(self, event: Any, *args: Any) -> None:
        """Tell an event."""

    def added(self, obj: Api) -> None:
        """Tell that an object came."""

    def removed(self, obj: Api) -> None:
        """Tell that an object went."""


class SecretDriver:
    """The secrets of this host."""

    def __init__(self, *, files: Filesystem | None = None, folder: str = FOLDER, trust: Trust | None = None) -> None:
        self.origin: ErrorDomain = ErrorDomain.SECRET
        self.store = SecretStore(files or Files(), folder)
        self.trust: Trust = trust or BusTrust()
        self.secrets: dict[bytes, StoredSecret] = {}
        self.lock = asyncio.Lock()
        self.manager: Api = SecretManager(self)
        self.bus: Publisher

    def find(self, path: str) -> Api | None:
        """Give the secret at a path."""
        named = _uuid_at(path)
        return None if named is None else self.secrets.get(named.bytes)

    def objects(self) -> Iterator[Api]:
        """Give every secret."""
        yield from list(self.secrets.values())

    def missing(self, path: str) -> LibvirtError:
        """Give the error for a path at which nothing is."""
        named = _uuid_at(path)
        return NoSecret(f"no secret with matching uuid '{named}'" if named else f"no secret at '{path}'")

    def add(self, secret: StoredSecret) -> None:
        """Take a new secret in."""
        self.secrets[secret.uuid] = secret
        self.bus.added(secret)

    def forget(self, secret: StoredSecret) -> None:
        """Let a secret go."""
        if self.secrets.pop(secret.uuid, None) is not None:
            self.bus.removed(secret)

    async def start(self, bus: Publisher) -> None:
        """Load what is stored; from here on the process leaves no core dump and cannot be read by others."""
        self.bus = bus
        keep_private()
        for model, value in await asyncio.to_thread(self.store.load):
            self.secrets[model.uuid.bytes] = StoredSecret(self, model, value)

    async def stop(self) -> None:
        """Forget the values."""
        self.secrets.clear()


def _uuid_at(path: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(hex=path.removeprefix(SECRETS)) if path.startswith(SECRETS) else None
    except ValueError:
        return None
