# SPDX-License-Identifier: LGPL-2.1-or-later
"""From text to a network: read, bring into normal form, refuse what libvirt refuses, with its code and words."""

from __future__ import annotations

import copy
import dataclasses
import uuid
from typing import Any

from virtbus.bus.errors import ConfigUnsupported, ErrorDomain, InternalError, NoName, XmlDetail, XmlError
from virtbus.drivers.common.xml.codec import read
from virtbus.drivers.common.xml.parse import Element, parse, text_of
from virtbus.drivers.common.xml.values import check_name, to_int, to_mac
from virtbus.drivers.network.addresses import interface_of, parse_address
from virtbus.drivers.network.check_dns import check_dns
from virtbus.drivers.network.check_forward import check_forward, check_modes
from virtbus.drivers.network.check_ip import check_ip, check_route
from virtbus.drivers.network.check_port import check_bandwidth, check_virtualport, check_vlan, yes_no
from virtbus.drivers.network.model import OWN_BRIDGE, Bridge, Network, PortGroup

LABEL = "network_definition"
VLAN_SWITCHES = ("openvswitch",)


def parse_network(text: str, *, schema: bool = False, stored: bool = False) -> Network:
    """Give the network that a document describes, checked; without UUID it gets one.

    A title and a description are taken from a `stored` document alone: a client sets them as metadata.
    """
    network = read_network(parse(text, LABEL, "network", schema="network.rng" if schema else ""))
    if not stored:
        network.title = network.description = None
    return network


def read_network(tree: Element) -> Network:
    """Give the network of an element, checked."""
    _check_counts(tree)
    network = read(Network, tree)
    if not network.name:
        raise NoName
    check_name(network.name)
    refuse_control_characters(network)
    network.connections = None
    network.uuid = network.uuid or uuid.uuid4()
    network.metadata = sanitize(network.metadata)
    _check_head(network)
    _check_bridge(network)
    _check_rest(network)
    check_forward(network)
    check_modes(network)
    return network


def refuse_control_characters(value: Any) -> None:
    """Refuse values that could end a line of a generated file; a tab cannot."""
    if isinstance(value, list):
        for item in value:
            refuse_control_characters(item)
    elif isinstance(value, str):
        for char in value:
            if (ord(char) < 32 and char != "\t") or ord(char) == 127:
                raise XmlDetail(f"invalid control character {ord(char):#04x} in '{printable(value)}'")
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name not in ("name", "title", "description", "metadata") or not isinstance(value, Network):
                refuse_control_characters(getattr(value, field.name))


def printable(text: str) -> str:
    """Give a short form of a text without its control characters."""
    return "".join(char if char.isprintable() else "?" for char in text[:64])


def sanitize(metadata: Element | None) -> Element | None:
    """Give metadata without what libvirt drops: elements of no namespace, and second ones of one namespace."""
    if metadata is None:
        return None
    kept = copy.deepcopy(metadata)
    kept.tail = None
    seen: set[str] = set()
    for child in list(kept):
        tag: object = child.tag
        if not isinstance(tag, str):  # a comment
            continue
        space = tag[1:].partition("}")[0] if tag.startswith("{") else ""
        if not space or space in seen:
            kept.remove(child)
        seen.add(space)
    return kept


def _check_counts(tree: Element) -> None:
    """Refuse second elements where libvirt does; elsewhere the first one counts."""
    name = text_of(named) if (named := tree.find("name")) is not None else ""
    if len(tree.findall("forward/nat")) > 1:
        raise XmlError(f"Only one <nat> element is allowed in <forward> of network {name}")
    if len(tree.findall("forward/pf")) > 1:
        raise XmlError(f"Only one <pf> element is allowed in <forward> of network {name}")
    for tag in ("address", "port"):
        if len(tree.findall(f"forward/nat/{tag}")) > 1:
            raise XmlError(f"Only one <{tag}> element is allowed in <nat> in <forward> in network {name}")
    for place in ("bandwidth", "portgroup/bandwidth"):
        for element in tree.findall(place):
            for tag in ("inbound", "outbound"):
                if len(element.findall(tag)) > 1:
                    raise XmlDetail(f"Only one child <{tag}> element allowed", origin=ErrorDomain.NONE)


def _check_head(network: Network) -> None:
    if network.ipv6 is not None and network.ipv6 not in ("yes", "no"):
        raise XmlError(f"Invalid ipv6 setting '{network.ipv6}' in network '{network.name}'")
    network.ipv6 = network.ipv6 if network.ipv6 == "yes" else None
    yes_no(network.trust_guest_rx_filters, "trustGuestRxFilters", "network")
    if network.domain is not None:
        yes_no(network.domain.local_only, "localOnly", "domain")
        if network.domain.name is None:
            network.domain = None
    network.bandwidth = check_bandwidth(network.bandwidth, floor=False)


def _check_bridge(network: Network) -> None:
    bridge, name = network.bridge, network.name
    if bridge is not None:
        bridge.name = bridge.name or None
        if bridge.delay is not None:
            delay = to_int(bridge.delay, 0, 2**64 - 1)
            if delay is None:
                raise XmlError(f"Invalid delay value in network '{name}'")
            bridge.delay = str(delay)
        if bridge.mac_table_manager not in (None, "kernel", "libvirt"):
            raise XmlError(f"Invalid macTableManager setting '{bridge.mac_table_manager}' in network '{name}'")
    if network.mtu is not None:
        _check_mtu(network)
    if network.mac is not None:
        _check_mac(network)


def _check_mtu(network: Network) -> None:
    text = network.mtu.size if network.mtu else None
    size = to_int(text, 0, 2**32 - 1) if text is not None else 0
    if size is None:
        raise XmlError(f"Invalid mtu size '{text}' in network '{network.name}'")
    if size and network.mtu:
        network.mtu.size = str(size)
    else:
        network.mtu = None


def _check_mac(network: Network) -> None:
    mac = network.mac
    if mac is None or mac.address is None:
        network.mac = None
        return
    found = to_mac(mac.address)
    if found is None:
        raise XmlError(f"Invalid bridge mac address '{mac.address}' in network '{network.name}'")
    if int(found[:2], 16) & 1:
        raise XmlError(f"Invalid multicast bridge mac address '{mac.address}' in network '{network.name}'")
    mac.address = found


def _check_rest(network: Network) -> None:
    if network.dns is not None:
        network.dns = check_dns(network.dns, network.name)
    if network.virtualport is not None:
        check_virtualport(network.virtualport)
    for group in network.portgroups:
        check_portgroup(group)
    if network.vlan is not None:
        check_vlan(network.vlan)
    for ip in network.ips:
        check_ip(ip, network.name)
    for route in network.routes:
        check_route(route, network.name)
        _check_gateway(network, route.gateway or "")
    _check_tail(network)


def _check_tail(network: Network) -> None:
    if network.port is not None:
        yes_no(network.port.isolated, "isolated", "port")
        if network.port.isolated is None:
            network.port = None
    if network.options is not None:
        if any(option.value is None for option in network.options.options):
            raise InternalError("No dnsmasq options value specified")
        network.options = network.options if network.options.options else None


def _check_gateway(network: Network, gateway: str) -> None:
    address = parse_address(gateway)
    if not any(address in interface_of(ip).network for ip in network.ips):
        detail = f"unreachable static route gateway '{gateway}' specified for network '{network.name}'"
        raise ConfigUnsupported(detail)


def check_portgroup(group: PortGroup) -> None:
    """Bring a port group into its normal form, or refuse it."""
    if not group.name:
        raise XmlError("Missing required name attribute in portgroup")
    group.default = group.default if group.default == "yes" else None
    yes_no(group.trust_guest_rx_filters, "trustGuestRxFilters", "portgroup")
    if group.virtualport is not None:
        check_virtualport(group.virtualport)
    group.bandwidth = check_bandwidth(group.bandwidth, floor=False)
    if group.vlan is not None:
        check_vlan(group.vlan)


def fill_bridge(network: Network) -> None:
    """Write out what libvirt writes out of a bridge that is the network's own."""
    if network.mode not in OWN_BRIDGE:
        return
    bridge = network.bridge = network.bridge or Bridge()
    bridge.stp = "off" if bridge.stp == "off" else "on"
    bridge.delay = bridge.delay or "0"


def validate(network: Network) -> None:
    """Refuse what reads well but cannot be run: elements that the forward mode does not have, and the like."""
    _check_supported(network)
    _check_dhcp_once(network)
    _check_groups(network)
    _check_vlans(network)
    if network.mode == "hostdev" and network.forward and network.forward.interfaces:
        dev = network.forward.interfaces[0].dev
        words = "hostdev networks require all devices to be listed by PCI address, not network device name"
        raise ConfigUnsupported(f"hostdev network '{network.name}' lists '{dev}' in the device pool, but {words}")


def _check_supported(network: Network) -> None:
    if network.owns_bridge:
        return
    dns = network.dns if network.dns and network.dns.enable != "no" else None
    for tag, found in (("mac", network.mac), ("ip", network.ips), ("dns", dns), ("domain", network.domain)):
        if found:
            raise _unsupported(f"<{tag}> element", network)
    if network.bandwidth is not None and not (network.mode == "bridge" and network.bridge_name):
        raise _unsupported("network-wide <bandwidth> element", network)


def _unsupported(what: str, network: Network) -> ConfigUnsupported:
    return ConfigUnsupported(f"Unsupported {what} in network {network.name} with forward mode='{network.mode}'")


def _check_dhcp_once(network: Network) -> None:
    for version in ("IPv4", "IPv6"):
        serving = [ip for ip in network.ips if ip.ipv6 == (version == "IPv6") and has_dhcp(ip.dhcp)]
        if len(serving) > 1:
            words = f"dhcp is supported only for a single {version} address on each network"
            raise ConfigUnsupported(f"Multiple {version} dhcp sections found -- {words}")


def has_dhcp(dhcp: Any) -> bool:
    """Say whether a DHCP part hands out anything."""
    return dhcp is not None and bool(dhcp.ranges or dhcp.hosts)


def _check_groups(network: Network) -> None:
    default = None
    names: set[str | None] = set()
    for group in network.portgroups:
        if group.name in names:
            detail = f"multiple <portgroup> elements with the same name ({group.name}) in network '{network.name}'"
            raise ConfigUnsupported(detail)
        names.add(group.name)
        if group.default == "yes":
            if default is not None:
                words = f"has multiple default <portgroup> elements ({default} and {group.name})"
                raise ConfigUnsupported(f"network '{network.name}' {words}, but only one default is allowed")
            default = group.name


def _check_vlans(network: Network) -> None:
    own = network.virtualport.type if network.virtualport else None
    capable = network.mode in ("hostdev", "passthrough") or (network.mode == "bridge" and own in VLAN_SWITCHES)
    bad = network.vlan is not None and not capable
    for group in network.portgroups:
        switch = group.virtualport.type if group.virtualport else own
        if group.vlan is not None and not capable and not (network.mode == "bridge" and switch in VLAN_SWITCHES):
            bad = True
    if bad:
        words = "whose type doesn't support vlan configuration"
        raise ConfigUnsupported(f"<vlan> element specified for network {network.name}, {words}")
