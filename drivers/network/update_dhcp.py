# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes to the DHCP hosts and ranges of a network."""

from __future__ import annotations

from virtbus.bus.errors import ConfigUnsupported, OperationInvalid, OperationUnsupported
from virtbus.drivers.common.xml.codec import read
from virtbus.drivers.common.xml.parse import Element
from virtbus.drivers.common.xml.values import to_mac
from virtbus.drivers.network.check_ip import check_dhcp_host, check_dhcp_range
from virtbus.drivers.network.model import Dhcp, Host, Ip, Network, Range

MODIFY, DELETE, ADD_LAST, ADD_FIRST = 1, 2, 3, 4


def parent(network: Network, index: int) -> Ip:
    """Give the address meant: the one of that number, or the first with DHCP, or else the first."""
    if index >= 0:
        if index >= len(network.ips):
            detail = f"couldn't update dhcp host entry - no <ip> element found at index {index} in network"
            raise OperationInvalid(f"{detail} '{network.name}'")
        return network.ips[index]
    four = [ip for ip in network.ips if not ip.ipv6]
    found = next((ip for ip in four or network.ips if ip.dhcp and (ip.dhcp.ranges or ip.dhcp.hosts)), None)
    if found is None:
        found = next(iter(four or network.ips), None)
    if found is None:
        detail = "couldn't update dhcp host entry - no <ip> element found in network"
        raise OperationInvalid(f"{detail} '{network.name}'")
    return found


def tidy(ip: Ip) -> None:
    """Drop a DHCP part that hands out nothing."""
    if ip.dhcp is not None and not ip.dhcp.ranges and not ip.dhcp.hosts:
        ip.dhcp = None


def update_host(network: Network, command: int, index: int, element: Element) -> None:
    """Add, change or delete a host."""
    ip = parent(network, index)
    host = read(Host, element)
    check_dhcp_host(host, ip, network.name, partial=command == DELETE)
    dhcp = ip.dhcp = ip.dhcp or Dhcp()
    if command == MODIFY:
        _modify(dhcp, host, network.name)
    elif command == DELETE:
        found = next((other for other in dhcp.hosts if _names(host, other)), None)
        if found is None:
            raise OperationInvalid(f"couldn't locate a matching dhcp host entry in network '{network.name}'")
        dhcp.hosts.remove(found)
    else:
        _refuse_second(dhcp, host, network.name)
        dhcp.hosts.insert(0 if command == ADD_FIRST else len(dhcp.hosts), host)
    tidy(ip)


def _modify(dhcp: Dhcp, host: Host, name: str) -> None:
    for position, other in enumerate(dhcp.hosts):
        same_mac = host.mac and other.mac and to_mac(host.mac) == to_mac(other.mac)
        if same_mac or (host.name and host.name == other.name):
            dhcp.hosts[position] = host
            return
    shown = f"\"mac='{host.mac or '(null)'}'\" \"name='{host.name or '(null)'}'\" \"ip='{host.ip or '(null)'}'\""
    raise OperationInvalid(f"couldn't locate an existing dhcp host entry with {shown} in network '{name}'")


def _names(wanted: Host, host: Host) -> bool:
    """Say whether all that is given of `wanted` is so of `host`."""
    if wanted.mac and (not host.mac or to_mac(wanted.mac) != to_mac(host.mac)):
        return False
    return all(
        not getattr(wanted, field) or getattr(wanted, field) == getattr(host, field) for field in ("name", "id", "ip")
    )


def _refuse_second(dhcp: Dhcp, host: Host, network: str) -> None:
    for other in dhcp.hosts:
        same_mac = host.mac and other.mac and to_mac(host.mac) == to_mac(other.mac)
        if same_mac or (host.name and host.name == other.name) or (host.ip and host.ip == other.ip):
            parts = [("mac", host.mac), ("name", host.name), ("ip", host.ip)]
            shown = " ".join(f"{key}='{value}'" for key, value in parts if value)
            words = f"there is an existing dhcp host entry in network '{network}' that matches"
            raise OperationInvalid(f'{words} "<host {shown}/>"')


def update_range(network: Network, command: int, index: int, element: Element) -> None:
    """Add or delete a range."""
    if command == MODIFY:
        raise OperationUnsupported("dhcp ranges cannot be modified, only added or deleted")
    ip = parent(network, index)
    entry = read(Range, element)
    check_dhcp_range(entry, ip, network.name)
    dhcp = ip.dhcp = ip.dhcp or Dhcp()
    same = next((other for other in dhcp.ranges if (other.start, other.end) == (entry.start, entry.end)), None)
    if command == DELETE:
        if same is None:
            raise OperationInvalid(f"couldn't locate a matching dhcp range entry in network '{network.name}'")
        dhcp.ranges.remove(same)
    else:
        if same is not None:
            shown = f"<range start='{entry.start}' end='{entry.end}'/>"
            words = f"there is an existing dhcp range entry in network '{network.name}' that matches"
            raise OperationInvalid(f'{words} "{shown}"')
        if network.forward is not None and not network.owns_bridge:
            raise ConfigUnsupported(f"network '{network.name}' has no DHCP server of its own")
        dhcp.ranges.insert(0 if command == ADD_FIRST else len(dhcp.ranges), entry)
    tidy(ip)
