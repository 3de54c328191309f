# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls on the host and its networks that are not done by the rule."""

from __future__ import annotations

import ctypes
from typing import Any

import libvirtmod

from virtbus.bus.api.connection import CPUMap, NodeInfo
from virtbus.bus.api.network import DHCPLease
from virtbus.bus.errors import InternalError
from virtbus.drivers.hypervisor import errors, layouts
from virtbus.drivers.hypervisor.ctypes_calls import native
from virtbus.drivers.hypervisor.delegate import Context
from virtbus.drivers.hypervisor.handles import Handle


def get_uri(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> str:
    """Give the URI that clients know, which for the embedded driver is not libvirt's own."""
    return context.uri


def supports_feature(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> int:
    """Say whether the driver has an internal feature; the function is not public."""
    return int(native()("virConnectSupportsFeature", context.connection_address, *args))


def node_get_info(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> NodeInfo:
    """Describe the host; libvirt-python would round its memory to MiB."""
    room = layouts.room(layouts.NODE_INFO)
    native()("virNodeGetInfo", context.connection_address, room)
    model, *numbers = layouts.NODE_INFO.unpack(room)
    return NodeInfo(model.partition(b"\0")[0].decode(), *numbers)


def baseline_cpu(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> str:
    """Give the CPU that all have in common; no list at all is what the public function itself refuses."""
    cpus, flags = args
    if not cpus:
        raise errors.null_argument("virConnectBaselineCPU", "xmlCPUs")
    found = libvirtmod.virConnectBaselineCPU(context.connection, cpus, flags)
    if found is None:
        raise errors.failed("virConnectBaselineCPU")
    return str(found)


def node_get_cpu_map(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> CPUMap:
    """Give which processors are online."""
    (flags,) = args
    found, online = ctypes.c_void_p(), ctypes.c_uint()
    total = native()("virNodeGetCPUMap", context.connection_address, ctypes.byref(found), ctypes.byref(online), flags)
    return CPUMap(native().blob(found.value, (total + 7) // 8), online.value, total)


def host_cpus(context: Context) -> int:
    """Give how many processors the host has; raises libvirt's error."""
    return int(native()("virNodeGetCPUMap", context.connection_address, None, None, 0))


def node_get_free_pages(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> list[int]:
    """Give the free pages of each size in each cell."""
    sizes, start, cells, flags = args
    asked = (ctypes.c_uint * max(len(sizes), 1))(*sizes)
    counts = (ctypes.c_ulonglong * max(len(sizes) * min(cells, 1 << 16), 1))()
    used = native()(
        "virNodeGetFreePages", context.connection_address, len(sizes), asked, start, min(cells, 1 << 16), counts, flags
    )
    if used > len(counts):
        raise InternalError("more page counts than asked for")
    return list(counts[:used])


def node_alloc_pages(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> int:
    """Reserve huge pages."""
    sizes, amounts, start, cells, flags = args
    asked = (ctypes.c_uint * max(len(sizes), 1))(*sizes)
    wanted = (ctypes.c_ulonglong * max(len(sizes), 1))(*amounts[: len(sizes)])
    done = native()("virNodeAllocPages", context.connection_address, len(sizes), asked, wanted, start, cells, flags)
    return int(done)


def network_get_dhcp_leases(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> list[DHCPLease]:
    """Give the leases of a network."""
    mac, flags = args
    found = ctypes.c_void_p()
    address = handle.address if handle else 0
    count = native()("virNetworkGetDHCPLeases", address, mac, ctypes.byref(found), flags)
    leases = layouts.pointers(found.value, count)
    try:
        return [_lease(layouts.at(layouts.DHCP_LEASE, one)) for one in leases]
    finally:
        for one in leases:
            native().release("virNetworkDHCPLeaseFree", one)
        native().free(found.value)


def _lease(raw: tuple[Any, ...]) -> DHCPLease:
    iface, expiry, kind, mac, iaid, address, prefix, hostname, client = raw
    text, plain = layouts.text, layouts.plain_text
    return DHCPLease(
        plain(iface), expiry, kind, text(mac), text(iaid), plain(address), prefix, text(hostname), text(client)
    )
