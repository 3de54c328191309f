# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's events, told as the catalogue's.

Every event of the hosted driver is registered for once, whoever listens. Callbacks come in libvirt's event loop, in
the order of what happened, and go on to the publisher in that order.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable
from typing import Any

import libvirt

from virtbus.bus.api import hypervisor, network, nodedev, secret, storage
from virtbus.bus.api.domain.events import GraphicsAddress, GraphicsIdentity
from virtbus.bus.catalogue import Api
from virtbus.drivers.hypervisor import params
from virtbus.drivers.hypervisor.ctypes_calls import native
from virtbus.drivers.hypervisor.handles import families, readers

log = logging.getLogger("virtbus.hypervisor.events")

Tell = Callable[..., None]
"""Called with the catalogue's event, the object's reference and the event's further arguments."""

TYPED = ("domain_event_tunable", "domain_event_job_completed")
"""Events with typed parameters, whose types libvirt-python loses."""

MONITOR = "domain_monitor_event"


OTHERS: tuple[tuple[type[Api], str, str], ...] = (
    (network.Manager, "Network", "networkEventRegisterAny"),
    (storage.Manager, "StoragePool", "storagePoolEventRegisterAny"),
    (nodedev.Manager, "NodeDevice", "nodeDeviceEventRegisterAny"),
    (secret.Manager, "Secret", "secretEventRegisterAny"),
)
"""The other kinds of object: manager, noun, the method that registers."""


class Events:
    """All events of one connection."""

    def __init__(self, connection: Any, address: int, tell: Tell) -> None:
        self._connection = connection
        self._address = address
        self._tell = tell
        self._kept: list[Any] = []
        self._registered: list[Callable[[], Any]] = []

    def register(self, *, others: bool) -> None:
        """Register for every event of guests, and of all other objects where `others` says so.

        An event that this version of libvirt does not know yet is left out.
        """
        at = self._connection
        for name, entry in hypervisor.Manager.events.items():
            if name in TYPED:
                self._register_typed(entry.number, entry.function)
            elif name != MONITOR:
                register, deregister = at.domainEventRegisterAny, at.domainEventDeregisterAny
                self._listen(register, deregister, entry.number, self._domain, entry.function)
        for manager, noun, method in OTHERS if others else ():
            register, deregister = getattr(at, method), getattr(at, method.replace("Register", "Deregister"))
            for entry in manager.events.values():
                self._listen(register, deregister, entry.number, self._other, (entry.function, noun))

    def _listen(self, register: Callable[..., int], deregister: Callable[[int], Any], number: int, *told: Any) -> None:
        try:
            found = register(None, number, *told)
        except libvirt.libvirtError as err:
            log.debug("no event %d here: %s", number, err)
            return
        self._leave_by(deregister, found)

    def deregister(self) -> None:
        """Hear nothing any more."""
        while self._registered:
            self._registered.pop()()

    def _leave_by(self, how: Callable[[int], Any], number: int) -> None:
        self._registered.append(lambda: how(number))

    def _domain(self, connection: Any, dom: Any, *rest: Any) -> None:
        *args, event = rest
        try:
            self._tell(event, _ref("Domain", dom), *_shaped(event.__name__, args))
        except Exception:
            log.exception("the event %s could not be told", event.__name__)

    def _other(self, connection: Any, obj: Any, *rest: Any) -> None:
        *args, (event, noun) = rest
        try:
            self._tell(event, _ref(noun, obj), *args)
        except Exception:
            log.exception("the event %s could not be told", event.__name__)

    def _register_typed(self, number: int, event: Callable[..., Any]) -> None:
        def told(connection: int, dom: int, values: int | None, count: int, opaque: int | None) -> None:
            try:
                self._tell(event, families()["Domain"].ref(dom), params.read_dict(values, count))
            except Exception:
                log.exception("the event %s could not be told", event.__name__)

        callback = _TypedCallback(told)
        self._kept.append(callback)
        found = native()("virConnectDomainEventRegisterAny", self._address, None, number, callback, None, None)
        self._leave_by(lambda each: native()("virConnectDomainEventDeregisterAny", self._address, each), found)


_TypedCallback = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
)
_MonitorCallback = ctypes.CFUNCTYPE(
    None,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_char_p,
    ctypes.c_longlong,
    ctypes.c_uint,
    ctypes.c_char_p,
    ctypes.c_void_p,
)


class MonitorEvents:
    """QEMU's own events: registered for while somebody wants any."""

    def __init__(self, address: int, tell: Tell) -> None:
        self._address = address
        self._callback = _MonitorCallback(self._told)
        self._tell = tell
        self._wanted: set[int] = set()
        self._next = 0
        self._registered: int | None = None

    def add(self) -> int:
        """Begin to tell them, or go on; give a number to stop by. Raises libvirt's error."""
        if self._registered is None:
            name = "virConnectDomainQemuMonitorEventRegister"
            self._registered = int(native()(name, self._address, None, None, self._callback, None, None, 0))
        self._next += 1
        self._wanted.add(self._next)
        return self._next

    def remove(self, number: int) -> bool:
        """Stop telling them once all that were added are gone; say whether this one was there."""
        if number not in self._wanted:
            return False
        self._wanted.discard(number)
        if not self._wanted and self._registered is not None:
            native()("virConnectDomainQemuMonitorEventDeregister", self._address, self._registered)
            self._registered = None
        return True

    def _told(
        self,
        connection: int,
        dom: int,
        event: bytes,
        seconds: int,
        micros: int,
        details: bytes | None,
        opaque: int | None,
    ) -> None:
        ref = families()["Domain"].ref(dom)
        text = details.decode(errors="replace") if details is not None else None
        function = hypervisor.Manager.domain_monitor_event
        self._tell(function, ref, event.decode(errors="replace"), seconds, micros, text)


def _ref(noun: str, obj: Any) -> Any:
    family = families()[noun]
    return family.ref(readers().pointer(obj._o, family.type_name))


def _shaped(name: str, args: list[Any]) -> tuple[Any, ...]:
    shape = SHAPES.get(name)
    return shape(*args) if shape else tuple(args)


def _graphics(phase: int, local: Any, remote: Any, scheme: str, subject: Any) -> tuple[Any, ...]:
    return phase, _address(local), _address(remote), scheme, [GraphicsIdentity(kind, name) for kind, name in subject]


def _address(raw: Any) -> GraphicsAddress:
    return GraphicsAddress(raw["family"], raw["node"] or "", raw["service"] or "")


def _io_error(path: str | None, alias: str | None, action: int, reason: str | None = None) -> tuple[Any, ...]:
    return path or "", alias or "", action, reason or ""


def _without_reason(path: str | None, alias: str | None, action: int) -> tuple[Any, ...]:
    return path or "", alias or "", action


SHAPES: dict[str, Callable[..., tuple[Any, ...]]] = {
    "domain_event_graphics": _graphics,
    "domain_event_io_error": _without_reason,
    "domain_event_io_error_reason": _io_error,
}
"""Events whose arguments are not already those of the catalogue."""
