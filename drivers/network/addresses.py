# SPDX-License-Identifier: LGPL-2.1-or-later
"""Addresses as libvirt reads them: literal ones only, of either family, and the nets that they are in."""

from __future__ import annotations

import socket
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
)

from virtbus.bus.errors import ErrorDomain, InternalError, SystemCallError
from virtbus.drivers.network.model import Ip, Route

Address = IPv4Address | IPv6Address
Net = IPv4Network | IPv6Network
NONE = ErrorDomain.NONE


def parse_address(text: str) -> Address | None:
    """Give an address; None for other text. Short IPv4 forms such as 10.1 count, as they do in libvirt."""
    try:
        return ip_address(text)
    except ValueError:
        if not text or not set(text) <= set("0123456789abcdefxABCDEFX."):
            return None
    try:
        return IPv4Address(socket.inet_aton(text))
    except OSError:
        return None


def need_address(text: str) -> Address:
    """Give an address; libvirt's SystemCallError for other text."""
    found = parse_address(text)
    if found is None:
        raise SystemCallError(f"Cannot parse socket address '{text}': Name or service not known", origin=NONE)
    return found


def netmask_prefix(mask: str) -> int:
    """Give the leading ones of a netmask."""
    bits = f"{int(IPv4Address(mask)):032b}"
    return len(bits) - len(bits.lstrip("1"))


def prefix_of(place: Ip | Route) -> int | None:
    """Give the length of the prefix: given, by the mask, or the class of the address (IPv6: 64)."""
    if place.prefix and place.prefix != "0":
        return int(place.prefix)
    if place.netmask:
        return netmask_prefix(place.netmask)
    address = parse_address(place.address or "")
    if address is None:
        return None
    if address.version == 6:
        return 64
    return _class_prefix(address)


def _class_prefix(address: IPv4Address) -> int | None:
    first = int(address) >> 24
    if int(address) == 0:
        return 0
    for low, high, prefix in ((0, 127, 8), (128, 191, 16), (192, 223, 24)):
        if low <= first <= high:
            return prefix
    return None


def interface_of(ip: Ip) -> IPv4Interface | IPv6Interface:
    """Give an address together with its net."""
    prefix = prefix_of(ip)
    return ip_interface(f"{ip.address}/{prefix if prefix is not None else 32}")


def check_range(start: Address, end: Address, net: IPv4Interface | IPv6Interface | None) -> int:
    """Give how many addresses a range has; libvirt's InternalError for one that is none, or outside `net`."""
    words = f"range {start} - {end}"
    if start.version != end.version:
        raise _bad(f"mismatch of address family in {words}")
    if net is not None:
        if start.version != net.version:
            raise _bad(f"mismatch of address family in {words} for network {net.ip}")
        _check_inside(start, end, net, words)
    size = int(end) - int(start)
    if start.version == 4 and size < 0:
        raise _bad(f"{words} is reversed ")
    if size < 0:
        raise _bad(f"{words} start larger than end")
    if size > 65535 and start.version == 6:
        raise _bad(f"{words} is too large (> 65535)")
    return size + 1


def _check_inside(start: Address, end: Address, net: IPv4Interface | IPv6Interface, words: str) -> None:
    if int(start) > int(end):
        return
    if start not in net.network or end not in net.network:
        raise _bad(f"{words} is not entirely within network {net}")
    if isinstance(net, IPv4Interface):
        if start == net.network.network_address:
            raise _bad(f"start of {words} in network {net} is the network address")
        if end == net.network.broadcast_address:
            raise _bad(f"end of {words} in network {net} is the broadcast address")


def _bad(detail: str) -> InternalError:
    return InternalError(detail, origin=NONE)
