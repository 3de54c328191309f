# SPDX-License-Identifier: LGPL-2.1-or-later
# ruff: noqa: RUF009
"""A virtual network's document as dataclasses, in libvirt's order (https://libvirt.org/formatnetwork.html).

Values are text as it was given; `check.py` brings them into their normal form and refuses what libvirt refuses.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import ClassVar

from virtbus.drivers.common.xml.codec import Namespace, attr, leaf, leaves, many, one, raw
from virtbus.drivers.common.xml.parse import Element
from virtbus.drivers.common.xml.values import UUID

DNSMASQ = Namespace("dnsmasq", "http://libvirt.org/schemas/network/dnsmasq/1.0")


@dataclass
class Span:
    """A range from `start` to `end`, of addresses or ports."""

    start: str | None = attr()
    end: str | None = attr()


@dataclass
class Nat:
    """How addresses are translated."""

    ipv6: str | None = attr()
    address: Span | None = one(Span)
    port: Span | None = one(Span)


@dataclass
class Pf:
    """A physical function whose virtual functions are handed out."""

    dev: str | None = attr()


@dataclass
class Interface:
    """A device of the pool that guests are put on; `connections` counts the guests on it."""

    dev: str | None = attr()
    connections: str | None = attr()


@dataclass
class PciAddress:
    """A PCI device of the pool."""

    type: str | None = attr()
    domain: str | None = attr()
    bus: str | None = attr()
    slot: str | None = attr()
    function: str | None = attr()
    connections: str | None = attr()


@dataclass
class Driver:
    """The driver for devices of a pool."""

    name: str | None = attr()


@dataclass
class Forward:
    """How a network reaches others; without one it is isolated."""

    dev: str | None = attr()
    mode: str | None = attr()
    managed: str | None = attr()
    driver: Driver | None = one(Driver)
    nat: Nat | None = one(Nat)
    pfs: list[Pf] = many(Pf, "pf")
    interfaces: list[Interface] = many(Interface, "interface")
    addresses: list[PciAddress] = many(PciAddress, "address")


@dataclass
class Bridge:
    """The network's bridge."""

    name: str | None = attr()
    zone: str | None = attr()
    stp: str | None = attr()
    delay: str | None = attr()
    mac_table_manager: str | None = attr("macTableManager")


@dataclass
class Mtu:
    """The size of the bridge's packets."""

    size: str | None = attr()


@dataclass
class Mac:
    """The bridge's own MAC address."""

    address: str | None = attr()


@dataclass
class Domain:
    """The DNS domain of the guests."""

    name: str | None = attr()
    local_only: str | None = attr("localOnly")


@dataclass
class Forwarder:
    """A server that is asked, for all names or those of a domain."""

    domain: str | None = attr()
    addr: str | None = attr()


@dataclass
class Txt:
    """A TXT record."""

    name: str | None = attr()
    value: str | None = attr()


@dataclass
class Srv:
    """An SRV record."""

    service: str | None = attr()
    protocol: str | None = attr()
    domain: str | None = attr()
    target: str | None = attr()
    port: str | None = attr()
    priority: str | None = attr()
    weight: str | None = attr()


@dataclass
class DnsHost:
    """Names of an address."""

    ip: str | None = attr()
    hostnames: list[str] = leaves("hostname")


@dataclass
class Dns:
    """What the network's DNS server answers."""

    enable: str | None = attr()
    forward_plain_names: str | None = attr("forwardPlainNames")
    forwarders: list[Forwarder] = many(Forwarder, "forwarder")
    txts: list[Txt] = many(Txt, "txt")
    srvs: list[Srv] = many(Srv, "srv")
    hosts: list[DnsHost] = many(DnsHost, "host")


@dataclass
class Tag:
    """A VLAN tag."""

    id: str | None = attr()
    native_mode: str | None = attr("nativeMode")


@dataclass
class Vlan:
    """VLAN tags of guests' traffic."""

    trunk: str | None = attr()
    tags: list[Tag] = many(Tag, "tag")


@dataclass
class Rate:
    """A limit on traffic: KiB/s, `burst` in KiB."""

    average: str | None = attr()
    peak: str | None = attr()
    floor: str | None = attr()
    burst: str | None = attr()


@dataclass
class Bandwidth:
    """Limits on traffic, seen from the guest."""

    XML_OPEN: ClassVar[bool] = True

    inbound: Rate | None = one(Rate)
    outbound: Rate | None = one(Rate)


@dataclass
class PortOptions:
    """Whether guests are kept apart from each other."""

    isolated: str | None = attr()


@dataclass
class Tftp:
    """The folder that is served by TFTP."""

    root: str | None = attr()


@dataclass
class Lease:
    """How long a lease holds; 0 is for ever."""

    expiry: str | None = attr()
    unit: str | None = attr()


@dataclass
class Range:
    """Addresses that are handed out."""

    start: str | None = attr()
    end: str | None = attr()
    lease: Lease | None = one(Lease)


@dataclass
class Host:
    """An address that is kept for one guest."""

    mac: str | None = attr()
    id: str | None = attr()
    name: str | None = attr()
    ip: str | None = attr()
    lease: Lease | None = one(Lease)


@dataclass
class Bootp:
    """What a guest boots from the network."""

    file: str | None = attr()
    server: str | None = attr()


@dataclass
class Dhcp:
    """The DHCP service of an address."""

    ranges: list[Range] = many(Range, "range")
    hosts: list[Host] = many(Host, "host")
    bootp: Bootp | None = one(Bootp)


@dataclass
class Ip:
    """An address of the bridge."""

    XML_OPEN: ClassVar[bool] = True

    family: str | None = attr()
    address: str | None = attr()
    netmask: str | None = attr()
    prefix: str | None = attr()
    local_ptr: str | None = attr("localPtr")
    tftp: Tftp | None = one(Tftp)
    dhcp: Dhcp | None = one(Dhcp)

    @property
    def ipv6(self) -> bool:
        """Whether the address is one of IPv6."""
        return self.family == "ipv6"


@dataclass
class Route:
    """A route to another network through a guest."""

    family: str | None = attr()
    address: str | None = attr()
    netmask: str | None = attr()
    prefix: str | None = attr()
    gateway: str | None = attr()
    metric: str | None = attr()

    @property
    def ipv6(self) -> bool:
        """Whether the route is one of IPv6."""
        return self.family == "ipv6"


@dataclass
class Parameters:
    """What a virtual port is known by to the switch."""

    managerid: str | None = attr()
    typeid: str | None = attr()
    typeidversion: str | None = attr()
    instanceid: str | None = attr()
    interfaceid: str | None = attr()
    profileid: str | None = attr()


@dataclass
class VirtualPort:
    """How guests are announced to a switch."""

    type: str | None = attr()
    parameters: Parameters | None = one(Parameters)


@dataclass
class PortGroup:
    """A class of guests' ports."""

    XML_OPEN: ClassVar[bool] = True

    name: str | None = attr()
    default: str | None = attr()
    trust_guest_rx_filters: str | None = attr("trustGuestRxFilters")
    vlan: Vlan | None = one(Vlan)
    virtualport: VirtualPort | None = one(VirtualPort)
    bandwidth: Bandwidth | None = one(Bandwidth)


@dataclass
class Option:
    """A line of dnsmasq's own configuration."""

    value: str | None = attr()


@dataclass
class Options:
    """Lines that go into dnsmasq's configuration as they are."""

    options: list[Option] = many(Option, "option", ns=DNSMASQ)


@dataclass
class Network:
    """A virtual network."""

    connections: str | None = attr()
    ipv6: str | None = attr()
    trust_guest_rx_filters: str | None = attr("trustGuestRxFilters")
    name: str = leaf()
    uuid: uuid.UUID = leaf(kind=UUID)
    title: str | None = leaf()
    description: str | None = leaf()
    metadata: Element | None = raw()
    forward: Forward | None = one(Forward)
    bridge: Bridge | None = one(Bridge)
    mtu: Mtu | None = one(Mtu)
    mac: Mac | None = one(Mac)
    domain: Domain | None = one(Domain)
    dns: Dns | None = one(Dns)
    vlan: Vlan | None = one(Vlan)
    bandwidth: Bandwidth | None = one(Bandwidth)
    port: PortOptions | None = one(PortOptions)
    ips: list[Ip] = many(Ip, "ip")
    routes: list[Route] = many(Route, "route")
    virtualport: VirtualPort | None = one(VirtualPort)
    portgroups: list[PortGroup] = many(PortGroup, "portgroup")
    options: Options | None = one(Options, ns=DNSMASQ)

    @property
    def mode(self) -> str:
        """Give the forward mode, "none" for an isolated network."""
        return (self.forward.mode or "nat") if self.forward else "none"

    @property
    def bridge_name(self) -> str | None:
        """Give the name of the bridge."""
        return self.bridge.name if self.bridge else None

    @property
    def owns_bridge(self) -> bool:
        """Whether the bridge is made for this network, rather than found on the host."""
        return self.mode in OWN_BRIDGE

    def first_ip(self, family: str) -> Ip | None:
        """Give the first address of a family."""
        return next((ip for ip in self.ips if (ip.family or "ipv4") == family), None)


OWN_BRIDGE = ("none", "nat", "route", "open")
POOLS = ("private", "vepa", "passthrough", "hostdev")
MODES = (*OWN_BRIDGE, "bridge", *POOLS)
