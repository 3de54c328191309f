# SPDX-License-Identifier: LGPL-2.1-or-later
"""The calls of QEMU's own program: its monitor, the guest's agent, its own events."""

from __future__ import annotations

import ctypes
from typing import Any

from virtbus.bus.api.domain.agent import MonitorAnswer
from virtbus.bus.errors import ErrorDomain, InternalError
from virtbus.bus.refs import DomainRef
from virtbus.drivers.hypervisor.ctypes_calls import native
from virtbus.drivers.hypervisor.delegate import Context
from virtbus.drivers.hypervisor.handles import Handle, families, readers
from virtbus.drivers.hypervisor.special_devices import int_array
from virtbus.drivers.hypervisor.special_guest import given


def command(context: Context, handle: Handle, args: tuple[Any, ...]) -> str:
    """Send a command to the monitor."""
    text, flags = args
    answer = ctypes.c_void_p()
    native()("virDomainQemuMonitorCommand", handle.address, text, ctypes.byref(answer), flags)
    return native().text(answer.value)


def command_with_files(context: Context, handle: Handle, args: tuple[Any, ...]) -> MonitorAnswer:
    """Send a command and files to the monitor."""
    text, files, flags = args
    count, found, answer = ctypes.c_uint(), ctypes.c_void_p(), ctypes.c_void_p()
    out = ctypes.byref(count), ctypes.byref(found), ctypes.byref(answer)
    native()("virDomainQemuMonitorCommandWithFiles", handle.address, text, len(files), int_array(files), *out, flags)
    raw = native().blob(found.value, count.value * ctypes.sizeof(ctypes.c_int))
    return MonitorAnswer(native().text(answer.value), list((ctypes.c_int * count.value).from_buffer_copy(raw)))


def agent_command(context: Context, handle: Handle, args: tuple[Any, ...]) -> str | None:
    """Send a command to the guest's agent."""
    return native().text(native()("virDomainQemuAgentCommand", handle.address, *args))


def attach(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> DomainRef:
    """Take over a running QEMU process."""
    address = native()("virDomainQemuAttach", context.connection_address, *args)
    return given(context, readers().wrap(address, families()["Domain"].type_name, None))


def event_register(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> int:
    """Begin to tell QEMU's own events; who asked for which ones is the subscriber's side to sort out."""
    return context.monitor_events.add()


def event_deregister(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> None:
    """Stop telling QEMU's own events once nobody wants them."""
    (number,) = args
    if not context.monitor_events.remove(number):
        raise InternalError(f"monitor event callback {number} not registered", origin=ErrorDomain.RPC)
