# SPDX-License-Identifier: LGPL-2.1-or-later
"""From a device in sysfs to its model: what kind it is, what it is called, what it can do."""

from __future__ import annotations

from collections.abc import Callable

from virtbus.drivers.common.engine import ethtool
from virtbus.drivers.common.engine.sysfs import Sysfs
from virtbus.drivers.common.links import link_attributes
from virtbus.drivers.nodedev import pci, scsi, storage
from virtbus.drivers.nodedev.ids import Names
from virtbus.drivers.nodedev.model import DeviceModel, Node, device_name, leaf, leaves

ROOT = "computer"
Properties = dict[str, str]
NO_UUID = "00000000-0000-0000-0000-000000000000"
DMI = "/sys/devices/virtual/dmi/id"


class Prober:
    """Describe devices. `features` asks a network device what it can do."""

    def __init__(self, sysfs: Sysfs, features: Callable[[str], list[str]] = ethtool.features) -> None:
        self.sysfs, self._features = sysfs, features
        self._pci, self._usb = Names(sysfs, "pci.ids"), Names(sysfs, "usb.ids")

    def computer(self) -> DeviceModel:
        """Give the root of all devices: the host as its firmware describes it."""

        def dmi(name: str) -> str | None:
            return self.sysfs.read(f"{DMI}/{name}")

        hardware = leaves(
            ("vendor", dmi("sys_vendor")), ("version", dmi("product_version")), ("serial", dmi("product_serial")),
            ("uuid", dmi("product_uuid") or NO_UUID),
        )  # fmt: skip
        firmware = leaves(
            ("vendor", dmi("bios_vendor")), ("version", dmi("bios_version")), ("release_date", dmi("bios_date"))
        )
        details = [
            *leaves(("product", dmi("product_name"))),
            Node("hardware", children=hardware, open=True),
            Node("firmware", children=firmware, open=True),
        ]
        return DeviceModel(ROOT, None, None, ("system",), details)

    def device(self, path: str, parent: Callable[[str], str]) -> DeviceModel | None:
        """Give the device at a path; None for one that is not listed, or gone. `parent` names what is above it."""
        properties = self.sysfs.properties(path)
        subsystem = self.sysfs.link_name(f"{path}/subsystem") or ""
        kind = kind_of(subsystem, path, properties)
        model = getattr(self, f"_{kind}")(path, properties) if kind else None
        if not isinstance(model, DeviceModel):
            return None
        model.parent = parent(path)
        model.driver = self.sysfs.link_name(f"{path}/driver")
        if "DEVNAME" in properties:
            model.devnode = f"/dev/{properties['DEVNAME'].removeprefix('/dev/')}"
            model.links = self.sysfs.links(path, properties)
        return model

    def _pci_device(self, path: str, properties: Properties) -> DeviceModel | None:
        found = pci.details(self.sysfs, self._pci, path)
        if found is None:
            return None
        details, more = found
        return DeviceModel(device_name("pci", _last(path)), path, None, ("pci", *more), details)

    def _usb_device(self, path: str, properties: Properties) -> DeviceModel | None:
        vendor, product = (_number(self.sysfs.read(f"{path}/{name}")) for name in ("idVendor", "idProduct"))
        if vendor is None or product is None:
            return None
        vendor_name = properties.get("ID_VENDOR_FROM_DATABASE") or self._usb.vendor(vendor)
        product_name = properties.get("ID_MODEL_FROM_DATABASE") or self._usb.product(vendor, product)
        details = [
            *leaves(("bus", _decimal(properties.get("BUSNUM"))), ("device", _decimal(properties.get("DEVNUM")))),
            Node("product", [("id", f"0x{product:04x}")], text=product_name or None),
            Node("vendor", [("id", f"0x{vendor:04x}")], text=vendor_name or None),
        ]
        return DeviceModel(device_name("usb", _last(path)), path, None, ("usb_device",), details)

    def _usb_interface(self, path: str, properties: Properties) -> DeviceModel | None:
        names = ("bInterfaceNumber", "bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol")
        values = [_number(self.sysfs.read(f"{path}/{name}")) for name in names]
        if any(value is None for value in values):
            return None
        details = [leaf(tag, v) for tag, v in zip(("number", "class", "subclass", "protocol"), values, strict=True)]
        return DeviceModel(device_name("usb", _last(path)), path, None, ("usb",), details)

    def _net(self, path: str, properties: Properties) -> DeviceModel | None:
        name, address = properties["INTERFACE"], self.sysfs.read(f"{path}/address")
        if address is None:
            return None
        kind = "80211" if properties.get("DEVTYPE") == "wlan" else "80203"
        details = [
            leaf("interface", name),
            *leaves(("address", address)),
            Node("link", link_attributes(self.sysfs, path)),
        ]
        details += [Node("feature", [("name", feature)]) for feature in self._features(name)]
        details.append(Node("capability", [("type", kind)]))
        return DeviceModel(device_name("net", name, address), path, None, ("net",), details)

    def _scsi_host(self, path: str, properties: Properties) -> DeviceModel | None:
        found = scsi.host(self.sysfs, path)
        if found is None:
            return None
        details, more = found
        return DeviceModel(device_name("scsi", _last(path)), path, None, ("scsi_host", *more), details)

    def _scsi_target(self, path: str, properties: Properties) -> DeviceModel:
        name = _last(path)
        return DeviceModel(device_name("scsi", name), path, None, ("scsi_target",), [leaf("target", name)])

    def _scsi(self, path: str, properties: Properties) -> DeviceModel | None:
        details = scsi.device(self.sysfs, path)
        return DeviceModel(device_name("scsi", _last(path)), path, None, ("scsi",), details) if details else None

    def _scsi_generic(self, path: str, properties: Properties) -> DeviceModel:
        details = [leaf("char", f"/dev/{properties.get('DEVNAME', _last(path))}")]
        return DeviceModel(device_name("scsi_generic", _last(path)), path, None, ("scsi_generic",), details)

    def _storage(self, path: str, properties: Properties) -> DeviceModel | None:
        details = storage.details(self.sysfs, path, properties)
        if details is None:
            return None
        name = device_name("block", _last(path), properties.get("ID_SERIAL", ""))
        return DeviceModel(name, path, None, ("storage",), details)

    def _drm(self, path: str, properties: Properties) -> DeviceModel | None:
        minor = _decimal(properties.get("MINOR"))
        kind = {0: "primary", 1: "control", 2: "render"}.get((minor or 0) >> 6)
        details = leaves(("type", kind))
        return DeviceModel(device_name("drm", _last(path)), path, None, ("drm",), details) if details else None


def kind_of(subsystem: str, path: str, properties: Properties) -> str | None:
    """Give which of the prober's methods describes a device; None where none does."""
    devtype = properties.get("DEVTYPE", "")
    if subsystem == "net" or ("INTERFACE" in properties and not devtype.startswith("usb")):
        return "net" if "INTERFACE" in properties else None
    known = {
        "disk": "storage", "usb_device": "usb_device", "usb_interface": "usb_interface", "scsi_host": "scsi_host",
        "scsi_target": "scsi_target", "scsi_device": "scsi", "drm_minor": "drm",
    }.get(devtype)  # fmt: skip
    if known == "scsi_host" and subsystem != "scsi":
        return None
    return known or {"pci": "pci_device", "scsi_generic": "scsi_generic"}.get(subsystem)


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _number(text: str | None) -> int | None:
    try:
        return int(text or "", 16)
    except ValueError:
        return None


def _decimal(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
