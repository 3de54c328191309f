# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an active network is on the host, apart from rules and dnsmasq: netlink requests as values."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from ipaddress import IPv4Interface, IPv4Network

from virtbus.bus.errors import InternalError, InvalidArg
from virtbus.drivers.common.engine.netlink import AddAddress, AddRoute, DeleteLink, MakeBridge, Request, Setting, SetUp
from virtbus.drivers.network.addresses import interface_of, netmask_prefix, prefix_of
from virtbus.drivers.network.model import Network, Route

NAME_MAX = 15
"""Characters of the longest link name (IFNAMSIZ less its end)."""

BRIDGES_MAX = 256
ROUTES_FILE = "/proc/net/route"


def check_link_name(name: str) -> None:
    """Refuse a name that no link can have, or that a kernel setting's path could not hold."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*", name) or len(name) > NAME_MAX:
        raise InvalidArg(f"'{name[:64]}' is not a valid name for a network interface")


def up(network: Network) -> list[Request]:
    """Give the requests that make a network's bridge with its addresses and routes, in order."""
    name = network.bridge_name or ""
    bridge, mac = network.bridge, network.mac
    requests: list[Request] = [
        MakeBridge(
            name,
            mac.address if mac else None,
            int(network.mtu.size or 0) if network.mtu else None,
            stp=bridge is None or bridge.stp != "off",
            delay=int(bridge.delay or 0) * 100 if bridge else 0,
            vlan_filtering=bridge is not None and bridge.mac_table_manager == "libvirt",
        )
    ]
    six = network.first_ip("ipv6") is not None
    requests.append(Setting(f"net/ipv6/conf/{name}/disable_ipv6", "0" if six else "1", optional=not six))
    requests += [Setting(f"net/ipv6/conf/{name}/{key}", "0", optional=True) for key in ("accept_ra", "autoconf")]
    requests += [_address(name, ip) for ip in map(interface_of, network.ips)]
    requests.append(SetUp(name))
    requests += [route(name, entry) for entry in network.routes]
    return requests + forwarding(network)


def _address(name: str, address: object) -> AddAddress:
    if isinstance(address, IPv4Interface):
        wide = address.network.prefixlen < 31
        broadcast = str(address.network.broadcast_address) if wide else None
        return AddAddress(name, str(address.ip), address.network.prefixlen, broadcast)
    text, _, prefix = str(address).partition("/")
    return AddAddress(name, text, int(prefix))


def route(name: str, entry: Route) -> AddRoute:
    """Give the request for a static route."""
    prefix = int(entry.prefix) if entry.prefix is not None else prefix_of(entry)
    if entry.netmask is not None:
        prefix = netmask_prefix(entry.netmask)
    return AddRoute(name, entry.address or "", prefix or 0, entry.gateway or "", int(entry.metric or 1))


def forwarding(network: Network) -> list[Request]:
    """Give the requests that make the host pass packets on, for networks that reach others."""
    if network.mode == "none":
        return []
    requests: list[Request] = []
    if network.first_ip("ipv4"):
        requests.append(Setting("net/ipv4/ip_forward", "1"))
    if network.first_ip("ipv6"):
        requests.append(Setting("net/ipv6/conf/all/forwarding", "1"))
    return requests


def down(network: Network) -> list[Request]:
    """Give the requests that take a network's bridge away."""
    return [DeleteLink(network.bridge_name or "")]


def check_collision(network: Network, routes: str) -> None:
    """Refuse a network whose addresses a route of the host leads to already; `routes` is /proc/net/route."""
    own = {interface_of(ip).network for ip in network.ips if not ip.ipv6}
    for line in routes.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 8:
            continue
        found = _net(fields[1], fields[7])
        if found in own:
            raise InternalError(f"Network is already in use by interface {fields[0]}")


def _net(address: str, mask: str) -> IPv4Network | None:
    """Give the net of a line, whose numbers are in the byte order of the host."""
    try:
        parts = [int.from_bytes(bytes.fromhex(text)[::-1], "big") for text in (address, mask)]
        return IPv4Network((parts[0], f"{parts[1]:032b}".count("1")))
    except ValueError:
        return None


def new_name(template: str | None, taken: Iterable[str]) -> str:
    """Give the first free name of a template with %d in it."""
    pattern = template if template and "%d" in template else "virbr%d"
    used = set(taken)
    for number in range(BRIDGES_MAX + 1):
        name = pattern.replace("%d", str(number), 1)
        if name not in used:
            return name
    raise InternalError(f"Bridge generation exceeded max id {BRIDGES_MAX}")


def new_mac() -> str:
    """Give a MAC address of the range that QEMU and libvirt use."""
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in secrets.token_bytes(3))
