# SPDX-License-Identifier: LGPL-2.1-or-later
# ruff: noqa: RUF009
"""A network port's document: what a guest's interface is plugged into (https://libvirt.org/formatnetworkport.html)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from virtbus.bus.errors import InternalError
from virtbus.drivers.common.xml.codec import attr, leaf, one, read
from virtbus.drivers.common.xml.parse import parse
from virtbus.drivers.common.xml.values import choice, to_mac, to_uuid
from virtbus.drivers.network.check_port import check_bandwidth, check_virtualport, check_vlan, yes_no
from virtbus.drivers.network.model import (
    Bandwidth,
    Driver,
    Mac,
    PciAddress,
    PortOptions,
    VirtualPort,
    Vlan,
)

LABEL = "networkport_definition"
PLUGS = ("none", "network", "bridge", "direct", "hostdev-pci")


@dataclass
class Owner:
    """The guest that a port belongs to."""

    name: str | None = leaf()
    uuid: str | None = leaf()


@dataclass
class RxFilters:
    """Whether the guest may change what it receives."""

    trust_guest: str | None = attr("trustGuest")


@dataclass
class Plug:
    """What the port is plugged into."""

    type: str | None = attr(kind=choice(*PLUGS))
    bridge: str | None = attr()
    dev: str | None = attr()
    mode: str | None = attr()
    managed: str | None = attr()
    mac_table_manager: str | None = attr("macTableManager")
    driver: Driver | None = one(Driver)
    address: PciAddress | None = one(PciAddress)


@dataclass
class NetworkPort:
    """A guest's port on a network."""

    uuid: str = leaf()
    owner: Owner | None = one(Owner)
    group: str | None = leaf()
    mac: Mac | None = one(Mac)
    virtualport: VirtualPort | None = one(VirtualPort)
    bandwidth: Bandwidth | None = one(Bandwidth)
    vlan: Vlan | None = one(Vlan)
    port: PortOptions | None = one(PortOptions)
    rxfilters: RxFilters | None = one(RxFilters)
    plug: Plug | None = one(Plug)


def parse_port(text: str, *, schema: bool = False) -> NetworkPort:
    """Give the port that a document describes, checked."""
    tree = parse(text, LABEL, "networkport", schema="networkport.rng" if schema else "")
    port = read(NetworkPort, tree)
    if not port.uuid:
        raise InternalError("network port has no uuid")
    port.uuid = str(_uuid(port.uuid))
    owner = port.owner or Owner()
    if not owner.name:
        raise InternalError("network port has no owner name")
    if not owner.uuid:
        raise InternalError("network port has no owner UUID")
    owner.uuid = str(_uuid(owner.uuid))
    if port.mac is None or not port.mac.address:
        raise InternalError("network port has no mac")
    mac = to_mac(port.mac.address)
    if mac is None:
        raise InternalError(f"Unable to parse MAC '{port.mac.address}'")
    port.mac.address = mac
    _check_parts(port)
    return port


def _check_parts(port: NetworkPort) -> None:
    port.bandwidth = check_bandwidth(port.bandwidth, floor=True)
    if port.virtualport is not None:
        check_virtualport(port.virtualport, typeless=True)
    if port.vlan is not None:
        check_vlan(port.vlan)
    if port.port is not None:
        yes_no(port.port.isolated, "isolated", "port")
    if port.rxfilters is not None:
        yes_no(port.rxfilters.trust_guest, "trustGuest", "rxfilters")
    if port.plug is not None and port.plug.type in (None, "none"):
        port.plug = None


def _uuid(text: str) -> uuid.UUID:
    found = to_uuid(text)
    if found is None:
        raise InternalError(f"Unable to parse UUID '{text}'")
    return found
