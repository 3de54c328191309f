# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every object answers besides its own calls: the standard interfaces, and what each manager has in common.

Introspectable, Peer, Properties and ObjectManager are those of the D-Bus specification, "Standard Interfaces". A
manager also has OpenPeer (a private connection), Subscribe, Unsubscribe and EventsSince.
"""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from virtbus.bus import VERSION, introspection
from virtbus.bus.caller import Caller, acting
from virtbus.bus.catalogue import Api, Call
from virtbus.bus.errors import LibvirtError, OperationDenied
from virtbus.bus.errors.wire import BusError
from virtbus.bus.link import Link
from virtbus.bus.types import Scalar, UuidBytes, fields_of
from virtbus.bus.wire import kinds
from virtbus.bus.wire.codec import Malformed, Variant, for_signature

if TYPE_CHECKING:
    from virtbus.bus.service import Driver, Reply, Service

DBUS = "org.freedesktop.DBus."
Handler = Callable[["Reply", Caller], Coroutine[Any, Any, None]]


class Standard:
    """The standard interfaces of one driver's objects."""

    def __init__(self, driver: Driver, service: Service) -> None:
        """Answer for the objects of `driver`."""
        self._driver = driver
        self._service: Service = service
        self._handlers: dict[tuple[str, str], tuple[str, Handler]] = {
            ("Introspectable", "Introspect"): ("", self._introspect),
            ("Peer", "Ping"): ("", self._ping),
            ("Peer", "GetMachineId"): ("", self._machine_id),
            ("Properties", "Get"): ("ss", self._get),
            ("Properties", "Set"): ("ssv", self._set),
            ("Properties", "GetAll"): ("s", self._get_all),
            ("ObjectManager", "GetManagedObjects"): ("", self._managed_objects),
            ("Manager", "OpenPeer"): ("a{sv}", self._open_peer),
            ("Manager", "Subscribe"): ("", self._subscribe),
            ("Manager", "Unsubscribe"): ("", self._unsubscribe),
            ("Manager", "EventsSince"): ("tt", self._events_since),
        }

    def handler(self, interface: str | None, member: str) -> Handler | None:
        """Give what answers a member, if it is one of these."""
        short = (interface or "").rpartition(".")[2]
        if interface is not None and short != "Manager" and not interface.startswith(DBUS):
            return None
        known = self._handlers.get((short, member))
        if known is None:
            if interface is not None and interface.startswith(DBUS):
                raise BusError("UnknownMethod", f"{interface} has no method '{member}'")
            return None
        signature, handler = known

        async def checked(reply: Reply, caller: Caller) -> None:
            if reply.message.signature != signature:
                raise BusError("InvalidArgs", f"{member} takes '{signature}', not '{reply.message.signature}'")
            if short == "Manager" and self._service.find(reply.message.path or "").kind != "Manager":
                raise BusError("UnknownInterface", f"the object has no interface '{interface}'")
            with acting(caller):
                await handler(reply, caller)

        return checked

    # -- Introspectable, Peer

    async def _introspect(self, reply: Reply, _caller: Caller) -> None:
        path = reply.message.path or "/"
        children = self._children(path)
        reply.values("s", introspection.node(self._at(path, children), children))

    def _at(self, path: str, children: list[str]) -> Api | None:
        try:
            return self._service.find(path)
        except (LibvirtError, BusError):
            if children:
                return None  # a folder of objects, none itself
            raise

    def _children(self, path: str) -> list[str]:
        prefix = path.rstrip("/") + "/"
        below = (p[len(prefix) :] for p in map(self.path_of, self._objects()) if p.startswith(prefix))
        return sorted({name.partition("/")[0] for name in below if name})

    def _objects(self) -> Iterator[Api]:
        """Give every object, the manager first whether or not the driver counts it."""
        manager = self._driver.manager
        yield manager
        yield from (obj for obj in self._driver.objects() if obj is not manager)

    @staticmethod
    def path_of(obj: Api) -> str:
        """Give an object's path; a manager's is the root of its part of the tree."""
        return str(obj.ref.path()) if obj.ref is not None else f"/org/libvirt/{obj.daemon}1"

    async def _ping(self, reply: Reply, _caller: Caller) -> None:
        reply.values("")

    async def _machine_id(self, reply: Reply, _caller: Caller) -> None:
        reply.values("s", Path("/etc/machine-id").read_text(encoding="ascii").strip())

    # -- Properties

    async def _get(self, reply: Reply, caller: Caller) -> None:
        interface, name = arguments(reply)
        reply.values("v", await self._value(self._object(reply, interface), name, caller))

    async def _get_all(self, reply: Reply, caller: Caller) -> None:
        (interface,) = arguments(reply)
        reply.values("a{sv}", await self.properties_of(self._object(reply, interface), caller))

    async def _set(self, reply: Reply, caller: Caller) -> None:
        interface, name, value = arguments(reply)
        obj = self._object(reply, interface)
        prop = obj.properties.get(name)
        if prop is None:
            raise BusError("UnknownProperty", f"{interface} has no property '{name}'")
        if prop.writable is None:
            raise BusError("PropertyReadOnly", f"the property '{name}' cannot be set")
        entry = obj.calls[prop.writable]
        wanted = kinds.signature(entry.params)
        if value.signature != wanted:
            raise BusError("InvalidArgs", f"the property '{name}' is of the type '{wanted}'")
        await self._invoke(obj, entry, (value.value,), caller)
        reply.values("")

    def _object(self, reply: Reply, interface: str) -> Api:
        obj = self._service.find(reply.message.path or "")
        if interface not in ("", obj.interface()):
            raise BusError("UnknownInterface", f"the object has no interface '{interface}'")
        return obj

    async def properties_of(self, obj: Api, caller: Caller) -> dict[str, Variant]:
        """Give the properties that the caller may read and that have a value now."""
        found = {}
        names = MANAGER_VALUES if obj.kind == "Manager" else obj.properties
        for name in names:
            try:
                found[name] = await self._value(obj, name, caller)
            except LibvirtError:
                continue  # a network without a bridge has no BridgeName, and so on
        return found

    async def _value(self, obj: Api, name: str, caller: Caller) -> Variant:
        prop = obj.properties.get(name)
        if prop is None and obj.kind == "Manager" and name in MANAGER_VALUES:
            return MANAGER_VALUES[name](self._service)
        if prop is None:
            raise BusError("UnknownProperty", f"{obj.interface()} has no property '{name}'")
        if prop.of_reference:
            return reference_member(obj.ref, prop.getter)
        entry = obj.calls[prop.getter]
        zeros = tuple(0 for p in entry.params if isinstance(p.kind, Scalar))
        value = await self._invoke(obj, entry, zeros, caller)
        signature = kinds.signature(entry.outs)
        return Variant(signature if len(entry.outs) == 1 else f"({signature})", value)

    async def _invoke(self, obj: Api, entry: Call, args: tuple[Any, ...], caller: Caller) -> Any:
        if not self._service.judge.allowed_at_once(caller, entry, args):
            await self._service.judge.check(caller, entry, args, obj)
        return await self._service.perform(obj, entry, args)

    # -- ObjectManager

    async def _managed_objects(self, reply: Reply, caller: Caller) -> None:
        prefix = (reply.message.path or "/").rstrip("/") + "/"
        found = {}
        for obj in list(self._objects()):
            path = self.path_of(obj)
            if path.startswith(prefix) and await self._visible(caller, obj):
                found[path] = {obj.interface(): await self.properties_of(obj, caller)}
        reply.values("a{oa{sa{sv}}}", found)

    async def _visible(self, caller: Caller, obj: Api) -> bool:
        return (
            obj.ref is None
            or self._service.judge.sees_all(caller)
            or await self._service.judge.may_see(caller, None, obj.ref)
        )

    # -- what managers share

    async def _open_peer(self, reply: Reply, caller: Caller) -> None:
        (given,) = arguments(reply)
        if given and not self._service.judge.may_assert(caller):
            raise OperationDenied("only the proxy may say for whom it opens a peer connection")
        identity = Caller.from_identity({k: v.value for k, v in given.items()}) if given else caller
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        link = Link(ours)
        self._service.serve(link, identity)
        link.start()
        reply.values("h", 0, fds=[theirs.detach()])

    async def _subscribe(self, reply: Reply, caller: Caller) -> None:
        self._service.signals.subscribe(reply.link, caller, reply.message.sender)
        reply.values("")

    async def _unsubscribe(self, reply: Reply, _caller: Caller) -> None:
        self._service.signals.unsubscribe(reply.link, reply.message.sender)
        reply.values("")

    async def _events_since(self, reply: Reply, caller: Caller) -> None:
        generation, sequence = arguments(reply)
        signals, judge = self._service.signals, self._service.judge
        told = []
        for noted in signals.since(generation, sequence):
            if judge.sees_all(caller) or await judge.may_see(caller, noted.event, noted.ref):
                args = for_signature(noted.signature).decode(noted.body, 0)[0]
                told.append((noted.sequence, noted.member, Variant(f"({noted.signature})", args)))
        reply.values("ta(tsv)", signals.generation, told)


MANAGER_VALUES: dict[str, Callable[[Service], Variant]] = {
    "Generation": lambda service: Variant("t", service.signals.generation),
    "Version": lambda _service: Variant("s", VERSION),
}


def reference_member(ref: Any, member: str) -> Variant:
    """Give a member of a reference as a property; UUIDs as text."""
    value = getattr(ref, member)
    kind = next(f.kind for f in fields_of(type(ref)) if f.name == member)
    if isinstance(kind, UuidBytes):
        return Variant("s", str(uuid.UUID(bytes=value)))
    return Variant(kinds.of_kind(kind).signature, value)


def arguments(reply: Reply) -> tuple[Any, ...]:
    """Give the arguments of the call that is to be answered; BusError where its bytes are not what it says."""
    try:
        return reply.message.values()
    except Malformed as err:
        raise BusError("InvalidArgs", f"the arguments of {reply.message.member} are not what it takes") from err
