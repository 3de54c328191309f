# SPDX-License-Identifier: LGPL-2.1-or-later
"""Decide what a new port is plugged into: from the port, its group and its network."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from virtbus.bus.errors import ConfigUnsupported, InternalError, InvalidArg
from virtbus.drivers.network.model import Interface, Network, PortGroup, VirtualPort
from virtbus.drivers.network.port_model import NetworkPort, Plug, RxFilters

EXCLUSIVE = ("passthrough", "hostdev")
Uses = Mapping[str, int]


def allocate(network: Network, port: NetworkPort, uses: Uses) -> None:
    """Fill in what the port inherits and its plug; `uses` counts the ports on each device of the pool."""
    if port.plug is not None:
        raise InvalidArg("Port reclaim not requested but plug type is not none")
    group = find_group(network, port.group)
    _inherit(network, group, port)
    port.plug = _plug(network, port, uses)
    _check_virtualport(network, port)
    if port.vlan is not None and not _carries_vlan(network, port):
        raise ConfigUnsupported(
            f"an interface connecting to network '{network.name}' is requesting a vlan tag, "
            "but that is not supported for this type of network"
        )


def reclaim(network: Network, port: NetworkPort) -> None:
    """Check that the plug a running guest has still fits the network."""
    plug = port.plug
    if plug is None:
        raise InvalidArg("Port reclaim requested but plug type is none")
    owner = port.owner.name if port.owner else ""
    if plug.type == "direct" and plug.dev not in [interface.dev for interface in _pool(network)]:
        detail = f"network '{network.name}' doesn't have dev='{plug.dev}' in use by network port '{port.uuid}'"
        raise InternalError(detail)
    if plug.type == "hostdev-pci":
        raise InternalError(f"network '{network.name}' has no PCI device in use by '{owner}'")


def find_group(network: Network, name: str | None) -> PortGroup | None:
    """Give a port group by name; without a name the network's default one."""
    if name:
        return next((group for group in network.portgroups if group.name == name), None)
    return next((group for group in network.portgroups if group.default == "yes"), None)


def _inherit(network: Network, group: PortGroup | None, port: NetworkPort) -> None:
    if port.bandwidth is None and group is not None:
        port.bandwidth = copy.deepcopy(group.bandwidth)
    if port.vlan is None:
        port.vlan = copy.deepcopy((group.vlan if group else None) or network.vlan)
    if port.rxfilters is None:
        trust = (group.trust_guest_rx_filters if group else None) or network.trust_guest_rx_filters
        port.rxfilters = RxFilters(trust) if trust else None
    if network.port is not None:
        port.port = copy.deepcopy(network.port)
    port.virtualport = _merge(port.virtualport, network.virtualport, group.virtualport if group else None)


def _merge(*ports: VirtualPort | None) -> VirtualPort | None:
    """Give the virtual port that several agree on; the first to say something holds."""
    merged: VirtualPort | None = None
    for port in ports:
        if port is None:
            continue
        if merged is None:
            merged = copy.deepcopy(port)
            continue
        if port.type and merged.type and port.type != merged.type:
            raise ConfigUnsupported(
                f"attempt to merge virtualports with different types ({merged.type} and {port.type})"
            )
        merged.type = merged.type or port.type
        if port.parameters is not None:
            merged.parameters = merged.parameters or copy.deepcopy(port.parameters)
    return merged


def _plug(network: Network, port: NetworkPort, uses: Uses) -> Plug | None:
    manager = network.bridge.mac_table_manager if network.bridge else None
    if network.owns_bridge:
        return Plug("network", bridge=network.bridge_name, mac_table_manager=manager)
    if network.mode == "hostdev":
        raise ConfigUnsupported(f"network '{network.name}' hands out PCI devices, which is not supported yet")
    if network.mode == "bridge" and network.bridge_name:
        return Plug("bridge", bridge=network.bridge_name, mac_table_manager=manager)
    device = choose_device(network, port, uses)
    return Plug("direct", dev=device.dev, mode=network.mode)


def _pool(network: Network) -> list[Interface]:
    return network.forward.interfaces if network.forward else []


def choose_device(network: Network, port: NetworkPort, uses: Uses) -> Interface:
    """Give the device of the pool with the fewest guests; where it is not shared, one that has none."""
    pool = _pool(network)
    if not pool:
        detail = f"network '{network.name}' uses a direct mode, but has no forward dev and no interface pool"
        raise InternalError(detail)
    kind = port.virtualport.type if port.virtualport else None
    device = min(pool, key=lambda interface: uses.get(interface.dev or "", 0))
    if (network.mode in EXCLUSIVE or kind == "802.1Qbh") and uses.get(device.dev or "", 0):
        words = "requires exclusive access to interfaces, but none are available"
        raise InternalError(f"network '{network.name}' {words}")
    return device


def _check_virtualport(network: Network, port: NetworkPort) -> None:
    kind = port.virtualport.type if port.virtualport else None
    if port.virtualport is None:
        return
    if network.owns_bridge:
        words = "which uses IP forwarding"
    elif port.plug is not None and port.plug.type == "bridge" and kind not in (None, "openvswitch", "midonet"):
        words = "which uses a bridge device"
    elif port.plug is not None and port.plug.type == "direct" and kind in ("openvswitch", "midonet"):
        words = "which uses a macvtap device"
    else:
        return
    raise ConfigUnsupported(f"<virtualport type='{kind}'> not supported for network '{network.name}' {words}")


def _carries_vlan(network: Network, port: NetworkPort) -> bool:
    kind = port.virtualport.type if port.virtualport else None
    return network.mode in EXCLUSIVE or (network.mode == "bridge" and kind == "openvswitch")
