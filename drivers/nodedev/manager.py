# SPDX-License-Identifier: LGPL-2.1-or-later
"""All devices of the host, as the API has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtbus.bus.api import nodedev as api
from virtbus.bus.errors import ConfigUnsupported, InternalError, LibvirtError, NoNodeDevice, NoSupport
from virtbus.bus.refs import DeviceRef
from virtbus.bus.types import Int32, UInt32
from virtbus.drivers.common.engine.process import find_program
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.common.xml.parse import parse
from virtbus.drivers.common.xml.values import Place
from virtbus.drivers.nodedev.device import UNSUPPORTED, HostDevice
from virtbus.drivers.nodedev.scsi import FC_HOSTS, wwn

if TYPE_CHECKING:
    from virtbus.drivers.nodedev.driver import NodeDeviceDriver

KINDS = (
    "system", "pci", "usb_device", "usb", "net", "scsi_host", "scsi_target", "scsi", "storage", "fc_host", "vports",
    "scsi_generic", "drm", "mdev_types", "mdev", "ccw", "css", "vdpa", "ap_card", "ap_queue", "ap_matrix", "vpd",
)  # fmt: skip
"""The capabilities that flags choose, in the order of their bits."""

CHOICES = (1 << len(KINDS)) - 1
INACTIVE, ACTIVE = 1 << 30, 1 << 31
ALL_KINDS = (*KINDS, "phys_function", "virt_functions")


class NodeDeviceManager(api.Manager):
    """The devices of this host."""

    def __init__(self, driver: NodeDeviceDriver) -> None:
        self.driver = driver

    async def node_num_of_devices(self, cap: str | None, flags: UInt32) -> Int32:
        """Count the devices."""
        check_flags(flags, 0, "nodeNumOfDevices")
        return len(self._having(cap))

    async def node_list_devices(self, cap: str | None, flags: UInt32) -> list[str]:
        """Give the names of the devices."""
        check_flags(flags, 0, "nodeListDevices")
        return [device.model.name for device in self._having(cap)]

    def _having(self, cap: str | None) -> list[HostDevice]:
        return [device for device in self.driver.devices() if cap is None or cap in device.model.caps]

    async def list_all_node_devices(self, flags: UInt32) -> list[DeviceRef]:
        """Give the devices that the flags choose."""
        check_flags(flags, CHOICES | ACTIVE | INACTIVE, "nodeConnectListAllNodeDevices")
        if flags & INACTIVE and not flags & ACTIVE:
            return []
        wanted = {kind for bit, kind in enumerate(KINDS) if flags & 1 << bit}
        return [device.ref for device in self.driver.devices() if not wanted or wanted & set(device.model.caps)]

    async def node_device_lookup_by_name(self, name: str) -> DeviceRef:
        """Find the device that has this name."""
        known = self.driver.by_name(name)
        if known is None:
            raise NoNodeDevice(f"no node device with matching name '{name}'")
        return known.ref

    async def node_device_lookup_scsi_host_by_wwn(self, wwnn: str, wwpn: str, flags: UInt32) -> DeviceRef:
        """Find the SCSI host that has these names in the fabric."""
        check_flags(flags, 0, "nodeDeviceLookupSCSIHostByWWN")
        sysfs = self.driver.prober.sysfs
        for device in self._having("fc_host"):
            place = f"{FC_HOSTS}/{(device.model.path or '').rpartition('/')[2]}"
            if (wwn(sysfs, f"{place}/node_name"), wwn(sysfs, f"{place}/port_name")) == (wwnn, wwpn):
                return device.ref
        # libvirt answers without an error of its own here, and clients know its text.
        raise LibvirtError.whole(1, "An error occurred, but the cause is unknown", 0)

    async def node_device_create_xml(self, xml_desc: str, flags: UInt32) -> DeviceRef:
        """Make a virtual device."""
        check_flags(flags, 0, "nodeDeviceCreateXML")
        kind = self._kind(xml_desc)
        if kind == "mdev":
            find_program("mdevctl")
            raise NoSupport("virNodeDeviceCreateXML")
        if kind == "scsi_host":
            raise InternalError("Could not find parent device for 'new device'")
        raise ConfigUnsupported(UNSUPPORTED)

    async def node_device_define_xml(self, xml_desc: str, flags: UInt32) -> DeviceRef:
        """Store a mediated device."""
        check_flags(flags, 0, "nodeDeviceDefineXML")
        if self._kind(xml_desc) != "mdev":
            raise ConfigUnsupported(UNSUPPORTED)
        find_program("mdevctl")
        raise NoSupport("virNodeDeviceDefineXML")

    @staticmethod
    def _kind(text: str) -> str:
        root = parse(text, "node_device_definition", "device")
        element = root.find("capability")
        if element is None:
            raise InternalError("no device capabilities for 'new device'")
        kind = element.get("type", "")
        if kind not in ALL_KINDS:
            raise Place(element, "type").refuse(kind)
        return kind
