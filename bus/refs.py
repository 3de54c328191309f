# SPDX-License-Identifier: LGPL-2.1-or-later
"""References: how an object is named on the bus and on the wire, and the way between both.

Each reference is a named tuple of what the legacy protocol carries whole (name, UUID, id), and `path()` gives the
object's D-Bus path. Paths are pure functions of the members that identify the object, so that the proxy needs no
table to go from one to the other.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from virtbus.bus.types import Int32, Uuid

ROOT = "/org/libvirt"
_PLAIN = re.compile(r"[A-Za-z0-9]*\Z")


def escape(text: str) -> str:
    """Give a name as one element of an object path; other characters become `_` and two hex digits a byte."""
    if text and _PLAIN.match(text):
        return text
    return "".join(chr(b) if chr(b).isascii() and chr(b).isalnum() else f"_{b:02x}" for b in text.encode()) or "_"


def unescape(element: str) -> str:
    """Give back what `escape` was given; ValueError where it never gave that."""
    if element == "_":
        return ""
    out = bytearray()
    parts = element.split("_")
    out += parts[0].encode()
    for part in parts[1:]:
        out.append(int(part[:2], 16))
        out += part[2:].encode()
    return out.decode()


class DomainRef(NamedTuple):
    """A guest. `id` is -1 while it does not run."""

    name: str
    uuid: Uuid
    id: Int32

    def path(self) -> str:
        """Give the object path."""
        return "/org/libvirt/hypervisor1/domain/" + self.uuid.hex()


class SnapshotRef(NamedTuple):
    """A guest's snapshot."""

    name: str
    dom: DomainRef

    def path(self) -> str:
        """Give the object path."""
        return f"{self.dom.path()}/snapshot/{escape(self.name)}"


class CheckpointRef(NamedTuple):
    """A guest's checkpoint."""

    name: str
    dom: DomainRef

    def path(self) -> str:
        """Give the object path."""
        return f"{self.dom.path()}/checkpoint/{escape(self.name)}"


class NetworkRef(NamedTuple):
    """A virtual network."""

    name: str
    uuid: Uuid

    def path(self) -> str:
        """Give the object path."""
        return "/org/libvirt/network1/network/" + self.uuid.hex()


class PortRef(NamedTuple):
    """A guest's port on a network."""

    net: NetworkRef
    uuid: Uuid

    def path(self) -> str:
        """Give the object path."""
        return f"{self.net.path()}/port/{self.uuid.hex()}"


class PoolRef(NamedTuple):
    """A storage pool."""

    name: str
    uuid: Uuid

    def path(self) -> str:
        """Give the object path."""
        return "/org/libvirt/storage1/pool/" + self.uuid.hex()


class VolumeRef(NamedTuple):
    """A storage volume: the name of its pool, its own name, and its key (for files: the path)."""

    pool: str
    name: str
    key: str

    def path(self) -> str:
        """Give the object path."""
        return f"/org/libvirt/storage1/volume/{escape(self.pool)}/{escape(self.name)}"


class FilterRef(NamedTuple):
    """A network filter."""

    name: str
    uuid: Uuid

    def path(self) -> str:
        """Give the object path."""
        return "/org/libvirt/nwfilter1/filter/" + self.uuid.hex()


class BindingRef(NamedTuple):
    """A filter bound to a guest's interface."""

    portdev: str
    filtername: str

    def path(self) -> str:
        """Give the object path."""
        return "/org/libvirt/nwfilter1/binding/" + escape(self.portdev)


class DeviceRef(NamedTuple):
    """A device of the host."""

    name: str

    def path(self) -> str:
        """Give the object path."""
        return "/org/libvirt/nodedev1/device/" + escape(self.name)


class SecretRef(NamedTuple):
    """A secret; `usage_type` is a virSecretUsageType, `usage_id` what it is for."""

    uuid: Uuid
    usage_type: Int32
    usage_id: str

    def path(self) -> str:
        """Give the object path."""
        return "/org/libvirt/secret1/secret/" + self.uuid.hex()


class InterfaceRef(NamedTuple):
    """A network interface of the host."""

    name: str
    mac: str

    def path(self) -> str:
        """Give the object path."""
        return "/org/libvirt/interface1/interface/" + escape(self.name)


class ServerRef(NamedTuple):
    """A server of the proxy, as the admin API names it."""

    name: str

    def path(self) -> str:
        """Give the object path."""
        return "/org/libvirt/proxy1/server/" + escape(self.name)
