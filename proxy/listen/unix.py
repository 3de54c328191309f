# SPDX-License-Identifier: LGPL-2.1-or-later
"""UNIX sockets: who connects is known from the kernel, and descriptors pass beside the packets."""

from __future__ import annotations

import array
import asyncio
import contextlib
import errno
import grp
import logging
import os
import pwd
import socket
import stat
import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from virtbus.bus.caller import Caller, start_time_of
from virtbus.proxy.auth import Method
from virtbus.proxy.server import Server
from virtbus.proxy.session import Session
from virtbus.proxy.wire import Bytes, close_all

log = logging.getLogger("virtbus.proxy.listen")

READ_SIZE = 1 << 16
FDS_SPACE = socket.CMSG_SPACE(32 * 4)
BACKLOG = 512
_UCRED = struct.Struct("3i")


@dataclass(frozen=True)
class Door:
    """A UNIX socket to listen on, and what holds for those who come through it."""

    path: str
    read_only: bool
    method: Method
    mode: int
    group: int = -1
    default_uri: str = ""


def bind(door: Door) -> socket.socket:
    """Give a listening socket at the door's path, in the place of one that was left behind there."""
    path = Path(door.path)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777)
    try:
        sock.bind(door.path)
    finally:
        os.umask(before)
    os.chown(door.path, -1, door.group)
    path.chmod(door.mode)
    sock.listen(BACKLOG)
    return sock


def caller_of(sock: socket.socket, *, read_only: bool) -> Caller:
    """Give who is at the other end, as the kernel noted it when the client connected."""
    pid, uid, gid = _UCRED.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    label = None
    with contextlib.suppress(OSError):
        label = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERSEC, 256).rstrip(b"\0").decode(errors="replace")
    return Caller(
        uid=uid & 0xFFFFFFFF,
        gid=gid & 0xFFFFFFFF,
        pid=pid or None,
        start_time=start_time_of(pid) if pid else None,
        user=_user(uid),
        group=_group(gid),
        transport="unix",
        read_only=read_only,
        selinux=label or None,
    )


def _user(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return None


def _group(gid: int) -> str | None:
    try:
        return grp.getgrgid(gid).gr_name
    except (KeyError, OverflowError):
        return None


class UnixListener:
    """Takes in the clients of one UNIX socket."""

    def __init__(self, server: Server, sock: socket.socket, door: Door) -> None:
        """Begin to accept."""
        self._server, self._sock, self._door = server, sock, door
        self._loop = asyncio.get_running_loop()
        self._accepting = False
        sock.settimeout(0)
        server.on_room.append(self._room)
        self._room()

    def _room(self) -> None:
        if not self._accepting and not self._server.full and self._sock.fileno() >= 0:
            self._accepting = True
            self._loop.add_reader(self._sock.fileno(), self._accept)

    def _accept(self) -> None:
        if self._server.full:
            self._wait()
            return
        try:
            sock, _address = self._sock.accept()
        except OSError as err:
            log.warning("a client could not be taken in: %s", err)
            if err.errno in (errno.EMFILE, errno.ENFILE):
                # It stays in the queue, and would be tried again and again, until somebody else leaves.
                self._wait()
            return
        caller = caller_of(sock, read_only=self._door.read_only)
        wire = UnixWire(sock, f"{caller.user or caller.uid}/{caller.pid}")
        wire.attach(self._server.connected(wire, caller, self._door.method, self._door.default_uri))

    def _wait(self) -> None:
        self._accepting = False
        self._loop.remove_reader(self._sock.fileno())

    def close(self) -> None:
        """Stop accepting."""
        if self._accepting:
            self._loop.remove_reader(self._sock.fileno())
        self._server.on_room.remove(self._room)
        self._sock.close()


class UnixWire:
    """A connected UNIX socket."""

    transport = "unix"
    secure = True

    def __init__(self, sock: socket.socket, peer: str) -> None:
        """Take over the socket; nothing is read before `attach`."""
        self.peer = peer
        self._sock = sock
        sock.settimeout(0)
        self._fd = sock.fileno()
        self._loop = asyncio.get_running_loop()
        self._session: Session | None = None
        self._queue: deque[tuple[memoryview, int]] = deque()
        self._pending = 0
        self._reading = False
        self._closing = False
        self._closed = False

    def attach(self, session: Session) -> None:
        """Begin to read on the session's behalf."""
        self._session = session
        self.resume()

    @property
    def pending(self) -> int:
        """Give how many bytes wait to be sent."""
        return self._pending

    # -- reading

    def resume(self) -> None:
        """Read again."""
        if not self._reading and not self._closing:
            self._reading = True
            self._loop.add_reader(self._fd, self._readable)

    def pause(self) -> None:
        """Stop reading."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._fd)

    def _readable(self) -> None:
        assert self._session is not None
        try:
            data, ancillary, _flags, _address = self._sock.recvmsg(READ_SIZE, FDS_SPACE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort()
            return
        fds: list[int] = []
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds += array.array("i", payload[: len(payload) & ~3])
        if data:
            self._session.received(data, fds)
        else:
            close_all(fds)
            self.abort()

    # -- writing

    def send(self, data: Bytes, fds: Sequence[int] = ()) -> None:
        """Send a whole packet, and after it the descriptors, which are closed here."""
        if self._closing:
            close_all(fds)
            return
        if not self._queue:
            sent = self._send_now(data)
            if sent < len(data):
                self._keep(memoryview(bytes(data[sent:])), -1)
        else:
            self._keep(memoryview(bytes(data)), -1)
        for fd in fds:
            self._keep(memoryview(b"\0"), fd)
        if fds:
            self._writable()

    def _keep(self, data: memoryview, fd: int) -> None:
        if not self._queue and not self._closed:
            self._loop.add_writer(self._fd, self._writable)
        self._queue.append((data, fd))
        self._pending += len(data)

    def _send_now(self, data: Bytes, fd: int = -1) -> int:
        try:
            if fd < 0:
                return self._sock.send(data)
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
            return self._sock.sendmsg([data], rights)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self._loop.call_soon(self.abort)
            return len(data)

    def _writable(self) -> None:
        while self._queue:
            data, fd = self._queue[0]
            sent = self._send_now(data, fd)
            self._pending -= sent
            if sent < len(data):
                self._queue[0] = (data[sent:], fd)
                return
            if fd >= 0:
                os.close(fd)
            self._queue.popleft()
        if self._closed:
            return
        self._loop.remove_writer(self._fd)
        if self._closing:
            self.abort()
        elif self._session is not None:
            self._session.drained()

    # -- the end

    def close(self) -> None:
        """End the connection once what waits is sent."""
        self.pause()
        self._closing = True
        if not self._queue:
            self.abort()

    def abort(self) -> None:
        """End the connection now."""
        if self._closed:
            return
        self.pause()
        self._closing = self._closed = True
        self._loop.remove_writer(self._fd)
        close_all([fd for _data, fd in self._queue if fd >= 0])
        self._queue.clear()
        self._sock.close()
        if self._session is not None:
            self._session.ended()
