# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes to the port groups and the pool of devices of a network."""

from __future__ import annotations

from virtbus.bus.errors import OperationInvalid, OperationUnsupported, XmlError
from virtbus.drivers.common.xml.codec import read
from virtbus.drivers.common.xml.parse import Element
from virtbus.drivers.network.check import check_portgroup
from virtbus.drivers.network.model import Forward, Interface, Network, PortGroup

MODIFY, DELETE, ADD_FIRST = 1, 2, 4


def update_portgroup(network: Network, command: int, _index: int, element: Element) -> None:
    """Add, change or delete a port group."""
    group = read(PortGroup, element)
    check_portgroup(group)
    groups, name = network.portgroups, network.name
    found = next((position for position, other in enumerate(groups) if other.name == group.name), None)
    if found is None and command in (MODIFY, DELETE):
        detail = f"couldn't find a portgroup entry in network '{name}' matching <portgroup name='{group.name}'>"
        raise OperationInvalid(detail)
    if found is not None and command not in (MODIFY, DELETE):
        words = f"there is an existing portgroup entry in network '{name}' that matches"
        raise OperationInvalid(f"{words} \"<portgroup name='{group.name}'>\"")
    _refuse_second_default(groups, group, name, command)
    if found is not None and command == MODIFY:
        groups[found] = group
    elif found is not None:
        del groups[found]
    else:
        groups.insert(0 if command == ADD_FIRST else len(groups), group)


def _refuse_second_default(groups: list[PortGroup], group: PortGroup, name: str, command: int) -> None:
    if command == DELETE or group.default != "yes":
        return
    for other in groups:
        if other.default == "yes" and other.name != group.name:
            words = f"a different portgroup entry in network '{name}' is already set as the default"
            raise OperationInvalid(f"{words}. Only one default is allowed.")


def update_interface(network: Network, command: int, _index: int, element: Element) -> None:
    """Add or delete a device of the pool."""
    if command == MODIFY:
        raise OperationUnsupported("forward interface entries cannot be modified, only added or deleted")
    interface = read(Interface, element)
    interface.connections = None
    if not interface.dev:
        raise XmlError(f"Missing required dev attribute in <forward> <interface> element of network {network.name}")
    forward = network.forward = network.forward or Forward(mode="none")
    pool = forward.interfaces
    found = next((other for other in pool if other.dev == interface.dev), None)
    if command == DELETE:
        if found is None:
            words = "couldn't find an interface entry in network"
            raise OperationInvalid(f"{words} '{network.name}' matching <interface dev='{interface.dev}'>")
        pool.remove(found)
    else:
        if found is not None:
            words = f"there is an existing interface entry in network '{network.name}' that matches"
            raise OperationInvalid(f"{words} \"<interface dev='{interface.dev}'>\"")
        pool.insert(0 if command == ADD_FIRST else len(pool), interface)
    forward.dev = pool[0].dev if pool else None
    if forward.mode == "none":
        network.forward = None
