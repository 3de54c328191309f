# SPDX-License-Identifier: LGPL-2.1-or-later
"""Serve a small RPC program (`drivers.common.rpc`) on a UNIX socket that root alone may use."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from virtbus.bus import systemd
from virtbus.bus.daemon import NameTaken
from virtbus.bus.errors import InternalError, LibvirtError
from virtbus.drivers.common import rpc
from virtbus.drivers.common.rpc import Answer, Header, Program

log = logging.getLogger(__name__)

CLIENTS_MAX = 1024
IDLE_WAIT = 5.0
"""Seconds that open connections get to end before the program is replaced."""

_CREDENTIALS = struct.Struct("=iII")


class Peer(NamedTuple):
    """The process at the other end of a connection."""

    pid: int
    uid: int
    gid: int


class Session(Protocol):
    """What one connection holds; its methods are the procedures."""

    def closed(self) -> None:
        """Let go of what the connection held, now that it is over."""
        ...


class RpcServer:
    """Listen at `path`; `sessions` makes the session of each connection."""

    def __init__(self, program: Program, path: str, sessions: Callable[[Peer], Session]) -> None:
        self._program, self._path, self._sessions = program, path, sessions
        self._sock: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Listen; NameTaken where another process does already."""
        self._sock = self._inherited() or self._bound()
        self._sock.setblocking(False)  # noqa: FBT003 the signature is Python's
        self._accepting = self._run(self._accept(self._sock))

    async def stop(self) -> None:
        """End all connections; the socket's file goes only if this process made it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._sock is not None:
            self._sock.close()

    async def idle(self) -> None:
        """Hear no new connections (they wait in the queue), and return once those that are open have ended."""
        if self._accepting is not None:
            self._accepting.cancel()
        others = [task for task in self._tasks if task is not self._accepting]
        if others:
            await asyncio.wait(others, timeout=IDLE_WAIT)

    def hand_over(self) -> dict[str, str]:
        """Make the listening socket the first descriptor that a program in this process inherits; give its environment.

        Nothing but exec may follow: the descriptor's place is taken from whoever had it.
        """
        if self._sock is None:
            return {}
        os.dup2(self._sock.fileno(), systemd.FIRST_FD)
        os.set_inheritable(systemd.FIRST_FD, True)  # noqa: FBT003 the signature is Python's
        return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "rpc"}

    def _inherited(self) -> socket.socket | None:
        return next((sock for _name, sock in systemd.inherited_sockets() if sock.getsockname() == self._path), None)

    def _bound(self) -> socket.socket:
        Path(self._path).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if _answers(self._path):
            raise NameTaken(f"another process listens at {self._path} already")
        Path(self._path).unlink(missing_ok=True)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Before the file is there: nobody else may connect at any moment.
        os.fchmod(sock.fileno(), 0o600)
        sock.bind(self._path)
        sock.listen()
        return sock

    def _run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _accept(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(sock)
            peer = Peer(*_CREDENTIALS.unpack(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)))
            if peer.uid not in (0, os.geteuid()) or len(self._tasks) > CLIENTS_MAX:
                log.warning("process %d of uid %d may not connect to %s", peer.pid, peer.uid, self._path)
                client.close()
                continue
            client.setblocking(False)  # noqa: FBT003
            self._run(self._serve(client, self._sessions(peer)))

    async def _serve(self, client: socket.socket, session: Session) -> None:
        try:
            while (head := await _exactly(client, rpc.HEAD)) is not None:
                (length,) = rpc.LENGTH.unpack_from(head)
                header = Header(*rpc.HEADER.unpack_from(head, rpc.LENGTH.size))
                if not rpc.HEAD <= length <= rpc.PACKET_MAX:
                    break
                payload = await _exactly(client, length - rpc.HEAD)
                if payload is None:
                    break
                if header.type == rpc.CALL:
                    await self._answer(client, session, header, payload)
        except OSError as error:
            log.debug("a connection to %s broke: %s", self._path, error)
        finally:
            client.close()
            session.closed()

    async def _answer(self, client: socket.socket, session: Session, header: Header, payload: bytes) -> None:
        loop = asyncio.get_running_loop()
        fds: tuple[int, ...] = ()
        try:
            procedure = self._program.find(header)
            args = self._program.arguments(procedure, payload)
            given = await getattr(session, procedure.method)(*args)
            answer = given if isinstance(given, Answer) else Answer(given or ())
            fds = answer.fds
            data = rpc.reply(header, procedure, answer)
        except LibvirtError as error:
            data = rpc.failure(header, error, self._program.origin)
        except Exception:
            log.exception("procedure %d failed unexpectedly", header.procedure)
            data = rpc.failure(header, InternalError("unexpected failure"), self._program.origin)
        try:
            await loop.sock_sendall(client, data)
            for fd in fds:
                await _send_descriptor(client, fd)
        finally:
            for fd in fds:
                os.close(fd)


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        try:
            sock.connect(path)
        except OSError:
            return False
        return True


async def _exactly(client: socket.socket, length: int) -> bytes | None:
    """Give so many bytes, None where the connection ends before."""
    loop = asyncio.get_running_loop()
    data = bytearray()
    while len(data) < length:
        piece = await loop.sock_recv(client, min(length - len(data), 262_144))
        if not piece:
            return None
        data += piece
    return bytes(data)


async def _send_descriptor(client: socket.socket, fd: int) -> None:
    """Send a descriptor with the one byte that carries it."""
    loop = asyncio.get_running_loop()
    while True:
        try:
            socket.send_fds(client, [b"\0"], [fd])
        except BlockingIOError:
            free: asyncio.Future[None] = loop.create_future()
            loop.add_writer(client.fileno(), _settle, free)
            try:
                await free
            finally:
                loop.remove_writer(client.fileno())
        else:
            return


def _settle(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
