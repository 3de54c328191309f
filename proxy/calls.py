# SPDX-License-Identifier: LGPL-2.1-or-later
"""The calls that the proxy itself answers: opening and closing, features, authentication, identity, events."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from virtbus.bus.caller import Caller
from virtbus.bus.catalogue import Call
from virtbus.bus.errors import ErrorDomain, InternalError, LibvirtError, OperationDenied, Rpc
from virtbus.bus.link import Link
from virtbus.bus.wire.message import CallTemplate, Message, Type
from virtbus.proxy import auth, events, names, uris
from virtbus.proxy.auth import Method
from virtbus.proxy.events import Registration
from virtbus.proxy.rpc import layout, replies, xdr
from virtbus.proxy.rpc.connection import State
from virtbus.proxy.rpc.packet import Packet
from virtbus.proxy.wire import close_all

if TYPE_CHECKING:
    from virtbus.proxy.session import Session

log = logging.getLogger("virtbus.proxy.calls")

READ_ONLY = 1
KEEPALIVE_FEATURE = 10
OWN_FEATURES = frozenset({8, KEEPALIVE_FEATURE, 14, 15})
"""Passing descriptors, keepalive, events with callback ids, close callbacks: the proxy's own."""

LEGACY_EVENT_MAX = 15
Args = tuple[Any, ...]
Handler = Callable[["Session", "Ask"], None]


class Ask:
    """One call to be answered: its arguments, and the ways to answer."""

    __slots__ = ("_encode", "args", "packet", "session")

    def __init__(self, session: Session, packet: Packet, args: Args, encode: xdr.Encode) -> None:
        """Hold what the answer needs."""
        self.session, self.packet, self.args, self._encode = session, packet, args, encode

    def answer(self, *results: Any) -> None:
        """Answer with results."""
        out = bytearray()
        self._encode(out, results)
        self.session.answer(replies.reply(self.packet, bytes(out)))

    def refuse(self, error: LibvirtError) -> None:
        """Answer with an error."""
        self.session.refuse(self.packet, error)

    def settle(self, error: LibvirtError | None, *results: Any) -> None:
        """Answer with results unless there is an error."""
        if error is None:
            self.answer(*results)
        else:
            self.refuse(error)


def compiled(entry: Call, handler: Handler) -> Callable[[Session, Packet], None]:
    """Give the procedure that decodes a call's arguments and runs its handler."""
    wire = layout.of_call(entry)
    decode, encode = xdr.of_fields(wire.args).decode, xdr.of_fields(wire.ret).encode

    def run(session: Session, packet: Packet) -> None:
        close_all(packet.fds)
        packet = packet._replace(fds=())
        try:
            args = decode(packet.raw, packet.start)[0]
        except LibvirtError as err:
            session.refuse(packet, err)
            return
        except xdr.SLACK:
            session.refuse(packet, Rpc("Unable to decode message payload", origin=ErrorDomain.RPC))
            return
        ask = Ask(session, packet, args, encode)
        try:
            handler(session, ask)
        except LibvirtError as err:
            ask.refuse(err)

    return run


# -- opening and closing


def connect_open(session: Session, ask: Ask) -> None:
    """Choose the driver, and see that it answers."""
    name, flags = ask.args
    route = uris.route(session.server.daemons, name, session.default_uri)
    session.core.state = State.OPEN
    session.opened(name or "", route.primary.kind, route.buses, read_only=bool(flags & READ_ONLY))

    def linked(link: Link | None, error: LibvirtError | None) -> None:
        if link is None and session.core.state is State.OPEN:
            session.core.state = State.AUTHENTICATED
            session.peers.route({}, {})
        ask.settle(error)

    session.peers.with_link(route.primary.kind, linked)


def connect_close(session: Session, ask: Ask) -> None:
    """Say good-bye."""
    ask.answer()
    session.close()


def supports_feature(session: Session, ask: Ask) -> None:
    """Answer for the proxy's own features; the driver answers for the others."""
    feature = ask.args[0]
    if feature == KEEPALIVE_FEATURE:
        ask.answer(1)
        session.start_keepalive()
        return
    if session.core.state is not State.OPEN:
        raise InternalError("hypervisor connection not open", origin=ErrorDomain.RPC)
    if feature in OWN_FEATURES:
        ask.answer(1)
        return
    part = session.primary
    template = CallTemplate(f"org.libvirt.{part}1.Manager", "SupportsFeature", "i")

    def answered(reply: Message) -> None:
        known = reply.type == Type.METHOD_RETURN and reply.signature == "i"
        ask.answer(int.from_bytes(reply.body[:4], "little") if known else 0)

    def linked(link: Link | None, error: LibvirtError | None) -> None:
        if link is None:
            ask.settle(error)
        else:
            link.call(template, f"/org/libvirt/{part}1", feature.to_bytes(4, "little", signed=True), answered)

    session.peers.with_link(part, linked)


def is_secure(session: Session, ask: Ask) -> None:
    """Say whether nobody can listen in."""
    ask.answer(int(session.wire.secure))


def succeed(_session: Session, ask: Ask) -> None:
    """Agree: the proxy's connection to a driver does not close before the client's."""
    ask.answer()


# -- authentication


def auth_list(session: Session, ask: Ask) -> None:
    """Give the one way of authentication that this client must go."""
    ask.answer([int(session.method)])


def auth_polkit(session: Session, ask: Ask) -> None:
    """Ask polkit about the process at the other end."""
    if session.method is not Method.POLKIT or session.core.state is not State.NEW:
        raise _unset()
    action = auth.MONITOR if session.read_only else auth.MANAGE

    async def asking() -> None:
        try:
            await session.server.gatekeeper.admit(session.caller, action)
        except LibvirtError as err:
            ask.refuse(err)
            return
        if not session.closing:
            session.authenticated()
        ask.answer(1)

    session.server.spawn(asking())


def _unset() -> LibvirtError:
    error = InternalError(origin=ErrorDomain.RPC, int1=0, int2=0)
    error.message = "Library function returned error but did not set virError"
    error.str1 = None
    return error


def auth_sasl(_session: Session, ask: Ask) -> None:
    """Refuse SASL: no listener offers it."""
    ask.refuse(auth.refused())


_IDENTITY = {
    "unix-user-id": "uid", "unix-group-id": "gid", "process-id": "pid", "process-time": "start_time",
    "user-name": "user", "group-name": "group", "sasl-user-name": "sasl_user", "x509-dname": "x509_dname",
    "selinux-context": "selinux",
}  # fmt: skip


def set_identity(session: Session, ask: Ask) -> None:
    """Let root, which is who the daemons' own drivers are, say on whose behalf it calls."""
    given, _flags = ask.args
    if not session.caller.is_root:
        log.warning("client %s asked to act for another and was refused", session.wire.peer)
        raise OperationDenied("only root may say on whose behalf it calls", origin=ErrorDomain.RPC)
    if given:
        known = {_IDENTITY[key]: value for key, value in given.items() if key in _IDENTITY}
        values = {key: str(v) if isinstance(v, str) else int(v) for key, v in known.items()}
        session.become(Caller.from_identity({"uid": 0, "transport": "unix", **values}))
    ask.answer()


# -- events


def _register(session: Session, ask: Ask, registration: Registration, *results: Any) -> None:
    part = events.part_of(registration.family)
    if session.peers.bus_name(part) is None:
        raise names.unsupported(_entry_of(ask))
    session.events.add(registration, lambda error: ask.settle(error, *results))


def _entry_of(ask: Ask) -> Call:
    return next(e for _api, e in layout.calls() if e.program == "remote" and e.number == ask.packet.procedure)


def _known(family: str, number: int) -> None:
    if number not in events.numbers(family):
        text = "" if family == "hypervisor" else f"{events.TEXTS[family]} "
        raise InternalError(f"unsupported {text}event ID {number}", origin=ErrorDomain.RPC)


def register_any(family: str, session: Session, ask: Ask) -> None:
    """Register for one kind of event of one object or all."""
    number, ref = ask.args
    _known(family, number)
    path = None if ref is None else ref.path()
    ident = session.server.next_callback(family)
    _register(session, ask, Registration(family, number, path, ident), ident)


def deregister_any(family: str, session: Session, ask: Ask) -> None:
    """Drop a registration."""
    session.events.remove(family, ask.args[0])
    ask.answer()


def register_legacy(session: Session, ask: Ask) -> None:
    """Register for a kind of guest event, the old way."""
    number = ask.args[0]
    if not 0 <= number <= LEGACY_EVENT_MAX:
        raise InternalError(f"unsupported event ID {number}", origin=ErrorDomain.RPC)
    _register(session, ask, Registration("hypervisor", number, None, -1, legacy=True))


def deregister_legacy(session: Session, ask: Ask) -> None:
    """Drop an old registration."""
    number = ask.args[0]
    if not 0 <= number <= LEGACY_EVENT_MAX:
        raise InternalError(f"unsupported event ID {number}", origin=ErrorDomain.RPC)
    session.events.remove_legacy(number)
    ask.answer()


def register_oldest(session: Session, ask: Ask) -> None:
    """Register for life-cycle events, the oldest way."""
    _register(session, ask, Registration("hypervisor", 0, None, -1, legacy=True), 0)


def deregister_oldest(session: Session, ask: Ask) -> None:
    """Drop the oldest registration."""
    session.events.remove_legacy(0)
    ask.answer(0)


def monitor_register(session: Session, ask: Ask) -> None:
    """Register for QEMU's own events; the daemon is asked for them as well."""
    dom, pattern, flags = ask.args
    if session.read_only:
        raise names.forbidden(_qemu_entry(4), by_flags=False)
    matches = events.matcher(pattern, flags)
    ident = session.server.next_callback(events.MONITOR)
    path = None if dom is None else dom.path()
    if session.peers.bus_name("hypervisor") is None:
        raise names.unsupported(_qemu_entry(4))
    registration = Registration(events.MONITOR, 0, path, ident, matches=matches)

    def registered(error: LibvirtError | None) -> None:
        if error is not None:
            session.events.discard(registration)
        ask.settle(error, ident)

    def subscribed(error: LibvirtError | None) -> None:
        if error is None:
            session.events.ask_monitor(registration, (dom, pattern, flags), registered)
        else:
            ask.refuse(error)

    session.events.add(registration, subscribed)


def monitor_deregister(session: Session, ask: Ask) -> None:
    """Drop a registration for QEMU's own events."""
    session.events.remove(events.MONITOR, ask.args[0])
    ask.answer()


def _qemu_entry(number: int) -> Call:
    return next(e for _api, e in layout.calls() if e.program == "qemu" and e.number == number)


def namespace(_session: Session, ask: Ask) -> None:
    """Refuse the container program's call."""
    ask.refuse(names.unsupported(next(e for _api, e in layout.calls() if e.program == "lxc")))


HANDLERS: dict[tuple[str, int], Handler] = {
    ("remote", 1): connect_open,
    ("remote", 2): connect_close,
    ("remote", 60): supports_feature,
    ("remote", 66): auth_list,
    ("remote", 67): auth_sasl,
    ("remote", 68): auth_sasl,
    ("remote", 69): auth_sasl,
    ("remote", 70): auth_polkit,
    ("remote", 105): register_oldest,
    ("remote", 106): deregister_oldest,
    ("remote", 149): is_secure,
    ("remote", 167): register_legacy,
    ("remote", 168): deregister_legacy,
    ("remote", 313): partial(register_any, "network"),
    ("remote", 314): partial(deregister_any, "network"),
    ("remote", 316): partial(register_any, "hypervisor"),
    ("remote", 317): partial(deregister_any, "hypervisor"),
    ("remote", 360): succeed,
    ("remote", 361): succeed,
    ("remote", 368): partial(register_any, "storage"),
    ("remote", 369): partial(deregister_any, "storage"),
    ("remote", 374): partial(register_any, "nodedev"),
    ("remote", 375): partial(deregister_any, "nodedev"),
    ("remote", 380): partial(register_any, "secret"),
    ("remote", 381): partial(deregister_any, "secret"),
    ("remote", 419): set_identity,
    ("qemu", 4): monitor_register,
    ("qemu", 5): monitor_deregister,
    ("lxc", 1): namespace,
}
"""Every procedure that is answered here."""


def compile_all() -> dict[tuple[str, int], Callable[[Session, Packet], None]]:
    """Give the handlers, ready to be called with a packet."""
    found = {}
    for _api, entry in layout.calls():
        handler = HANDLERS.get((entry.program, entry.number))
        if handler is not None:
            found[entry.program, entry.number] = compiled(entry, handler)
    return found
