# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run a daemon: on the bus, with its name, until it is told to stop."""

from __future__ import annotations

import asyncio
import functools
import logging
import signal
from collections import OrderedDict
from collections.abc import Callable

from virtbus.bus import systemd
from virtbus.bus.caller import Caller
from virtbus.bus.connection import SystemBus
from virtbus.bus.errors import LibvirtError
from virtbus.bus.service import Driver, Judge, Service
from virtbus.bus.signals import Signals
from virtbus.bus.wire.message import Message

log = logging.getLogger("virtbus.daemon")

KNOWN_CALLERS_MAX = 200


class NameTaken(Exception):
    """Another process has the daemon's bus name already."""


class BusCallers:
    """Who the connections on the bus are: asked once for each, forgotten when it leaves."""

    def __init__(self, bus: SystemBus, service: Service) -> None:
        """Serve the calls that come from the bus."""
        self._bus, self._service = bus, service
        self._known: OrderedDict[str, Caller] = OrderedDict()
        self._waiting: dict[str, list[Message]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        bus.link.on_call = self._receive

    def _receive(self, message: Message) -> None:
        sender = message.sender or ""
        caller = self._known.get(sender)
        if caller is not None and sender not in self._waiting:
            self._service.receive(self._bus.link, caller, message)
            return
        waiting = self._waiting.setdefault(sender, [])
        waiting.append(message)
        if len(waiting) == 1:
            task = asyncio.get_running_loop().create_task(self._learn(sender))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _learn(self, sender: str) -> None:
        try:
            await self._bus.watch_owner(sender, functools.partial(self._left, sender))
            caller = Caller.from_credentials(await self._bus.credentials(sender), sender)
        except LibvirtError:
            # Gone before it could be asked about: nobody is left to answer.
            self._waiting.pop(sender, None)
            await self._bus.unwatch_owner(sender)
            return
        self._known[sender] = caller
        for message in self._waiting.pop(sender, []):
            self._service.receive(self._bus.link, caller, message)
        if len(self._known) > KNOWN_CALLERS_MAX:
            oldest, _ = self._known.popitem(last=False)
            await self._bus.unwatch_owner(oldest)

    def _left(self, sender: str, owner: str) -> None:
        if owner:
            return
        self._known.pop(sender, None)
        self._service.forget(self._bus.link, sender)
        task = asyncio.get_running_loop().create_task(self._bus.unwatch_owner(sender))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def serve(
    bus_name: str, driver: Driver, judge_on: Callable[[SystemBus], Judge], address: str | None = None
) -> None:
    """Serve a driver's objects under `bus_name` until SIGTERM or SIGINT, or until the bus goes away.

    The name is taken before the driver starts, so that bus activation does not run into its time limit; calls that
    come meanwhile wait. NameTaken where another process has the name.
    """
    bus = await SystemBus.connect(address)
    judge = judge_on(bus)
    signals = Signals(judge, lambda: [o for o in (driver.manager, *driver.objects()) if o.events])
    service = Service(driver, judge, signals)
    BusCallers(bus, service)
    over = asyncio.Event()
    bus.link.on_closed = over.set
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    if not await bus.own_name(bus_name):
        raise NameTaken(f"{bus_name} is served by another process already")
    await driver.start(signals)
    service.open()
    systemd.notify("READY=1")
    log.info("%s is served", bus_name)
    await over.wait()
    systemd.notify("STOPPING=1")
    await driver.stop()
