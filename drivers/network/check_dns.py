# SPDX-License-Identifier: LGPL-2.1-or-later
"""Refuse what libvirt refuses in a network's DNS part."""

from __future__ import annotations

import re

from virtbus.bus.errors import LibvirtError, XmlDetail, XmlError
from virtbus.drivers.common.xml.values import to_int
from virtbus.drivers.network.addresses import parse_address
from virtbus.drivers.network.check_port import yes_no
from virtbus.drivers.network.model import Dns, DnsHost, Forwarder, Srv, Txt

Refuse = type[LibvirtError]


def check_dns(dns: Dns, network: str) -> Dns | None:
    """Give the DNS part in normal form, None where it says nothing."""
    yes_no(dns.enable, "enable", "dns")
    yes_no(dns.forward_plain_names, "forwardPlainNames", "dns")
    for forwarder in dns.forwarders:
        check_forwarder(forwarder, network)
    for host in dns.hosts:
        check_dns_host(host, network)
    for srv in dns.srvs:
        check_srv(srv, network)
    for txt in dns.txts:
        check_txt(txt, network)
    parts = [*dns.forwarders, *dns.hosts, *dns.srvs, *dns.txts]
    if dns.enable == "no" and parts:
        raise XmlError(f"Extra data in disabled network '{network}'")
    return dns if parts or dns.enable or dns.forward_plain_names else None


def check_forwarder(forwarder: Forwarder, network: str) -> None:
    """Refuse a forwarder that names neither server nor domain."""
    if forwarder.addr is not None:
        address = parse_address(forwarder.addr)
        if address is None:
            raise XmlError(f"Invalid forwarder IP address '{forwarder.addr}' in network '{network}'")
        forwarder.addr = str(address)
    if forwarder.addr is None and forwarder.domain is None:
        raise XmlError("Invalid forwarder element, must contain at least one of addr or domain")


def check_dns_host(host: DnsHost, network: str, *, partial: bool = False) -> None:
    """Refuse names without an address; a `partial` one serves to find another."""
    if host.ip is None:
        if not partial:
            raise XmlDetail(f"Missing IP address in network '{network}' DNS HOST record")
    else:
        address = parse_address(host.ip)
        if address is None:
            raise XmlDetail(f"Invalid IP address in network '{network}' DNS HOST record")
        host.ip = str(address)
    host.hostnames = [name for name in host.hostnames if name]
    if not host.hostnames and not partial:
        raise XmlDetail(f"Missing hostname in network '{network}' DNS HOST record")
    if partial and not host.hostnames and host.ip is None:
        detail = f"Missing ip and hostname in network '{network}' DNS HOST record"
        raise XmlDetail(detail)


def check_srv(srv: Srv, network: str, *, partial: bool = False) -> None:
    """Refuse a service record without service or protocol, or with numbers out of range."""
    if srv.service is None and not partial:
        raise XmlDetail(f"missing required service attribute in DNS SRV record of network '{network}'")
    if srv.protocol is None and not partial:
        detail = f"missing required protocol attribute in DNS SRV record '{srv.service}' of network '{network}'"
        raise XmlDetail(detail)
    for name, low, word in (("port", 1, "invalid"), ("priority", 0, "Invalid"), ("weight", 0, "invalid")):
        value = getattr(srv, name)
        if value is None:
            continue
        where = f"service '{srv.service}' in network '{network}'"
        if srv.target is None and not partial:
            raise XmlDetail(f"DNS SRV {name} attribute not permitted without target for {where}")
        found = to_int(value, low, 65535)
        if found is None:
            raise XmlDetail(f"{word} DNS SRV {name} attribute for {where}")
        setattr(srv, name, str(found) if found else None)
    if partial and not any((srv.service, srv.protocol, srv.domain, srv.target)):
        raise XmlDetail(f"Missing all attributes in DNS SRV record of network '{network}'")


def check_txt(txt: Txt, network: str, *, partial: bool = False) -> None:
    """Refuse a text record without name or value."""
    if txt.name is None:
        raise XmlDetail(f"missing required name attribute in DNS TXT record of network {network}")
    if re.search(r"[ ,]", txt.name):
        raise XmlDetail(f"prohibited character in DNS TXT record name '{txt.name}' of network {network}")
    if txt.value is None and not partial:
        raise XmlDetail(f"missing required value attribute in DNS TXT record named '{txt.name}' of network {network}")
