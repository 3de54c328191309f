# SPDX-License-Identifier: LGPL-2.1-or-later
"""The whole catalogue in one view: every class and every call, found by walking the package `virtbus.bus.api`."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator

from virtbus.bus import api
from virtbus.bus.catalogue import Api, Call, Event


@functools.cache
def classes() -> tuple[type[Api], ...]:
    """Give every class of the catalogue that stands for an object, sorted by daemon and kind."""
    for module in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
        importlib.import_module(module.name)
    found = {cls for cls in _below(Api) if cls.kind and cls.__module__.startswith(f"{api.__name__}.")}
    return tuple(sorted(found, key=lambda cls: (cls.daemon, cls.kind)))


def on_bus() -> tuple[type[Api], ...]:
    """Give the classes whose objects are on the bus."""
    return tuple(cls for cls in classes() if not cls.wire_only)


def calls() -> Iterator[Call]:
    """Give every call, class by class."""
    for cls in classes():
        yield from cls.calls.values()


def events() -> Iterator[Event]:
    """Give every event, class by class."""
    for cls in classes():
        yield from cls.events.values()


def _below(cls: type[Api]) -> Iterator[type[Api]]:
    for each in cls.__subclasses__():
        yield each
        yield from _below(each)
