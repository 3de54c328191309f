# SPDX-License-Identifier: LGPL-2.1-or-later
"""TCP and TLS: clients from elsewhere. Descriptors do not pass; who it is, certificates say or nobody."""

from __future__ import annotations

import asyncio
import fnmatch
import logging
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from virtbus.bus.caller import Caller
from virtbus.proxy.auth import Method
from virtbus.proxy.server import Server
from virtbus.proxy.session import Session
from virtbus.proxy.wire import Bytes, close_all

log = logging.getLogger("virtbus.proxy.listen")

HANDSHAKE_TIME = 20.0
BACKLOG = 128
HIGH_WATER = 1 << 20
VERIFIED = b"\x01"
"""What the server says first on a TLS connection: the client's certificate was found good."""


@dataclass(frozen=True)
class Gate:
    """A TCP port to listen on, and what holds for those who come through it."""

    host: str
    port: str
    method: Method
    tls: bool
    allowed_names: tuple[str, ...] | None = None


def bind(gate: Gate) -> list[socket.socket]:
    """Give listening sockets on every address of the gate's host, or on all addresses."""
    found = []
    flags = socket.AI_PASSIVE
    for family, kind, proto, _name, address in socket.getaddrinfo(
        gate.host or None, gate.port, type=socket.SOCK_STREAM, flags=flags
    ):
        try:
            sock = socket.socket(family, kind, proto)
        except OSError:
            continue  # an address family that the kernel does not have
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
        found.append(sock)
    return found


class NetListener:
    """Takes in the clients of one TCP or TLS port."""

    def __init__(self, server: Server, gate: Gate, context: ssl.SSLContext | None) -> None:
        """Accept nothing yet; `context` has the certificates."""
        self._server, self._gate, self._context = server, gate, context
        self._listening: list[asyncio.Server] = []

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Begin to accept."""
        loop = asyncio.get_running_loop()
        for sock in sockets:
            options: dict[str, Any] = {}
            if self._context is not None:
                options = {"ssl": self._context, "ssl_handshake_timeout": HANDSHAKE_TIME}
            self._listening.append(await loop.create_server(self._protocol, sock=sock, **options))

    def _protocol(self) -> NetWire:
        return NetWire(self._server, self._gate)

    def close(self) -> None:
        """Stop accepting."""
        for listening in self._listening:
            listening.close()


class NetWire(asyncio.Protocol):
    """A connected TCP or TLS client."""

    def __init__(self, server: Server, gate: Gate) -> None:
        """Wait for the connection to be made, and its handshake to be over."""
        self._server, self._gate = server, gate
        self.transport = "tls" if gate.tls else "tcp"
        self.secure = gate.tls
        self.peer = ""
        self._transport: asyncio.Transport | None = None
        self._session: Session | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the client in, or not."""
        # uvloop's transports are not asyncio's, but they do the same.
        transport = cast("asyncio.Transport", transport)
        self._transport = transport
        address = transport.get_extra_info("peername") or ("?",)
        name = distinguished_name(transport.get_extra_info("peercert")) if self._gate.tls else None
        self.peer = f"{address[0]} {name or ''}".rstrip()
        if self._server.full:
            log.warning("client %s is refused: there are too many", self.peer)
            transport.abort()
            return
        if not self._admits(name):
            log.warning("client %s is refused: its certificate's name is not on the list", self.peer)
            transport.abort()
            return
        transport.set_write_buffer_limits(high=HIGH_WATER)
        if self._gate.tls:
            transport.write(VERIFIED)
        caller = Caller(transport=self.transport, x509_dname=name)
        self._session = self._server.connected(self, caller, self._gate.method, "")

    def _admits(self, name: str | None) -> bool:
        allowed = self._gate.allowed_names
        return allowed is None or (name is not None and any(fnmatch.fnmatchcase(name, each) for each in allowed))

    def data_received(self, data: bytes) -> None:
        """Pass on what arrived."""
        if self._session is not None:
            self._session.received(data, [])

    def pause_writing(self) -> None:
        """Note that the client reads slowly; `pending` tells how much waits."""

    def resume_writing(self) -> None:
        """Go on."""
        if self._session is not None:
            self._session.drained()

    def connection_lost(self, _reason: Exception | None) -> None:
        """Note that the client is gone."""
        if self._session is not None:
            session, self._session = self._session, None
            session.ended()

    # -- the wire

    @property
    def pending(self) -> int:
        """Give how many bytes wait to be sent."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def send(self, data: Bytes, fds: Sequence[int] = ()) -> None:
        """Send a whole packet; descriptors cannot pass and are closed."""
        close_all(fds)
        if self._transport is not None:
            self._transport.write(bytes(data))

    def close(self) -> None:
        """End the connection once what waits is sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection now."""
        if self._transport is not None:
            self._transport.abort()

    def pause(self) -> None:
        """Stop reading."""
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()


_SHORT = {
    "countryName": "C", "stateOrProvinceName": "ST", "localityName": "L", "organizationName": "O",
    "organizationalUnitName": "OU", "commonName": "CN", "emailAddress": "EMAIL",
}  # fmt: skip


def distinguished_name(certificate: dict[str, Any] | None) -> str | None:
    """Give a certificate's name as libvirt writes it: C=GB,L=London,CN=name; commas and the like are escaped."""
    if not certificate:
        return None
    parts = [pair for group in certificate.get("subject", ()) for pair in group]
    return ",".join(f"{_SHORT.get(key, key)}={_escaped(value)}" for key, value in parts) or None


def _escaped(value: str) -> str:
    return "".join(f"\\{c}" if c in ',+"\\<>;' else c for c in value)
