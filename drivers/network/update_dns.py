# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes to the DNS records of a network."""

from __future__ import annotations

from typing import TypeVar

from virtbus.bus.errors import OperationInvalid, OperationUnsupported
from virtbus.drivers.common.xml.codec import read
from virtbus.drivers.common.xml.parse import Element
from virtbus.drivers.network.check_dns import check_dns, check_dns_host, check_srv, check_txt
from virtbus.drivers.network.model import Dns, DnsHost, Network, Srv, Txt

MODIFY, DELETE, ADD_FIRST = 1, 2, 4
T = TypeVar("T")


def _begin(network: Network, command: int, kind: str) -> Dns:
    if command == MODIFY:
        raise OperationUnsupported(f"DNS {kind} records cannot be modified, only added or deleted")
    return network.dns or Dns()


def _change(network: Network, dns: Dns, records: list[T], record: T, command: int, found: list[T], kind: str) -> None:
    """Add a record, or delete the one that was found."""
    if command == DELETE:
        if len(found) > 1:
            raise OperationInvalid(f"multiple matching DNS {kind} records were found in network {network.name}")
        if not found:
            raise OperationInvalid(f"couldn't locate a matching DNS {kind} record in network {network.name}")
        records.remove(found[0])
    else:
        records.insert(0 if command == ADD_FIRST else len(records), record)
    network.dns = check_dns(dns, network.name)


def update_dns_host(network: Network, command: int, _index: int, element: Element) -> None:
    """Add or delete names of an address."""
    dns = _begin(network, command, "HOST")
    host = read(DnsHost, element)
    check_dns_host(host, network.name, partial=command == DELETE)
    if command == DELETE:
        found = [
            other
            for other in dns.hosts
            if (not host.ip or host.ip == other.ip) and set(host.hostnames) <= set(other.hostnames)
        ]
    else:
        found = [other for other in dns.hosts if host.ip == other.ip]
        if found:
            words = "there is already at least one DNS HOST record with a matching field in network"
            raise OperationInvalid(f"{words} {network.name}")
    _change(network, dns, dns.hosts, host, command, found, "HOST")


def update_srv(network: Network, command: int, _index: int, element: Element) -> None:
    """Add or delete a service record."""
    dns = _begin(network, command, "SRV")
    srv = read(Srv, element)
    check_srv(srv, network.name, partial=command == DELETE)
    given = {key: value for key, value in vars(srv).items() if value}
    found = [other for other in dns.srvs if all(getattr(other, key) == value for key, value in given.items())]
    if command != DELETE:
        keys = ("service", "protocol", "domain", "target")
        if any(all(getattr(other, key) == getattr(srv, key) for key in keys) for other in dns.srvs):
            words = "there is already at least one DNS SRV record matching all specified fields in network"
            raise OperationInvalid(f"{words} {network.name}")
    _change(network, dns, dns.srvs, srv, command, found, "SRV")


def update_txt(network: Network, command: int, _index: int, element: Element) -> None:
    """Add or delete a text record."""
    dns = _begin(network, command, "TXT")
    txt = read(Txt, element)
    check_txt(txt, network.name, partial=command == DELETE)
    same = [other for other in dns.txts if other.name == txt.name]
    if command != DELETE and same:
        raise OperationInvalid(f"there is already a DNS TXT record with name '{txt.name}' in network {network.name}")
    found = [other for other in same if txt.value is None or other.value == txt.value]
    _change(network, dns, dns.txts, txt, command, found, "TXT")
