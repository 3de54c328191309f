# SPDX-License-Identifier: LGPL-2.1-or-later
"""The data of a volume on its way in or out, between a socket and a file, in a thread of its own.

A thread for each stream, since it waits for the client's pace: no other work may have to wait behind it. The kernel
moves downloads by itself (sendfile); uploads go through one buffer.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from virtbus.bus.errors import ErrorDomain, InternalError, LibvirtError, SystemCallError
from virtbus.bus.streams import StreamEnd
from virtbus.drivers.storage.backends.files import write_at
from virtbus.drivers.storage.backends.table import backend_of
from virtbus.drivers.storage.checks import system_error
from virtbus.drivers.storage.model import VolumeModel

if TYPE_CHECKING:
    from virtbus.drivers.storage.pool import StoragePool

BUFFER = 1024 * 1024
OFFSET_MAX = 2**62
Done = Callable[[], Awaitable[None]]


class Pump:
    """Move data between a socket and a file until either ends; `ended` tells when and how."""

    def __init__(self, inner: socket.socket, file: int, path: str, offset: int, length: int) -> None:
        self.inner, self.file, self.path = inner, file, path
        self.offset, self.length = offset, length
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[LibvirtError | None] = self._loop.create_future()

    def start(self, move: Callable[[], None], name: str) -> None:
        """Begin to move data."""
        threading.Thread(target=self._run, args=(move,), name=name, daemon=True).start()

    def _run(self, move: Callable[[], None]) -> None:
        error: LibvirtError | None = None
        try:
            move()
        except LibvirtError as failure:
            error = failure
        except OSError as failure:
            error = system_error(failure, f"Unable to access {self.path}", origin=ErrorDomain.STREAMS)
        except BaseException:
            error = InternalError(f"the stream of {self.path} broke", origin=ErrorDomain.STREAMS)
            raise
        finally:
            os.close(self.file)
            with contextlib.suppress(OSError):
                self.inner.shutdown(socket.SHUT_RDWR)
            self.inner.close()
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._tell, error)

    def _tell(self, error: LibvirtError | None) -> None:
        if not self.ended.done():
            self.ended.set_result(error)

    def stop(self) -> None:
        """Have the thread end soon."""
        with contextlib.suppress(OSError):
            self.inner.shutdown(socket.SHUT_RDWR)

    def write_file(self) -> None:
        """Write what comes from the socket into the file, up to the allowed length."""
        buffer = memoryview(bytearray(BUFFER))
        left = self.length or None
        while size := self._receive(buffer):
            if left is not None and size > left:
                write_at(self.file, buffer[:left], self.offset)
                number = errno.ENOSPC
                text = f"cannot write to stream: {os.strerror(number)}"
                raise SystemCallError(text, int1=number, origin=ErrorDomain.STREAMS)
            try:
                write_at(self.file, buffer[:size], self.offset)
            except OSError as error:
                raise system_error(error, "cannot write to stream", origin=ErrorDomain.STREAMS) from None
            self.offset += size
            left = None if left is None else left - size

    def _receive(self, buffer: memoryview) -> int:
        try:
            return self.inner.recv_into(buffer)
        except ConnectionError:
            return 0

    def read_file(self) -> None:
        """Send the file's data from the offset on, up to the wanted length."""
        left = self.length or 2**62
        while left:
            try:
                sent = os.sendfile(self.inner.fileno(), self.file, self.offset, min(left, 2**30))
            except (BrokenPipeError, ConnectionError):
                return
            except OSError as error:
                self._unreadable(error)
            if not sent:
                return
            self.offset += sent
            left -= sent

    def _unreadable(self, error: OSError) -> None:
        if os.path.isdir(self.path):
            error = OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        raise system_error(error, f"Unable to read {self.path}", origin=ErrorDomain.STREAMS) from None


async def upload(pool: StoragePool, volume: VolumeModel, offset: int, length: int, done: Done) -> StreamEnd:
    """Open a stream whose data goes into a volume; `done` is awaited once it has ended."""
    pump, outer = await _pump(pool, volume, os.O_WRONLY, offset, length)
    pump.start(pump.write_file, f"upload-{volume.name}")
    return _end(pump, outer, done)


async def download(pool: StoragePool, volume: VolumeModel, offset: int, length: int, done: Done) -> StreamEnd:
    """Open a stream that gives a volume's data; `done` is awaited once it has ended."""
    pump, outer = await _pump(pool, volume, os.O_RDONLY, offset, length)
    pump.start(pump.read_file, f"download-{volume.name}")
    return _end(pump, outer, done, reading=True)


async def _pump(
    pool: StoragePool, volume: VolumeModel, flags: int, offset: int, length: int
) -> tuple[Pump, socket.socket]:
    backend = backend_of(pool.model.type)
    if offset > OFFSET_MAX:
        number = errno.EINVAL
        text = f"Unable to seek in '{volume.path}': {os.strerror(number)}"
        raise SystemCallError(text, int1=number, origin=ErrorDomain.STREAMS)
    try:
        file = await pool.workshop.run(backend.open_volume, pool.model, volume, flags)
    except OSError as error:
        text = f"Unable to open stream for '{volume.path}'"
        raise system_error(error, text, origin=ErrorDomain.STREAMS) from None
    inner, outer = socket.socketpair()
    return Pump(inner, file, volume.path, offset, length), outer


def _end(pump: Pump, outer: socket.socket, done: Done, *, reading: bool = False) -> StreamEnd:
    ending: list[asyncio.Task[LibvirtError | None]] = []

    async def close() -> LibvirtError | None:
        error = await pump.ended
        await done()
        return error

    def closed() -> asyncio.Task[LibvirtError | None]:
        if not ending:
            ending.append(asyncio.ensure_future(close()))
        return ending[0]

    pump.ended.add_done_callback(lambda _: closed())

    async def finish() -> None:
        if reading:
            pump.stop()
        error = await asyncio.shield(closed())
        if error is not None:
            raise error

    async def abort() -> None:
        pump.stop()
        await asyncio.shield(closed())

    return StreamEnd(outer.detach(), finish, abort)
