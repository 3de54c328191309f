# SPDX-License-Identifier: LGPL-2.1-or-later
"""The host's links, addresses and routes: requests as values, made in order by one thread of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import singledispatchmethod
from typing import Any, NamedTuple, Protocol

from virtbus.bus.errors import SystemCallError

PROC_SYS = "/proc/sys"
IFF_UP = 1
IFF_PROMISC = 0x100


@dataclass(frozen=True)
class MakeBridge:
    """Make a bridge; `delay` in hundredths of a second."""

    name: str
    mac: str | None
    mtu: int | None
    stp: bool
    delay: int
    vlan_filtering: bool = False


@dataclass(frozen=True)
class DeleteLink:
    """Remove a link; it need not be there."""

    name: str


@dataclass(frozen=True)
class SetUp:
    """Switch a link on or off."""

    name: str
    up: bool = True


@dataclass(frozen=True)
class SetMaster:
    """Make a link a port of a bridge."""

    name: str
    bridge: str


@dataclass(frozen=True)
class SetPort:
    """Set what a bridge port may do; None leaves a setting."""

    name: str
    isolated: bool | None = None
    learning: bool | None = None
    unicast_flood: bool | None = None


@dataclass(frozen=True)
class AddAddress:
    """Give a link an address."""

    name: str
    address: str
    prefix: int
    broadcast: str | None = None


@dataclass(frozen=True)
class AddRoute:
    """Add a route through a link."""

    name: str
    network: str
    prefix: int
    gateway: str
    metric: int


@dataclass(frozen=True)
class Setting:
    """Write a kernel setting below /proc/sys; an `optional` one may be missing."""

    path: str
    value: str
    optional: bool = False


Request = MakeBridge | DeleteLink | SetUp | SetMaster | SetPort | AddAddress | AddRoute | Setting


class Link(NamedTuple):
    """A link of the host; `master` is the bridge it is a port of."""

    name: str
    number: int
    kind: str
    mac: str
    up: bool
    master: int


class Net(Protocol):
    """What changes and tells the host's links."""

    async def apply(self, requests: Sequence[Request]) -> None:
        """Make the requests in order; SystemCallError names the first that is refused, the rest is not made."""
        ...

    async def links(self) -> list[Link]:
        """Give the host's links."""
        ...


class Netlink:
    """The real host."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "netlink")
        self._socket: Any = None

    async def apply(self, requests: Sequence[Request]) -> None:
        """Make the requests in order; see `Net.apply`."""
        if requests:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._apply, list(requests))

    async def links(self) -> list[Link]:
        """Give the host's links."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._links)

    def close(self) -> None:
        """Let the thread and its socket go."""
        self._thread.submit(self._close).result()
        self._thread.shutdown()

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _route(self) -> Any:
        if self._socket is None:
            # A quarter of a second, so only once something is asked.
            from pyroute2.iproute import IPRoute  # type: ignore[attr-defined]

            self._socket = IPRoute()
        return self._socket

    def _links(self) -> list[Link]:
        return [_link(message) for message in self._route().get_links()]

    def _apply(self, requests: list[Request]) -> None:
        for request in requests:
            with refusals(request):
                self._do(request)

    def _index(self, name: str) -> int:
        found = self._find(name)
        if found is None:
            raise OSError(19, os.strerror(19))
        return found

    def _find(self, name: str) -> int | None:
        try:
            return socket.if_nametoindex(name)
        except OSError:
            return None

    @singledispatchmethod
    def _do(self, request: Any) -> None:
        raise TypeError(f"{request!r} is no request")

    @_do.register
    def _(self, request: MakeBridge) -> None:
        wanted: dict[str, Any] = {"br_forward_delay": request.delay, "br_stp_state": int(request.stp)}
        if request.mac is not None:
            wanted["address"] = request.mac
        if request.mtu is not None:
            wanted["mtu"] = request.mtu
        if request.vlan_filtering:
            wanted["br_vlan_filtering"] = 1
        self._route().link("add", ifname=request.name, kind="bridge", **wanted)

    @_do.register
    def _(self, request: DeleteLink) -> None:
        index = self._find(request.name)
        if index is not None:
            self._route().link("del", index=index)

    @_do.register
    def _(self, request: SetUp) -> None:
        self._route().link("set", index=self._index(request.name), state="up" if request.up else "down")

    @_do.register
    def _(self, request: SetMaster) -> None:
        self._route().link("set", index=self._index(request.name), master=self._index(request.bridge))

    @_do.register
    def _(self, request: SetPort) -> None:
        names = (("isolated", "isolated"), ("learning", "learning"), ("unicast_flood", "unicast_flood"))
        wanted = {key: int(value) for key, field in names if (value := getattr(request, field)) is not None}
        self._route().brport("set", index=self._index(request.name), **wanted)

    @_do.register
    def _(self, request: AddAddress) -> None:
        wanted: dict[str, Any] = {"broadcast": request.broadcast} if request.broadcast else {}
        index = self._index(request.name)
        self._route().addr("add", index=index, address=request.address, prefixlen=request.prefix, **wanted)

    @_do.register
    def _(self, request: AddRoute) -> None:
        self._route().route(
            "add",
            dst=f"{request.network}/{request.prefix}",
            gateway=request.gateway,
            oif=self._index(request.name),
            priority=request.metric,
            proto=3,  # boot, as the ip command says it
        )

    @_do.register
    def _(self, request: Setting) -> None:
        try:
            with open(f"{PROC_SYS}/{request.path}", "w", encoding="ascii") as file:
                file.write(request.value)
        except FileNotFoundError:
            if not request.optional:
                raise


def _link(message: Any) -> Link:
    info = message.get_attr("IFLA_LINKINFO")
    kind = info.get_attr("IFLA_INFO_KIND") if info else None
    return Link(
        message.get_attr("IFLA_IFNAME"),
        message["index"],
        kind or "",
        message.get_attr("IFLA_ADDRESS") or "",
        bool(message["flags"] & IFF_UP),
        message.get_attr("IFLA_MASTER") or 0,
    )


WORDS: dict[type, str] = {
    MakeBridge: "error creating bridge interface {0.name}",
    DeleteLink: "error removing bridge interface {0.name}",
    SetUp: "Cannot set interface flags on '{0.name}'",
    SetMaster: "Unable to add bridge {0.bridge} port {0.name}",
    SetPort: "Unable to set bridge port {0.name}",
    AddAddress: "Failed to add IP address {0.address}/{0.prefix} to {0.name}",
    AddRoute: "Failed to add route {0.network}/{0.prefix} via {0.gateway} to {0.name}",
    Setting: "cannot write to /proc/sys/{0.path}",
}


@contextlib.contextmanager
def refusals(request: Request) -> Iterator[None]:
    """Turn what the kernel refuses into libvirt's error for the request."""
    try:
        yield
    except OSError as error:
        code = error.errno or 0
        words = WORDS[type(request)].format(request)
        raise SystemCallError(f"{words}: {os.strerror(code)}", int1=code) from None
    except Exception as error:
        number = getattr(error, "code", None)  # pyroute2's NetlinkError is no OSError
        if not isinstance(number, int):
            raise
        words = WORDS[type(request)].format(request)
        raise SystemCallError(f"{words}: {os.strerror(number)}", int1=number) from None
