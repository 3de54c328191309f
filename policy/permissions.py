# SPDX-License-Identifier: LGPL-2.1-or-later
"""The permissions of libvirt's API, as data: what each lets its holder do, and polkit's answer where no rule gives one.

The names are those of libvirt's access control (https://libvirt.org/aclpolkit.html), so that rules written for
libvirt go on working.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from virtbus.bus.catalogue import Perm


class Permission(NamedTuple):
    """One permission: what it is for, in words that complete "Authorisation is needed to …"."""

    object: str
    name: str
    default: str
    purpose: str

    @property
    def action(self) -> str:
        """Give the polkit action."""
        return Perm(self.object, self.name).action


PERMISSIONS: tuple[Permission, ...] = (
    Permission("connect", "getattr", "yes", "connect"),
    Permission("connect", "read", "yes", "read the description of the host"),
    Permission("connect", "write", "no", "change settings of the host"),
    Permission("connect", "search_domains", "yes", "list guests"),
    Permission("connect", "search_networks", "yes", "list virtual networks"),
    Permission("connect", "search_storage_pools", "yes", "list storage pools"),
    Permission("connect", "search_node_devices", "yes", "list devices of the host"),
    Permission("connect", "search_interfaces", "yes", "list network interfaces of the host"),
    Permission("connect", "search_secrets", "yes", "list secrets"),
    Permission("connect", "search_nwfilters", "yes", "list network filters"),
    Permission("connect", "search_nwfilter_bindings", "yes", "list bindings of network filters"),
    Permission("connect", "detect_storage_pools", "no", "look for sources of storage pools"),
    Permission("connect", "pm_control", "no", "put the host to sleep"),
    Permission("connect", "interface_transaction", "no", "change the network interfaces of the host in a transaction"),
    Permission("domain", "getattr", "yes", "see guests"),
    Permission("domain", "read", "yes", "read the configuration and state of guests"),
    Permission("domain", "write", "no", "change the configuration of guests"),
    Permission("domain", "read_secure", "no", "read the secrets in the configuration of guests"),
    Permission("domain", "start", "no", "start guests"),
    Permission("domain", "stop", "no", "stop guests"),
    Permission("domain", "reset", "no", "reset guests"),
    Permission("domain", "save", "no", "store the configuration of guests"),
    Permission("domain", "delete", "no", "delete guests"),
    Permission("domain", "migrate", "no", "migrate guests"),
    Permission("domain", "checkpoint", "no", "make checkpoints of guests"),
    Permission("domain", "snapshot", "no", "make snapshots of guests"),
    Permission("domain", "suspend", "no", "pause and resume guests"),
    Permission("domain", "hibernate", "no", "save the memory of guests"),
    Permission("domain", "core_dump", "no", "dump the memory of guests"),
    Permission("domain", "pm_control", "no", "put to sleep or wake guests"),
    Permission("domain", "init_control", "no", "control the init process of guests"),
    Permission("domain", "inject_nmi", "no", "send a non-maskable interrupt to guests"),
    Permission("domain", "send_input", "no", "send key presses to guests"),
    Permission("domain", "send_signal", "no", "send signals to processes in guests"),
    Permission("domain", "fs_trim", "no", "trim the file systems of guests"),
    Permission("domain", "fs_freeze", "no", "freeze the file systems of guests"),
    Permission("domain", "block_read", "no", "read the disks of guests"),
    Permission("domain", "block_write", "no", "write to the disks of guests"),
    Permission("domain", "mem_read", "no", "read the memory of guests"),
    Permission("domain", "open_graphics", "no", "open the display of guests"),
    Permission("domain", "open_device", "no", "open the consoles and channels of guests"),
    Permission("domain", "screenshot", "no", "take screenshots of guests"),
    Permission("domain", "open_namespace", "no", "enter the namespaces of guests"),
    Permission("domain", "set_time", "no", "set the clock of guests"),
    Permission("domain", "set_password", "no", "set passwords in guests"),
    Permission("interface", "getattr", "yes", "see network interfaces of the host"),
    Permission("interface", "read", "yes", "read the configuration and state of network interfaces of the host"),
    Permission("interface", "write", "no", "change the configuration of network interfaces of the host"),
    Permission("interface", "save", "no", "store the configuration of network interfaces of the host"),
    Permission("interface", "delete", "no", "delete network interfaces of the host"),
    Permission("interface", "start", "no", "start network interfaces of the host"),
    Permission("interface", "stop", "no", "stop network interfaces of the host"),
    Permission("network", "getattr", "yes", "see virtual networks"),
    Permission("network", "read", "yes", "read the configuration and state of virtual networks"),
    Permission("network", "write", "no", "change the configuration of virtual networks"),
    Permission("network", "save", "no", "store the configuration of virtual networks"),
    Permission("network", "delete", "no", "delete virtual networks"),
    Permission("network", "start", "no", "start virtual networks"),
    Permission("network", "stop", "no", "stop virtual networks"),
    Permission("network", "search_ports", "no", "list the ports of virtual networks"),
    Permission("network_port", "getattr", "yes", "see ports of virtual networks"),
    Permission("network_port", "read", "yes", "read the configuration and state of ports of virtual networks"),
    Permission("network_port", "write", "no", "change the configuration of ports of virtual networks"),
    Permission("network_port", "create", "no", "create ports of virtual networks"),
    Permission("network_port", "delete", "no", "delete ports of virtual networks"),
    Permission("node_device", "getattr", "yes", "see devices of the host"),
    Permission("node_device", "read", "no", "read the configuration and state of devices of the host"),
    Permission("node_device", "write", "no", "change the configuration of devices of the host"),
    Permission("node_device", "start", "no", "start devices of the host"),
    Permission("node_device", "stop", "no", "stop devices of the host"),
    Permission("node_device", "detach", "no", "detach devices of the host from their drivers"),
    Permission("node_device", "delete", "no", "delete devices of the host"),
    Permission("node_device", "save", "no", "store the configuration of devices of the host"),
    Permission("nwfilter", "getattr", "yes", "see network filters"),
    Permission("nwfilter", "read", "yes", "read the configuration and state of network filters"),
    Permission("nwfilter", "write", "no", "change the configuration of network filters"),
    Permission("nwfilter", "save", "no", "store the configuration of network filters"),
    Permission("nwfilter", "delete", "no", "delete network filters"),
    Permission("nwfilter_binding", "getattr", "yes", "see bindings of network filters"),
    Permission("nwfilter_binding", "read", "yes", "read the configuration and state of bindings of network filters"),
    Permission("nwfilter_binding", "create", "no", "create bindings of network filters"),
    Permission("nwfilter_binding", "delete", "no", "delete bindings of network filters"),
    Permission("secret", "getattr", "yes", "see secrets"),
    Permission("secret", "read", "yes", "read the configuration and state of secrets"),
    Permission("secret", "write", "no", "change the configuration of secrets"),
    Permission("secret", "read_secure", "no", "read the values of secrets"),
    Permission("secret", "save", "no", "store the configuration of secrets"),
    Permission("secret", "delete", "no", "delete secrets"),
    Permission("storage_pool", "getattr", "yes", "see storage pools"),
    Permission("storage_pool", "read", "yes", "read the configuration and state of storage pools"),
    Permission("storage_pool", "write", "no", "change the configuration of storage pools"),
    Permission("storage_pool", "save", "no", "store the configuration of storage pools"),
    Permission("storage_pool", "delete", "no", "delete storage pools"),
    Permission("storage_pool", "start", "no", "start storage pools"),
    Permission("storage_pool", "stop", "no", "stop storage pools"),
    Permission("storage_pool", "refresh", "no", "refresh storage pools"),
    Permission("storage_pool", "search_storage_vols", "no", "list the volumes of storage pools"),
    Permission("storage_pool", "format", "no", "format storage pools"),
    Permission("storage_vol", "getattr", "yes", "see storage volumes"),
    Permission("storage_vol", "read", "yes", "read the configuration and state of storage volumes"),
    Permission("storage_vol", "create", "no", "create storage volumes"),
    Permission("storage_vol", "delete", "no", "delete storage volumes"),
    Permission("storage_vol", "format", "no", "format storage volumes"),
    Permission("storage_vol", "resize", "no", "resize storage volumes"),
    Permission("storage_vol", "data_read", "no", "download the contents of storage volumes"),
    Permission("storage_vol", "data_write", "no", "change the contents of storage volumes"),
)


class ConnectAction(NamedTuple):
    """An action that is asked for when a legacy client connects: its answer by default, and what it is for."""

    action: str
    default: str
    purpose: str


MONITOR = "org.libvirt.unix.monitor"
MANAGE = "org.libvirt.unix.manage"
CONNECT_ACTIONS = (
    ConnectAction(MONITOR, "yes", "watch the virtualisation of this host"),
    ConnectAction(MANAGE, "auth_admin_keep", "manage the virtualisation of this host"),
)


def objects() -> Iterator[str]:
    """Give the kinds of object that have permissions, each once."""
    yield from dict.fromkeys(each.object for each in PERMISSIONS)


def find(perm: Perm) -> Permission | None:
    """Give the permission that an entry of the catalogue needs; None where there is none of that name."""
    return _BY_NAME.get((perm.object, perm.permission))


_BY_NAME = {(each.object, each.name): each for each in PERMISSIONS}
