# SPDX-License-Identifier: LGPL-2.1-or-later
"""A pretended polkit behind a pretended bus, and the objects of a pretended daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from virtbus.bus.api import network as api
from virtbus.bus.caller import Caller
from virtbus.bus.errors import NoNetwork, OperationFailed
from virtbus.bus.refs import NetworkRef
from virtbus.bus.wire.codec import for_signature
from virtbus.bus.wire.message import Fields, Message, Type

Rule = Callable[[str, dict[str, str], dict[str, Any]], bool]
ALICE = Caller(uid=1000, pid=1, start_time=5, transport="unix", vouched=True)
BOB = Caller(uid=1001, pid=2, start_time=6, unique_name=":1.2")
ROOT = Caller(uid=0, pid=3, start_time=7, unique_name=":1.3")
REMOTE = Caller(transport="tls", x509_dname="CN=carol", vouched=True)


class Polkit:
    """Answers by a rule: action, details and subject in, yes or no out."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.asked: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.cancelled: list[str] = []
        self.flags: list[int] = []
        self.broken = False
        self.gate: asyncio.Event | None = None
        self._arrived = asyncio.Event()
        self._changed: list[Callable[[Message], None]] = []
        self._owners: list[Callable[[str], None]] = []

    async def request(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        args: Sequence[Any] = (),
        fds: Sequence[int] = (),
    ) -> Message:
        """Answer one call, after the gate is open."""
        for_signature(signature).encode(bytearray(), tuple(args))
        if member == "CancelCheckAuthorization":
            self.cancelled.append(args[0])
            return reply("", ())
        (kind, subject), action, details, flags, _cancellation = args
        known = {"kind": kind, **{key: variant.value for key, variant in subject.items()}}
        self.asked.append((action, details, known))
        self.flags.append(flags)
        self._arrived.set()
        if self.broken:
            raise OperationFailed("polkit is ill")
        if self.gate is not None:
            await self.gate.wait()
        return reply("(bba{ss})", ((self.rule(action, details, known), False, {}),))

    async def until_asked(self, times: int) -> None:
        """Wait until that many questions have come."""
        while len(self.asked) < times:
            self._arrived.clear()
            await self._arrived.wait()

    async def subscribe(self, sender: str, interface: str, member: str, handler: Callable[[Message], None]) -> None:
        """Keep who wants to hear of changes."""
        self._changed.append(handler)

    async def watch_owner(self, name: str, changed: Callable[[str], None]) -> None:
        """Keep who wants to hear of restarts."""
        self._owners.append(changed)

    def change(self) -> None:
        """Say that the rules changed."""
        for handler in self._changed:
            handler(reply("", ()))

    def restart(self) -> None:
        """Say that polkit has a new process."""
        for changed in self._owners:
            changed(":1.99")


def reply(signature: str, values: tuple[Any, ...]) -> Message:
    """Give a method's reply."""
    body = bytearray()
    for_signature(signature).encode(body, values)
    return Message(Type.METHOD_RETURN, Fields(signature=signature), body=bytes(body))


def yes(_action: str, _details: dict[str, str], _subject: dict[str, Any]) -> bool:
    """Allow everything."""
    return True


def no(_action: str, _details: dict[str, str], _subject: dict[str, Any]) -> bool:
    """Allow nothing."""
    return False


def named(prefix: str) -> Rule:
    """Allow what concerns networks whose name begins so, and connecting."""
    return lambda action, details, _subject: ".connect." in action or details.get("network_name", "").startswith(prefix)


class Network(api.Network):
    """A network with an owner."""

    def __init__(self, name: str, number: int) -> None:
        self.ref = NetworkRef(name, bytes([number]) * 16)

    def access_details(self) -> dict[str, str]:
        """Give who owns it."""
        return {"owner": self.ref.name.partition("-")[0]}


class Manager(api.Manager):
    """A few networks."""

    def __init__(self, *names: str) -> None:
        self.networks = {name: Network(name, number) for number, name in enumerate(names, 1)}

    async def list_networks(self) -> list[str]:
        """Give all names."""
        return list(self.networks)

    async def network_lookup_by_name(self, name: str) -> NetworkRef:
        """Find one."""
        if name not in self.networks:
            raise NoNetwork(f"no network with matching name '{name}'")
        ref: NetworkRef = self.networks[name].ref
        return ref
