# SPDX-License-Identifier: LGPL-2.1-or-later
"""Refuse what libvirt refuses in a network's addresses, DHCP service and routes."""

from __future__ import annotations

import re
from ipaddress import ip_network

from virtbus.bus.errors import ConfigUnsupported, ErrorDomain, XmlError
from virtbus.drivers.common.xml.values import to_mac
from virtbus.drivers.network.addresses import (
    check_range,
    interface_of,
    need_address,
    netmask_prefix,
    parse_address,
    prefix_of,
)
from virtbus.drivers.network.check_port import invalid_value, number, yes_no
from virtbus.drivers.network.model import Dhcp, Host, Ip, Lease, Range, Route

BITS = {4: 32, 6: 128}
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600}


def check_ip(ip: Ip, network: str) -> None:
    """Bring an address into its normal form, or refuse it."""
    where = f"in network '{network}'"
    if ip.prefix is not None:
        ip.prefix = str(number(ip.prefix, "prefix", "ip")) if number(ip.prefix, "prefix", "ip") else None
    yes_no(ip.local_ptr, "localPtr", "ip")
    if not ip.address:
        raise XmlError(f"Missing required address attribute {where}")
    address = parse_address(ip.address)
    if address is None:
        raise XmlError(f"Invalid address '{ip.address}' {where}")
    ip.address = str(address)
    _check_family(ip, address.version, where)
    _check_mask(ip, address.version, network)
    if ip.tftp is not None and not ip.tftp.root:
        ip.tftp = None
    if ip.tftp is not None and ip.ipv6:
        raise ConfigUnsupported(f"Unsupported <tftp> element in an IPv6 element {where}")
    if ip.dhcp is not None:
        check_dhcp(ip.dhcp, ip, network)
        ip.dhcp = ip.dhcp if ip.dhcp.ranges or ip.dhcp.hosts else None


def _check_family(ip: Ip, version: int, where: str) -> None:
    if ip.family is None:
        if version != 4:
            raise ConfigUnsupported(f"no family specified for non-IPv4 address '{ip.address}' {where}")
    elif ip.family == "ipv4":
        if version != 4:
            raise ConfigUnsupported(f"family 'ipv4' specified for non-IPv4 address '{ip.address}' {where}")
    elif ip.family == "ipv6":
        if version != 6:
            raise ConfigUnsupported(f"Family 'ipv6' specified for non-IPv6 address '{ip.address}' {where}")
    else:
        raise XmlError(f"Unrecognized family '{ip.family}' {where}")


def _check_mask(ip: Ip, version: int, network: str) -> None:
    where = f"in network '{network}'"
    if ip.netmask is not None:
        mask = parse_address(ip.netmask)
        if mask is None:
            raise XmlError(f"Invalid netmask '{ip.netmask}' {where}")
        if version != 4:
            raise ConfigUnsupported(f"netmask not allowed for IPv6 address '{ip.address}' {where}")
        if ip.prefix is not None:
            raise ConfigUnsupported(f"Network '{network}' IP address cannot have both a prefix and a netmask")
        if mask.version != 4:
            raise ConfigUnsupported(f"Invalid netmask '{ip.netmask}' for address '{ip.address}' (both must be IPv4)")
        ip.netmask = str(mask)
    if ip.prefix is not None and int(ip.prefix) > BITS[version]:
        raise ConfigUnsupported(f"Invalid IPv{version} prefix '{ip.prefix}' {where}")


def check_dhcp(dhcp: Dhcp, ip: Ip, network: str) -> None:
    """Bring a DHCP service into its normal form, or refuse it."""
    for entry in dhcp.ranges:
        check_dhcp_range(entry, ip, network)
    for host in dhcp.hosts:
        check_dhcp_host(host, ip, network)
    bootp = dhcp.bootp
    if bootp is not None:
        if not bootp.file or ip.ipv6:
            dhcp.bootp = None
        elif bootp.server is not None:
            bootp.server = str(need_address(bootp.server))


def check_dhcp_range(entry: Range, ip: Ip, network: str) -> None:
    """Refuse a range that is not wholly within the address's net."""
    for name in ("start", "end"):
        if getattr(entry, name) is None:
            raise XmlError(f"Missing '{name}' attribute in dhcp range for network '{network}'")
    start, end = need_address(entry.start or ""), need_address(entry.end or "")
    check_range(start, end, interface_of(ip))
    entry.start, entry.end = str(start), str(end)
    entry.lease = check_lease(entry.lease)


def check_lease(lease: Lease | None) -> Lease | None:
    """Give a lease time in normal form; None where there is none."""
    if lease is None or lease.expiry is None:
        return None
    expiry = number(lease.expiry, "expiry", "lease", 2**64 - 1)
    unit = lease.unit or "minutes"
    if unit not in UNITS:
        raise invalid_value(unit, "unit", "lease")
    if expiry == 0:
        return Lease("0")
    if expiry * UNITS[unit] < 120:
        raise ConfigUnsupported("The minimum lease time should be greater than 2 minutes")
    return Lease(str(expiry), unit)


def check_dhcp_host(host: Host, ip: Ip, network: str, *, partial: bool = False) -> None:
    """Refuse a host that a DHCP server could not know again; a `partial` one serves to find another."""
    where = f"in network '{network}'"
    if host.mac is not None:
        _check_host_mac(host, ip, where)
    if host.id is not None:
        _check_id(host.id, network)
    if host.name is not None and (not host.name or not (host.name[0].isascii() and host.name[0].isalnum())):
        raise XmlError(f"Cannot use host name '{host.name}' {where}")
    if partial:
        if not (host.mac or host.id or host.name or host.ip):
            raise XmlError(
                f"At least one of name, mac, or ip attribute must be specified for static host definition {where}"
            )
    elif host.name is None and (host.id if ip.ipv6 else host.mac) is None:
        family, kind = ("IPv6", "id") if ip.ipv6 else ("IPv4", "mac")
        raise XmlError(f"Static host definition in {family} network '{network}' must have {kind} or name attribute")
    _check_host_ip(host, network, partial)
    host.lease = check_lease(host.lease)


def _check_host_mac(host: Host, ip: Ip, where: str) -> None:
    mac = to_mac(host.mac or "")
    if ip.ipv6:
        raise XmlError(f"Invalid to specify MAC address '{host.mac}' {where} IPv6 static host definition")
    if mac is None:
        raise XmlError(f"Cannot parse MAC address '{host.mac}' {where}")
    if int(mac[:2], 16) & 1:
        raise XmlError(f"expected unicast mac address, found multicast '{host.mac}' {where}")


def _check_id(identifier: str, network: str) -> None:
    bad = re.search(r"[^0-9a-fA-F:]", identifier)
    if bad:
        raise XmlError(f"Invalid character '{bad.group()}' in id '{identifier}' of network '{network}'")


def _check_host_ip(host: Host, network: str, partial: bool) -> None:
    if host.ip is None:
        if not partial:
            raise XmlError(f"Missing IP address in static host definition for network '{network}'")
        return
    address = parse_address(host.ip)
    if address is None:
        raise XmlError(f"Invalid IP address in static host definition for network '{network}'")
    host.ip = str(address)


def check_route(route: Route, network: str) -> None:
    """Bring a route into its normal form, or refuse it."""
    if route.prefix is not None:
        route.prefix = str(number(route.prefix, "prefix", "route"))
    if route.metric is not None and number(route.metric, "metric", "route") == 0:
        detail = "Invalid value for attribute 'metric' in element 'route': Zero is not permitted"
        raise XmlError(detail, origin=ErrorDomain.XML)
    for name in ("address", "gateway"):
        if not getattr(route, name):
            raise _route(network, f"Missing required {name} attribute in route definition")
    address, gateway = parse_address(route.address or ""), parse_address(route.gateway or "")
    if address is None:
        raise _route(network, f"Bad network address '{route.address}' in route definition")
    if gateway is None:
        raise _route(network, f"Bad gateway address '{route.gateway}' in route definition")
    if route.netmask is not None and parse_address(route.netmask) is None:
        raise _route(network, f"Bad netmask address '{route.netmask}' in route definition")
    _check_route_family(route, address.version, gateway.version, network)
    _check_route_net(route, address.version, network)
    route.address, route.gateway = str(address), str(gateway)


def _check_route_family(route: Route, address: int, gateway: int, network: str) -> None:
    family = route.family
    if family not in (None, "ipv4", "ipv6"):
        raise _route(network, f"Unrecognized family '{family}' in route definition")
    if family == "ipv6":
        if address != 6:
            raise _route(network, f"ipv6 family specified for non-IPv6 address '{route.address}' in route definition")
        if route.netmask is not None:
            raise _route(network, f"Specifying netmask invalid for IPv6 address '{route.address}' in route definition")
        if gateway != 6:
            raise _route(network, f"ipv6 specified for non-IPv6 gateway address '{route.gateway}' in route definition")
        return
    word = "No family specified" if family is None else "ipv4 family specified"
    if address != 4:
        raise _route(network, f"{word} for non-IPv4 address '{route.address}' in route definition")
    if gateway != 4:
        raise _route(network, f"{word} for non-IPv4 gateway '{route.address}' in route definition")


def _check_route_net(route: Route, version: int, network: str) -> None:
    if route.netmask is not None and route.prefix is not None:
        raise _route(network, "Route definition cannot have both a prefix and a netmask")
    bits = BITS[version]
    if route.prefix is not None and int(route.prefix) > bits:
        raise _route(network, f"Invalid prefix {route.prefix} specified in route definition, must be 0 - {bits}")
    prefix = int(route.prefix) if route.prefix is not None else prefix_of(route)
    if route.netmask is not None:
        prefix = netmask_prefix(route.netmask)
    try:
        ip_network(f"{route.address}/{prefix if prefix is not None else bits}")
    except ValueError:
        detail = f"Address '{route.address}' in route definition is not a network address"
        raise _route(network, detail) from None


def _route(network: str, detail: str) -> XmlError:
    return XmlError(f"{network}: {detail}")
