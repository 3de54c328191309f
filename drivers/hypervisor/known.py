# SPDX-License-Identifier: LGPL-2.1-or-later
"""The objects that a UUID names, kept with their handles: libvirt finds them anew at each call."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from virtbus.bus.refs import DomainRef
from virtbus.drivers.hypervisor.handles import Handle
from virtbus.drivers.hypervisor.objects import KEPT, Home, Kept

GONE_MAX = 1024
KINDS = ("Domain", "Network", "StoragePool", "NWFilter", "Secret")


class Known:
    """The objects met so far, by path, and those that libvirt had until lately.

    A guest that is gone stays known for a while, because libvirt's own answer to a call on it names it.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._alive: dict[str, Kept] = {}
        self._gone: OrderedDict[str, Kept] = OrderedDict()
        self._guests: dict[bytes, Kept] = {}

    def get(self, path: str) -> Kept | None:
        """Give the object at a path."""
        return self._alive.get(path) or self._gone.get(path)

    def is_alive(self, path: str) -> bool:
        """Say whether libvirt has the object, as far as was heard."""
        return path in self._alive

    def is_guest(self, ref: DomainRef) -> bool:
        """Say whether a guest is known just so: alive, with this name and id."""
        obj = self._guests.get(ref.uuid)
        return obj is not None and obj.ref == ref

    def meet(self, handle: Handle, ref: Any) -> Kept:
        """Give the object of a handle, the same one as before unless it has another name now."""
        path = ref.path()
        with self._lock:
            obj = self._alive.get(path)
            if obj is None or obj.ref[0] != ref[0]:
                self._gone.pop(path, None)
                obj = self._alive[path] = KEPT[handle.family.noun](self._home, handle, ref)
            elif obj.ref != ref:
                obj.ref = ref
            if isinstance(ref, DomainRef):
                self._guests[ref.uuid] = obj
            return obj

    def forget(self) -> None:
        """Let go of every object."""
        with self._lock:
            self._alive.clear()
            self._gone.clear()
            self._guests.clear()

    def leave(self, path: str) -> Kept | None:
        """Know that an object is gone; give it if it was there."""
        with self._lock:
            obj = self._alive.pop(path, None)
            if obj is not None:
                self._gone[path] = obj
                self._guests.pop(obj.ref[1], None)
                while len(self._gone) > GONE_MAX:
                    self._gone.popitem(last=False)
            return obj
