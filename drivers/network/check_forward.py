# SPDX-License-Identifier: LGPL-2.1-or-later
"""Refuse what libvirt refuses in the forward part of a network, and in what depends on its mode."""

from __future__ import annotations

from virtbus.bus.errors import ConfigUnsupported, XmlDetail, XmlError
from virtbus.drivers.common.xml.values import to_int
from virtbus.drivers.network.addresses import check_range, parse_address
from virtbus.drivers.network.check_port import invalid_value, yes_no
from virtbus.drivers.network.model import MODES, POOLS, Forward, Interface, Network, PciAddress, Span


def check_forward(network: Network) -> None:
    """Bring the forward part into its normal form, or refuse it."""
    forward, name = network.forward, network.name
    if forward is None:
        return
    forward.mode, forward.dev = forward.mode or "nat", forward.dev or None
    if forward.mode not in MODES or forward.mode == "none":
        raise ConfigUnsupported(f"unknown forwarding type '{forward.mode}'")
    forward.managed = ("yes" if forward.managed == "yes" else "no") if forward.mode == "hostdev" else None
    if forward.driver is not None and forward.driver.name not in ("kvm", "vfio", "xen"):
        raise ConfigUnsupported(f"Unknown forward <driver name='{forward.driver.name}'/> in network {name}")
    _check_nat(forward, name)
    _check_devices(forward, name)


def _check_nat(forward: Forward, name: str) -> None:
    nat = forward.nat
    if nat is None:
        return
    if forward.mode != "nat":
        detail = f"The <nat> element can only be used when <forward> 'mode' is 'nat' in network {name}"
        raise XmlError(detail)
    yes_no(nat.ipv6, "ipv6", "nat")
    if nat.address is not None:
        _check_nat_addresses(nat.address, name)
    if nat.port is not None:
        _check_nat_ports(nat.port, name)
    if nat.ipv6 != "yes" and nat.address is None and nat.port is None:
        forward.nat = None


NAT_PLACE = "in <nat> in <forward> in network"


def _check_nat_addresses(span: Span, name: str) -> None:
    found = []
    for edge in ("start", "end"):
        text = getattr(span, edge)
        if text is None:
            raise XmlError(f"missing '{edge}' attribute in <address> element {NAT_PLACE} {name}")
        address = parse_address(text)
        if address is None or address.version != 4:
            raise XmlError(f"Bad ipv4 {edge} address '{text}' {NAT_PLACE} '{name}'")
        found.append(address)
        setattr(span, edge, str(address))
    check_range(found[0], found[1], None)


def _check_nat_ports(span: Span, name: str) -> None:
    start, end = (to_int(text or "", 0, 65535) for text in (span.start, span.end))
    if start is None:
        raise XmlDetail(f"Missing or invalid 'start' attribute in <port> {NAT_PLACE} {name}")
    if end is None or end < start:
        raise XmlDetail(f"Missing or invalid 'end' attribute in <port> {NAT_PLACE} {name}")


def _check_devices(forward: Forward, name: str) -> None:
    for pf in forward.pfs:
        if not pf.dev:
            raise XmlError(f"Missing required dev attribute in <pf> element of network '{name}'")
    _check_interfaces(forward, name)
    if forward.dev and (forward.pfs or forward.addresses):
        words = "the <forward> 'dev' attribute cannot be used when <address> or <pf> sub-elements are present"
        raise XmlError(f"{words} in network %s")  # the original leaves its %s unfilled
    if forward.dev and not forward.interfaces:
        forward.interfaces.append(Interface(forward.dev))
    if forward.interfaces:
        forward.pfs, forward.addresses, forward.dev = [], [], forward.interfaces[0].dev
    for address in forward.addresses:
        check_pci(address, name)


PCI_LIMITS = {"domain": 0xFFFFFFFF, "bus": 0xFF, "slot": 0x1F, "function": 7}
PCI_DIGITS = {"domain": 4, "bus": 2, "slot": 2, "function": 1}


def check_pci(address: PciAddress, name: str) -> None:
    """Bring a PCI address into its normal form, or refuse it."""
    if address.type is None:
        raise XmlError(f"missing address type in network {name}")
    if address.type != "pci":
        raise ConfigUnsupported(f"unknown address type '{address.type}' in network {name}")
    for part, limit in PCI_LIMITS.items():
        text = getattr(address, part) or "0"
        try:
            value = int(text, 0)
        except ValueError:
            value = -1
        if not 0 <= value <= limit:
            raise invalid_value(text, part, "address", "non-negative integer value")
        setattr(address, part, f"0x{value:0{PCI_DIGITS[part]}x}")


def _check_interfaces(forward: Forward, name: str) -> None:
    seen: set[str] = set()
    for interface in forward.interfaces:
        interface.connections = None
        if not interface.dev:
            raise XmlError(f"Missing required dev attribute in <forward> <interface> element of network {name}")
        if interface.dev in seen:
            raise XmlError(f"interface '{interface.dev}' can only be listed once in network {name}")
        seen.add(interface.dev)
        if forward.dev and interface is forward.interfaces[0] and forward.dev != interface.dev:
            words = f"<forward dev='{forward.dev}'> must match first <interface dev='{interface.dev}'/>"
            raise XmlError(f"{words} in network {name}")


def check_modes(network: Network) -> None:
    """Refuse what a network's forward mode does not go with."""
    mode, name, forward = network.mode, network.name, network.forward
    if mode in ("nat", "route", "open"):
        if not network.ips:
            raise XmlError(f"{mode} forwarding requested, but no IP address provided for network '{name}'")
        if forward and len(forward.interfaces) > 1:
            raise XmlError(f"multiple forwarding interfaces specified for network '{name}', only one is supported")
        if mode == "open" and forward and forward.interfaces:
            raise XmlError(f"forward dev not allowed for network '{name}' with forward mode='open'")
    if mode in POOLS and network.bridge_name:
        raise XmlError(f"bridge name not allowed in {mode} mode (network '{name}')")
    if mode in (*POOLS, "bridge"):
        _check_foreign_bridge(network, mode, name)


def _check_foreign_bridge(network: Network, mode: str, name: str) -> None:
    bridge, forward = network.bridge, network.forward
    allowed = f"only allowed in route, nat, and isolated mode, not in {mode} (network '{name}')"
    if bridge and (bridge.delay is not None or bridge.stp is not None or bridge.zone is not None):
        raise XmlError(f"bridge delay/stp/zone options {allowed}")
    if bridge and bridge.name and forward and (forward.interfaces or forward.pfs):
        detail = f"A network with forward mode='{mode}' can specify a bridge name or a forward dev, but not both"
        raise XmlError(f"{detail} (network '{name}')")
    if network.mtu is not None:
        raise XmlError(f"mtu size {allowed.replace('route', 'open, route', 1)}")
    if bridge and bridge.name is None and bridge.mac_table_manager is None:
        network.bridge = None
