# SPDX-License-Identifier: LGPL-2.1-or-later
"""Change one section of a network, in what runs, in what is stored, or both (virNetworkUpdate)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from virtbus.bus.errors import InvalidArg, OperationInvalid, OperationUnsupported, XmlError
from virtbus.drivers.common.xml.parse import Element, local_name, parse
from virtbus.drivers.network.check import refuse_control_characters
from virtbus.drivers.network.describe import describe, status
from virtbus.drivers.network.model import Network
from virtbus.drivers.network.update_dhcp import update_host, update_range
from virtbus.drivers.network.update_dns import update_dns_host, update_srv, update_txt
from virtbus.drivers.network.update_rest import update_interface, update_portgroup

if TYPE_CHECKING:
    from virtbus.drivers.network.network import VirtualNetwork

LABEL = "network_update_xml"
MODIFY, DELETE, ADD_LAST, ADD_FIRST = 1, 2, 3, 4
COMMANDS = (MODIFY, DELETE, ADD_LAST, ADD_FIRST)
LIVE, CONFIG = 1, 2
SECTIONS = (
    "none", "bridge", "domain", "ip", "dhcp-host", "dhcp-range", "forward", "interface", "pf", "portgroup", "dns-host",
    "dns-txt", "dns-srv",
)  # fmt: skip
"""Names of the sections by number, as error messages have them."""


class Change(NamedTuple):
    """What is to be changed: numbers of virNetworkUpdateCommand and virNetworkUpdateSection."""

    command: int
    section: int
    parent_index: int
    xml: str


Handler = Callable[[Network, int, int, Element], None]


class Section(NamedTuple):
    """How a section is changed: the element it takes, and by what."""

    tag: str
    change: Handler
    rules: bool = False
    restart: bool = False


HANDLERS: dict[int, Section] = {
    4: Section("host", update_host),
    5: Section("range", update_range, restart=True),
    7: Section("interface", update_interface, rules=True),
    9: Section("portgroup", update_portgroup),
    10: Section("host", update_dns_host),
    11: Section("txt", update_txt, restart=True),
    12: Section("srv", update_srv, restart=True),
}


async def update(network: VirtualNetwork, change: Change, flags: int) -> None:
    """Change a network; after an error nothing of it is changed. The caller holds the network's lock."""
    live, config = _targets(network, flags)
    section = _section(network, change.section)
    new_config = _changed(network.config, change, section) if config else None
    new_live = _changed(network.live, change, section) if live else None
    if new_live is not None:
        await _apply(network, new_live, section)
    if new_config is not None:
        await network.driver.store.save(network.name, describe(new_config))
        network.config = new_config


def _targets(network: VirtualNetwork, flags: int) -> tuple[bool, bool]:
    """Say what is to be changed, running or stored; without flags what counts now."""
    if flags & ~(LIVE | CONFIG):
        raise InvalidArg(f"unsupported flags (0x{flags & ~3:x}) in function networkUpdate")
    live, config = bool(flags & LIVE), bool(flags & CONFIG)
    if not live and not config:
        live, config = network.active, not network.active
    if live and not network.active:
        raise OperationInvalid("network is not running")
    if config and network.config is None:
        raise OperationInvalid("cannot change persistent config of a transient network")
    return live, config


def _section(network: VirtualNetwork, number: int) -> Section:
    section = HANDLERS.get(number)
    if section is not None:
        return section
    if 0 < number < len(SECTIONS):
        raise OperationUnsupported(f"can't update '{SECTIONS[number]}' section of network '{network.name}'")
    raise OperationUnsupported("can't update unrecognized section of network")


def _changed(model: Network | None, change: Change, section: Section) -> Network | None:
    if model is None:
        return None
    element = parse(change.xml, LABEL, bare_label=True)
    name = local_name(element)
    if name != section.tag:
        words = f"unexpected element <{name}>, expecting <{section.tag}>, while updating network '{model.name}'"
        raise XmlError(words)
    if change.command not in COMMANDS:
        raise OperationUnsupported(f"unrecognized network update command code {change.command}")
    new = copy.deepcopy(model)
    section.change(new, change.command, change.parent_index, element)
    refuse_control_characters(new)
    return new


async def _apply(network: VirtualNetwork, new: Network, section: Section) -> None:
    """Let what runs follow the new document."""
    host, old = network.driver.host, network.live
    if new.owns_bridge and section.rules:
        await host.add_rules(new)
    if new.owns_bridge and section.tag not in ("interface", "portgroup"):
        restart = section.restart or _serves_anew(old, new)
        await host.refresh_dnsmasq(new, restart=restart)
    await network.driver.store.save_status(new.name, status(new))
    network.live = new


def _serves_anew(old: Network | None, new: Network) -> bool:
    """Say whether DHCP begins or ends on an address, for which dnsmasq must start again."""
    return [ip.dhcp is None for ip in old.ips] != [ip.dhcp is None for ip in new.ips] if old else True
