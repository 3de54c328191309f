# SPDX-License-Identifier: LGPL-2.1-or-later
"""From a procedure to a method and back: compiled once for each catalogue entry, run for every call.

    XDR → arguments → object path → D-Bus call over the client's link → reply → results → XDR

This is the path of nearly every call: callbacks only, no tasks, no lookups that could have been done before.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from virtbus.bus.catalogue import PROGRAMS, Api, Call, Direction, Form, harmless
from virtbus.bus.errors import ErrorDomain, InternalError, LibvirtError, Rpc
from virtbus.bus.errors.wire import DBUS, error_from_bus
from virtbus.bus.link import Link
from virtbus.bus.wire import kinds
from virtbus.bus.wire.codec import for_signature
from virtbus.bus.wire.message import CallTemplate, Message
from virtbus.proxy import forms, names, special
from virtbus.proxy.peers import lost
from virtbus.proxy.rpc import layout, replies, xdr
from virtbus.proxy.rpc.limits import HEADER_SIZE, PACKET_MAX
from virtbus.proxy.rpc.packet import HEADER, LENGTH, Packet, Type
from virtbus.proxy.streams import Opened
from virtbus.proxy.wire import close_all

if TYPE_CHECKING:
    from virtbus.proxy.session import Session

METHOD_RETURN = 2
_BLANK = bytes(HEADER_SIZE)
_BLANK_FDS = bytes(HEADER_SIZE + 4)
_STREAM_HEAD = for_signature("ho")


class Route:
    """One procedure that a daemon answers."""

    def __init__(self, apis: list[type[Api]], entry: Call) -> None:
        """Compile the codecs and headers; `apis` are the objects that have the call (several for shared calls)."""
        self.entry = entry
        self.program, self.number = PROGRAMS[entry.program], entry.number
        wire = layout.of_call(entry)
        self._decode = xdr.of_fields(wire.args).decode
        self._encode_ret = xdr.of_fields(wire.ret).encode
        self._encode = kinds.of_fields(entry.params).encode
        self._outs = kinds.of_fields(entry.outs).decode
        self._of_object = entry.owner.ref_class is not None
        self._takes_fds = entry.fds_in
        self._adapter = _adapter(entry)
        self._always_denied = _always_denied(entry)
        self._may_deny = self._always_denied or any(p.conditional for p in entry.acl)
        self._part = None if len(apis) > 1 else apis[0].daemon
        signature = kinds.signature(entry.params)
        self._templates = {
            api.daemon: (CallTemplate(api.interface(), entry.member, signature), f"/org/libvirt/{api.daemon}1")
            for api in apis
        }
        self._receive: Callable[..., None] = self._stream_opened if entry.form is Form.STREAM else self._done

    def __call__(self, session: Session, packet: Packet) -> None:
        """Carry out a call."""
        if packet.fds and not self._takes_fds:
            close_all(packet.fds)
            packet = packet._replace(fds=())
        try:
            wire = self._decode(packet.raw, packet.start)[0]
            target, args = (wire[0], wire[1:]) if self._of_object else (None, wire)
            wire = args
            if self._adapter is not None:
                args = self._adapter.args(wire, packet.fds)
            if session.read_only and self._may_deny:
                self._check(args)
            body = bytearray()
            self._encode(body, self._without_holes(args) if self.entry.sparse else args)
        except LibvirtError as err:
            session.refuse(packet, err)
            return
        except xdr.SLACK:
            session.refuse(packet, Rpc("Unable to decode message payload", origin=ErrorDomain.RPC))
            return
        part = self._part or session.primary
        link = session.peers.links.get(part)
        known = self._templates.get(part)
        if known is None or (link is None and session.peers.bus_name(part) is None):
            session.refuse(packet, names.unsupported(self.entry))
            return
        if self.entry.constant and link is not None and self.number in link.answers:
            self._reply(session, packet, bytearray(link.answers[self.number]))
            return
        path = known[1] if target is None else target.path()
        done = partial(self._receive, session, packet, target, wire, link)
        if link is not None:
            link.call(known[0], path, bytes(body), done, packet.fds)
            if packet.fds:
                close_all(packet.fds)
        else:
            self._open_first(session, packet, part, (known[0], path, body), target, wire)

    def _open_first(
        self, session: Session, packet: Packet, part: str, call: tuple[CallTemplate, str, bytearray], *context: Any
    ) -> None:
        def linked(link: Link | None, error: LibvirtError | None) -> None:
            if link is None:
                session.refuse(packet, error or lost())
                return
            template, path, body = call
            link.call(template, path, bytes(body), partial(self._receive, session, packet, *context, link), packet.fds)
            close_all(packet.fds)

        session.peers.with_link(part, linked)

    def _check(self, args: tuple[Any, ...]) -> None:
        """Refuse what a read-only connection may not do."""
        if self._always_denied:
            raise names.forbidden(self.entry, by_flags=False)
        if self.entry.denied_to_readers(args):
            raise names.forbidden(self.entry, by_flags=True)

    def _without_holes(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        at = self.entry.flags_index
        assert at is not None
        return (*args[:at], args[at] & ~self.entry.sparse, *args[at + 1 :])

    # -- replies

    def _done(self, session: Session, packet: Packet, target: Any, wire: Any, link: Link, reply: Message) -> None:
        if reply.type != METHOD_RETURN:
            self._failed(session, packet, target, wire, reply)
            return
        if reply.fds:
            self._done_with_fds(session, packet, wire, reply)
            return
        out = bytearray(_BLANK)
        try:
            outs = self._outs(reply.body, 0)[0]
            self._encode_ret(out, outs if self._adapter is None else self._adapter.ret(wire, outs))
        except xdr.SLACK:
            session.answer(replies.refusal(packet, _unencodable()))
            return
        if self.entry.constant:
            link.answers[self.number] = bytes(out)
        self._reply(session, packet, out)

    def _reply(self, session: Session, packet: Packet, out: bytearray) -> None:
        """Send results that are encoded, behind room for their header."""
        size = len(out)
        if size > PACKET_MAX:
            session.answer(replies.refusal(packet, _unencodable()))
            return
        HEADER.pack_into(out, 0, size, self.program, 1, self.number, 1, packet.serial, 0)
        session.answer(out)

    def _done_with_fds(self, session: Session, packet: Packet, wire: Any, reply: Message) -> None:
        out = bytearray(_BLANK_FDS)
        if session.wire.transport != "unix":
            close_all(reply.fds)
            session.answer(replies.refusal(packet, names.unsupported(self.entry)))
            return
        try:
            outs = self._outs(reply.body, 0)[0]
            self._encode_ret(out, outs if self._adapter is None else self._adapter.ret(wire, outs))
        except xdr.SLACK:
            close_all(reply.fds)
            session.answer(replies.refusal(packet, _unencodable()))
            return
        head = HEADER.pack(len(out), self.program, 1, self.number, Type.REPLY_WITH_FDS, packet.serial, 0)
        out[: HEADER_SIZE + 4] = head + LENGTH.pack(len(reply.fds))
        session.answer(out, reply.fds)

    def _stream_opened(
        self, session: Session, packet: Packet, target: Any, wire: Any, link: Link, reply: Message
    ) -> None:
        if reply.type != METHOD_RETURN:
            self._failed(session, packet, target, wire, reply)
            return
        out = bytearray()
        try:
            (_index, path), end = _STREAM_HEAD.decode(reply.body, 0)
            opened = Opened(link, reply.fds[0], path)
            self._encode_ret(out, self._outs(reply.body, end)[0] if self.entry.outs else ())
        except xdr.SLACK:
            close_all(reply.fds)
            session.answer(replies.refusal(packet, _unencodable()))
            return
        session.answer(replies.reply(packet, bytes(out)))
        sparse = bool(self.entry.sparse and wire[-1] & self.entry.sparse)
        if session.closing:
            close_all(reply.fds)
            return
        session.streams.open(packet, opened, self.entry.stream or Direction.BOTH, sparse=sparse)

    def _failed(self, session: Session, packet: Packet, target: Any, wire: Any, reply: Message) -> None:
        if reply.error_name == DBUS + "NoReply":
            error: LibvirtError = lost()
        elif reply.error_name == DBUS + "UnknownMethod":
            error = names.unsupported(self.entry)
        else:
            error = error_from_bus(reply)
            if target is not None:
                name_missing(error, target)
            if self._adapter is not None and self._adapter.failed is not None:
                found = self._adapter.failed(wire, type(error).code)
                if found is not None:
                    out = bytearray()
                    self._encode_ret(out, found)
                    session.answer(replies.reply(packet, bytes(out)))
                    return
        session.answer(replies.refusal(packet, error))


def name_missing(error: LibvirtError, target: Any) -> None:
    """Put the name that the client knows an object by behind its UUID, as libvirt does."""
    if type(error).code not in _MISSING or error.str2 is None:
        return
    for ref in _chain(target):
        quoted = f"uuid '{uuid.UUID(bytes=ref.uuid)}'"
        if error.str2.endswith(quoted):
            error.str2 += f" ({ref.name})"
            error.message += f" ({ref.name})"
            return


_MISSING = frozenset({42, 43, 49})
"""Domain, network, pool: what libvirt names so."""


def _chain(target: Any) -> list[Any]:
    """Give the references in a reference that have both UUID and name: its own, or that of what it belongs to."""
    found = [target, getattr(target, "dom", None), getattr(target, "net", None)]
    return [ref for ref in found if hasattr(ref, "uuid") and hasattr(ref, "name")]


def _unencodable() -> LibvirtError:
    return InternalError("Unable to encode message payload", origin=ErrorDomain.RPC)


def _adapter(entry: Call) -> forms.Adapter | None:
    if entry.form is Form.SPECIAL:
        return special.ADAPTERS[entry.program, entry.number]
    return forms.of_entry(entry)


def _always_denied(entry: Call) -> bool:
    if entry.read_only is not None:
        return not entry.read_only
    return any(not p.conditional and not harmless(p) for p in entry.acl)


def compile_all() -> dict[int, dict[int, Route]]:
    """Give the route of every procedure that a daemon answers, by program and number."""
    found: dict[int, dict[int, Route]] = {}
    for _api, entry in layout.calls():
        if entry.form is Form.SESSION or entry.program not in ("remote", "qemu"):
            continue
        apis = [a for a in layout.CATALOGUE for e in a.calls.values() if _same(e, entry)]
        found.setdefault(PROGRAMS[entry.program], {})[entry.number] = Route(apis, entry)
    return found


def _same(one: Call, other: Call) -> bool:
    return (one.program, one.number) == (other.program, other.number)
