# SPDX-License-Identifier: LGPL-2.1-or-later
"""Host a driver of libvirt in this process the way libvirt's own daemons do.

`qemu:///embed` is libvirt's public way, but it names every file by its root folder: autostart links, the paths of
firmware variables and save images end up in stored definitions, which libvirtd could no longer follow once the root
is gone; and it refuses guests that end with their client. What virtqemud does has neither fault: it loads the
driver's module and initialises its state, after which `qemu:///system` opens right here. The functions for that are
not public, so they are used only with releases whose prototypes were checked; `embed` serves the others.
"""

from __future__ import annotations

import ctypes
import functools
import logging

import libvirt

from virtbus.drivers.hypervisor import errors

log = logging.getLogger("virtbus.hypervisor.hosting")

CHECKED = frozenset({9_000_000})
"""Releases of libvirt (virGetVersion) with which the prototypes below were checked."""
NETLINK_SERVICES = ((0, 0), (15, 1))
"""NETLINK_ROUTE and NETLINK_KOBJECT_UEVENT, with the groups that are listened to."""
PROTOTYPES: dict[str, tuple[type | None, tuple[type, ...]]] = {
    "virAccessManagerNew": (ctypes.c_void_p, (ctypes.c_char_p,)),
    "virAccessManagerSetDefault": (None, (ctypes.c_void_p,)),
    "virDriverLoadModule": (ctypes.c_int, (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_bool)),
    "virIdentityGetSystem": (ctypes.c_void_p, ()),
    "virIdentitySetCurrent": (ctypes.c_int, (ctypes.c_void_p,)),
    "virNetlinkStartup": (ctypes.c_int, ()),
    "virNetlinkEventServiceStart": (ctypes.c_int, (ctypes.c_uint, ctypes.c_uint)),
    "virStateInitialize": (
        ctypes.c_int,
        (ctypes.c_bool, ctypes.c_bool, ctypes.c_char_p, ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p),
    ),
}


@functools.cache
def _library() -> ctypes.CDLL | None:
    """Give the library with its prototypes set; None where a function is missing."""
    library = ctypes.CDLL("libvirt.so.0")
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(library, name, None)
        if function is None:
            log.warning("libvirt has no symbol %s", name)
            return None
        function.restype, function.argtypes = result, arguments
    return library


def possible() -> bool:
    """Say whether this libvirt can be hosted so."""
    return libvirt.getVersion() in CHECKED and _library() is not None


def begin(scheme: str) -> None:
    """Load the driver of a URI scheme and initialise it: stored guests are known, running ones found again.

    Once in a process, after libvirt's event loop was registered. Raises libvirt's error.
    """
    library = _library()
    if library is None:
        raise errors.failed("virStateInitialize")
    # Guests with macvtap interfaces need the event service: without it the process crashes when they end.
    if library.virNetlinkStartup() < 0:
        raise errors.failed("virNetlinkStartup")
    for protocol, groups in NETLINK_SERVICES:
        if library.virNetlinkEventServiceStart(protocol, groups) < 0:
            raise errors.failed("virNetlinkEventServiceStart")
    # Who may do what is decided before a call gets here; libvirt's own checks are off.
    library.virAccessManagerSetDefault(library.virAccessManagerNew(b"none"))
    if library.virDriverLoadModule(scheme.encode(), f"{scheme}Register".encode(), True) < 0:  # noqa: FBT003
        raise errors.failed("virDriverLoadModule")
    if library.virStateInitialize(True, True, None, False, None, None) < 0:  # noqa: FBT003
        raise errors.failed("virStateInitialize")


@functools.cache
def _system_identity() -> int | None:
    library = _library()
    return library.virIdentityGetSystem() if library is not None else None


def act_as_system() -> None:
    """Let this thread's calls to other drivers be the daemon's own.

    Without an identity the driver cannot ask for what only the daemon may see: the value of a private secret.
    """
    library, identity = _library(), _system_identity()
    if library is None or identity is None or library.virIdentitySetCurrent(identity) < 0:
        log.error("a thread has no identity: guests whose disks need a secret will not start")
