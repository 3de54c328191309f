# SPDX-License-Identifier: LGPL-2.1-or-later
"""A device of the host, as the API has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtbus.bus.api import nodedev as api
from virtbus.bus.errors import (
    ArgumentUnsupported,
    ConfigUnsupported,
    ErrorDomain,
    InvalidArg,
    NoSupport,
    OperationInvalid,
    OperationUnsupported,
)
from virtbus.bus.refs import DeviceRef
from virtbus.bus.types import Flag, Int32, UInt32
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.nodedev.model import DeviceModel, write_device
from virtbus.drivers.nodedev.probe import ROOT

if TYPE_CHECKING:
    from virtbus.drivers.nodedev.driver import NodeDeviceDriver

VFIO = "/dev/vfio/vfio"
GROUPS = "/sys/kernel/iommu_groups"
UNSUPPORTED = "Unsupported device type"


class HostDevice(api.Device):
    """One device."""

    ref: DeviceRef

    def __init__(self, driver: NodeDeviceDriver, model: DeviceModel) -> None:
        self.driver, self.model = driver, model
        self.ref = DeviceRef(model.name)

    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the device."""
        check_flags(flags, 0, "nodeDeviceGetXMLDesc")
        self.driver.refresh(self)
        return write_device(self.model)

    async def get_parent(self) -> str | None:
        """Give the parent's name."""
        return self.model.parent

    async def num_of_caps(self) -> Int32:
        """Count the capabilities."""
        return len(self.model.caps)

    async def list_caps(self) -> list[str]:
        """Give the names of the capabilities."""
        return list(self.model.caps)

    async def is_active(self) -> Flag:
        """Say that the device is there: only such are listed."""
        return True

    async def is_persistent(self) -> Flag:
        """Say whether the device outlives the host's restart as it is: the host alone does."""
        return self.model.name == ROOT

    async def get_autostart(self) -> Flag:
        """Say whether the device is there from the start: the host alone is."""
        return self.model.name == ROOT

    async def set_autostart(self, autostart: Flag) -> None:
        """Refuse: only mediated devices are started."""
        raise OperationUnsupported(UNSUPPORTED)

    async def destroy(self) -> None:
        """Refuse: only virtual devices can be removed."""
        raise ConfigUnsupported(UNSUPPORTED)

    async def undefine(self, flags: UInt32) -> None:
        """Refuse: only mediated devices are defined."""
        check_flags(flags, 0, "nodeDeviceUndefine")
        raise ConfigUnsupported(UNSUPPORTED)

    async def create(self, flags: UInt32) -> None:
        """Refuse: what is listed is there."""
        check_flags(flags, 0, "nodeDeviceCreate")
        raise OperationInvalid("Device is already active")

    async def dettach(self) -> None:
        """Take the device from its host driver."""
        await self.detach_flags(None, 0)

    async def detach_flags(self, driver_name: str | None, flags: UInt32) -> None:
        """Take the device from its host driver for the named one."""
        check_flags(flags, 0, "qemuNodeDeviceDetachFlags", origin=ErrorDomain.QEMU)
        if driver_name == "kvm":
            text = "KVM device assignment is no longer supported on this system"
            raise ArgumentUnsupported(text, origin=ErrorDomain.QEMU)
        if driver_name not in (None, "vfio"):
            raise InvalidArg(f"unknown driver name '{driver_name}'", origin=ErrorDomain.QEMU)
        sysfs = self.driver.prober.sysfs
        if not sysfs.exists(VFIO) or not sysfs.names(GROUPS):
            text = "VFIO device assignment is currently not supported on this system"
            raise ArgumentUnsupported(text, origin=ErrorDomain.QEMU)
        self._check_pci()
        raise NoSupport("virNodeDeviceDetachFlags")

    async def re_attach(self) -> None:
        """Give the device back to its host driver."""
        self._check_pci()
        raise NoSupport("virNodeDeviceReAttach")

    async def reset(self) -> None:
        """Reset the device, unless something uses it."""
        self._check_pci()
        if self.model.driver not in (None, "vfio-pci", "pci-stub"):
            raise OperationInvalid(f"PCI device {self.model.name} is in use by driver {self.model.driver}")
        raise NoSupport("virNodeDeviceReset")

    def _check_pci(self) -> None:
        if self.model.caps[0] != "pci":
            raise InvalidArg(f"device {self.model.name} is not a PCI device", origin=ErrorDomain.DOMAIN)
