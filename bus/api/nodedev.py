# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices of the host."""

from __future__ import annotations

from typing import Annotated, ClassVar

from virtbus.bus.api.connection import Connection
from virtbus.bus.catalogue import Api, Form, Perm, Prop, call, event
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import DeviceRef
from virtbus.bus.types import Flag, Int32, Max, UInt32


class Manager(Connection, noun="Connect", daemon="nodedev", kind="Manager", own=("Node",)):
    """All devices of the host."""

    @call(111, acl="connect:search_node_devices", filter="node_device:getattr", since="0.5.0", urgent=True)
    async def node_num_of_devices(self, cap: str | None, flags: UInt32) -> Int32:
        """Count the host devices, all or those with one capability."""
        raise NoSupport

    @call(
        112,
        acl="connect:search_node_devices",
        filter="node_device:getattr",
        since="0.5.0",
        urgent=True,
        extra="maxnames",
        form=Form.MAX_NAMES,
    )
    async def node_list_devices(self, cap: str | None, flags: UInt32) -> Annotated[list[str], Max(65536)]:
        """Give the names of the host devices, all or those with one capability."""
        raise NoSupport

    @call(113, acl="node_device:getattr", since="0.5.0", urgent=True)
    async def node_device_lookup_by_name(self, name: str) -> DeviceRef:
        """Find the host device that has this name."""
        raise NoSupport

    @call(123, acl="node_device:write node_device:start", since="0.6.3")
    async def node_device_create_xml(self, xml_desc: str, flags: UInt32) -> DeviceRef:
        """Make a virtual host device, such as a vHBA or mediated device, and give its reference."""
        raise NoSupport

    @call(
        285,
        acl="connect:search_node_devices",
        filter="node_device:getattr",
        since="0.10.2",
        urgent=True,
        form=Form.NEED_RESULTS,
    )
    async def list_all_node_devices(self, flags: UInt32) -> Annotated[list[DeviceRef], Max(65536)]:
        """Give the host's devices.

        Flags choose by capability, active and stored.
        """
        raise NoSupport

    @call(297, acl="node_device:getattr", since="1.0.3", urgent=True)
    async def node_device_lookup_scsi_host_by_wwn(self, wwnn: str, wwpn: str, flags: UInt32) -> DeviceRef:
        """Find the SCSI host device that has this node and port name."""
        raise NoSupport

    @call(428, acl="node_device:write node_device:save", since="7.3.0")
    async def node_device_define_xml(self, xml_desc: str, flags: UInt32) -> DeviceRef:
        """Store the configuration of a mediated device from the XML and give its reference."""
        raise NoSupport

    @event(0, callback=376, since="2.2.0", acl="node_device:getattr")
    def node_device_event_lifecycle(self, dev: DeviceRef, event: Int32, detail: Int32) -> None:
        """Tell that a host device appeared, went away, was defined or was undefined.

        event is a virNodeDeviceEventLifecycleType number; detail has no meaning yet.
        """

    @event(1, callback=377, since="2.2.0", acl="node_device:getattr")
    def node_device_event_update(self, dev: DeviceRef) -> None:
        """Tell that the description of a host device changed."""


class Device(Api, noun="NodeDevice", daemon="nodedev", kind="Device", ref=DeviceRef):
    """A device of the host."""

    properties: ClassVar[dict[str, Prop]] = {
        "Name": Prop("name", changes=False, of_reference=True),
        "Active": Prop("is_active"),
        "Persistent": Prop("is_persistent"),
        "Autostart": Prop("get_autostart", "set_autostart"),
    }

    @call(114, acl="node_device:read", since="0.5.0")
    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the host device as XML."""
        raise NoSupport

    @call(115, acl="node_device:read", since="0.5.0", urgent=True)
    async def get_parent(self) -> str | None:
        """Give the name of the device's parent, none for the root."""
        raise NoSupport

    @call(116, acl="node_device:read", since="0.5.0", urgent=True)
    async def num_of_caps(self) -> Int32:
        """Count the capabilities of the host device."""
        raise NoSupport

    @call(117, acl="node_device:read", since="0.5.0", urgent=True, extra="maxnames", form=Form.MAX_NAMES)
    async def list_caps(self) -> Annotated[list[str], Max(65536)]:
        """Give the names of the device's capabilities, such as pci or net."""
        raise NoSupport

    @call(118, acl="node_device:detach", since="0.6.1")
    async def dettach(self) -> None:
        """Take the device from its host driver so that a guest can have it."""
        raise NoSupport

    @call(119, acl="node_device:detach", since="0.6.1")
    async def re_attach(self) -> None:
        """Give the device back to its host driver."""
        raise NoSupport

    @call(120, acl="node_device:detach", since="0.6.1")
    async def reset(self) -> None:
        """Reset the host device before or after a guest uses it."""
        raise NoSupport

    @call(124, acl="node_device:stop", since="0.6.3", urgent=True)
    async def destroy(self) -> None:
        """Remove the virtual host device from the host."""
        raise NoSupport

    @call(301, acl="node_device:detach", since="1.0.5")
    async def detach_flags(self, driver_name: str | None, flags: UInt32) -> None:
        """Take the device from its host driver and bind it to the named one for guests.

        No name lets the hypervisor choose, such as vfio.
        """
        raise NoSupport

    @call(429, acl="node_device:delete", since="7.3.0", urgent=True)
    async def undefine(self, flags: UInt32) -> None:
        """Remove the mediated device's stored configuration."""
        raise NoSupport

    @call(430, acl="node_device:start", since="7.3.0", urgent=True)
    async def create(self, flags: UInt32) -> None:
        """Start the defined mediated device."""
        raise NoSupport

    @call(433, acl="node_device:read", since="7.8.0", urgent=True)
    async def get_autostart(self) -> Flag:
        """Say whether the mediated device starts when the host or its parent device does."""
        raise NoSupport

    @call(434, acl="node_device:write", since="7.8.0", urgent=True)
    async def set_autostart(self, autostart: Flag) -> None:
        """Choose whether the mediated device starts when the host or its parent device does."""
        raise NoSupport

    @call(435, acl="node_device:read", since="7.8.0", urgent=True)
    async def is_persistent(self) -> Flag:
        """Say whether the host device has a stored configuration."""
        raise NoSupport

    @call(436, acl="node_device:read", since="7.8.0", urgent=True)
    async def is_active(self) -> Flag:
        """Say whether the host device is present and active."""
        raise NoSupport

    @call(
        447,
        acl=("node_device:write", Perm("node_device", "save", unless=3), Perm("node_device", "save", when=2)),
        since="10.1.0",
        urgent=True,
    )
    async def update(self, xml_desc: str, flags: UInt32) -> None:
        """Change the mediated device to what the XML says, live, stored or both."""
        raise NoSupport
