# SPDX-License-Identifier: LGPL-2.1-or-later
"""Streams of libvirt as descriptors: consoles, channels, screenshots, volumes, tunnelled migration.

The caller gets one end of a socket pair; between the other end and libvirt's stream, bytes are moved in libvirt's
event loop, as fast as the slower side takes them. When libvirt's side ends, the socket ends; `finish` tells whether
all went well.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
from collections.abc import Callable
from typing import Any

import libvirt
import libvirtmod

from virtbus.bus.errors import InternalError, LibvirtError
from virtbus.bus.streams import StreamEnd
from virtbus.drivers.hypervisor import errors
from virtbus.drivers.hypervisor.delegate import Context
from virtbus.drivers.hypervisor.eventloop import ERROR, HANGUP, READABLE, WRITABLE, event_loop
from virtbus.drivers.hypervisor.handles import Handle

log = logging.getLogger("virtbus.hypervisor.streams")

CHUNK = 256 * 1024
NONBLOCK = 1
LATER = -2
Told = Callable[[LibvirtError | None], None]


class Pump:
    """Moves bytes between a libvirt stream and a socket; everything happens in libvirt's event loop."""

    def __init__(self, stream: Any, sock: socket.socket, *, reads: bool) -> None:
        self._stream = stream
        self._sock = sock
        self._to_sock = b""
        self._to_stream = b""
        self._stream_open = self._sock_open = True
        self._reads = reads
        self._error: LibvirtError | None = None
        self._ended = self._hung_up = False
        self._finishing: list[Told] = []
        self._stream_watched = False
        self._sock_watch: int | None = None

    def start(self) -> None:
        """Begin to move."""
        self._sock_watch = libvirt.virEventAddHandle(self._sock.fileno(), 0, self._sock_event, None)
        try:
            self._stream.eventAddCallback(self._stream_wants(), self._stream_event, None)
            self._stream_watched = True
        except libvirt.libvirtError:
            self._fail()
        self._update()

    def finish(self, told: Told) -> None:
        """End it well once all bytes have moved, and tell how that went."""
        self._finishing.append(told)
        self._update()

    def abort(self, told: Told) -> None:
        """Give up."""
        self._end(self._stream.abort)
        self._update()
        told(None)

    def _stream_wants(self) -> int:
        reads = READABLE if self._reads and not self._to_sock else 0
        writes = WRITABLE if self._to_stream else 0
        return reads | writes | ERROR | HANGUP

    def _stream_event(self, stream: Any, events: int, opaque: Any) -> None:
        if self._ended:
            return
        if events & READABLE:
            self._guarded(self._read_stream)
        if events & WRITABLE and self._stream_open:
            self._guarded(self._write_stream)
        if events & (ERROR | HANGUP) and not events & READABLE:
            self._stream_hangs_up()
        self._update()

    def _sock_event(self, watch: int, fd: int, events: int, opaque: Any) -> None:
        if self._ended:
            return
        if events & READABLE:
            self._guarded(self._read_sock)
        if events & WRITABLE:
            self._guarded(self._write_sock)
            self._read_rest()
        if events & (ERROR | HANGUP) and not events & READABLE:
            self._sock_ends()
        self._update()

    def _guarded(self, move: Callable[[], None]) -> bool:
        """Move bytes one way; say whether that went on."""
        try:
            move()
        except libvirt.libvirtError:
            self._fail()
        except BlockingIOError:
            return False
        except OSError as err:
            log.debug("a stream's client is gone: %s", err)
            self._sock_ends()
        else:
            return True
        return False

    def _read_stream(self) -> None:
        data = self._stream.recv(CHUNK)
        if data == LATER and not self._hung_up:
            return
        if not data or data == LATER:
            self._stream_ends()
            return
        self._to_sock = data
        self._write_sock()

    def _write_sock(self) -> None:
        if self._to_sock:
            sent = self._sock.send(self._to_sock)
            self._to_sock = self._to_sock[sent:]
        if not self._to_sock and not self._stream_open and self._sock_watch is not None:
            self._sock.shutdown(socket.SHUT_WR)

    def _read_sock(self) -> None:
        data = self._sock.recv(CHUNK)
        if not data:
            self._sock_open = False
            return
        if self._stream_open and not self._hung_up:
            self._to_stream = data
            self._write_stream()

    def _write_stream(self) -> None:
        while self._to_stream:
            sent = self._stream.send(self._to_stream)
            if sent == LATER:
                return
            self._to_stream = self._to_stream[sent:]

    def _stream_hangs_up(self) -> None:
        self._hung_up, self._to_stream = True, b""
        self._forget_stream()
        self._read_rest()

    def _read_rest(self) -> None:
        """Take what a stream still has that tells of nothing any more."""
        while self._hung_up and self._stream_open and not self._to_sock and not self._ended:
            if not self._reads or not self._guarded(self._read_stream):
                self._stream_ends()

    def _stream_ends(self) -> None:
        # A stream that is over goes on telling so: nothing may listen to it any more.
        self._stream_open, self._to_stream = False, b""
        self._forget_stream()
        self._guarded(self._write_sock)

    def _sock_ends(self) -> None:
        # Likewise the socket, once the client has closed his end.
        self._sock_open, self._to_sock = False, b""
        self._forget_sock()

    def _forget_stream(self) -> None:
        if self._stream_watched:
            self._stream_watched = False
            self._stream.eventRemoveCallback()

    def _forget_sock(self) -> None:
        if self._sock_watch is not None:
            libvirt.virEventRemoveHandle(self._sock_watch)
            self._sock_watch = None

    def _fail(self) -> None:
        self._error = errors.last() or InternalError("the stream failed")
        self._stream_open, self._to_stream = False, b""
        self._end(self._stream.abort)

    def _update(self) -> None:
        if self._finishing and self._all_sent():
            self._end(self._stream.finish)
        if self._ended:
            for told in self._finishing:
                told(self._error)
            self._finishing.clear()
            return
        wants = (READABLE if self._sock_open and not self._to_stream else 0) | (WRITABLE if self._to_sock else 0)
        if self._sock_watch is not None:
            libvirt.virEventUpdateHandle(self._sock_watch, wants)
        if self._stream_watched:
            self._stream.eventUpdateCallback(self._stream_wants())

    def _all_sent(self) -> bool:
        """Take what the client has sent; say whether all of it is in the stream."""
        while self._sock_open and self._sock_watch is not None and not self._to_stream:
            if not self._guarded(self._read_sock):
                break
        return not self._to_stream

    def _end(self, how: Callable[[], Any]) -> None:
        if self._ended:
            return
        self._ended = True
        self._forget_sock()
        try:
            self._forget_stream()
            how()
        except libvirt.libvirtError:
            self._error = self._error or errors.last()
        self._sock.close()


def opened(context: Context, start: Callable[[Any], Any], *, reads: bool = True) -> StreamEnd:
    """Open a stream by `start`, which gets it as `libvirtmod` has it, and give the caller's end.

    What `start` returns is the call's own result; None and -1 are failures. `reads` says whether libvirt has bytes
    to give.
    """
    connection = context.library_connection
    stream = connection.newStream(NONBLOCK)
    value = start(stream._o)
    if value is None or value == -1:
        raise errors.failed("the opening of a stream")
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    pump = Pump(stream, ours, reads=reads)
    loop = event_loop()
    loop.post(pump.start)
    fd = theirs.detach()
    return StreamEnd(
        fd,
        finish=lambda: _told(lambda told: loop.post(lambda: pump.finish(told))),
        abort=lambda: _told(lambda told: loop.post(lambda: pump.abort(told))),
        result=value if isinstance(value, (str, bytes)) else None,
    )


async def _told(ask: Callable[[Told], None]) -> None:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[None] = loop.create_future()

    def settle(error: LibvirtError | None) -> None:
        if not answer.done():
            answer.set_exception(error) if error else answer.set_result(None)

    def told(error: LibvirtError | None) -> None:
        loop.call_soon_threadsafe(settle, error)

    ask(told)
    await answer


def open_console(context: Context, handle: Handle, args: tuple[Any, ...]) -> StreamEnd:
    """Open a console of the guest."""
    name, flags = args
    return opened(context, lambda stream: libvirtmod.virDomainOpenConsole(handle.raw, name, stream, flags))


def open_channel(context: Context, handle: Handle, args: tuple[Any, ...]) -> StreamEnd:
    """Open a channel of the guest."""
    name, flags = args
    return opened(context, lambda stream: libvirtmod.virDomainOpenChannel(handle.raw, name, stream, flags))


def screenshot(context: Context, handle: Handle, args: tuple[Any, ...]) -> StreamEnd:
    """Take a picture of the guest's screen; the result is its MIME type."""
    screen, flags = args
    return opened(context, lambda stream: libvirtmod.virDomainScreenshot(handle.raw, stream, screen, flags))


def upload(context: Context, handle: Handle, args: tuple[Any, ...]) -> StreamEnd:
    """Write into a volume."""
    start = functools.partial(_transfer, libvirtmod.virStorageVolUpload, handle, args)
    return opened(context, start, reads=False)


def download(context: Context, handle: Handle, args: tuple[Any, ...]) -> StreamEnd:
    """Read a volume."""
    return opened(context, functools.partial(_transfer, libvirtmod.virStorageVolDownload, handle, args))


def _transfer(function: Callable[..., int], handle: Handle, args: tuple[Any, ...], stream: Any) -> int:
    return function(handle.raw, stream, *args)
