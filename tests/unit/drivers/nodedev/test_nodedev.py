# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices are found, named and printed as libvirt does it, and follow what the kernel tells."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from tests.unit.drivers.common import tree
from virtbus.bus.api import nodedev as api
from virtbus.bus.errors import LibvirtError
from virtbus.drivers.common.engine.uevents import Uevent, decode
from virtbus.drivers.nodedev.driver import NodeDeviceDriver
from virtbus.drivers.nodedev.probe import Prober

PCI = "/sys/devices/pci0000:00/0000:00:02.0"
DISK = f"{PCI}/virtio1/block/vda"
HOST = f"{PCI}/host3"
USB = "/sys/devices/pci0000:00/usb1"
LO = "/sys/devices/virtual/net/lo"


def config() -> bytes:
    """Give a configuration space with one capability: PCI Express, an endpoint with a link."""
    space = bytearray(256)
    space[0x06], space[0x34], space[0x40] = 0x10, 0x40, 0x10
    space[0x4C:0x50] = struct.pack("<I", 1 << 24 | 16 << 4 | 3)
    space[0x52:0x54] = struct.pack("<H", 4 << 4 | 1)
    return bytes(space)


FILES: dict[str, str | bytes] = {
    "/sys/bus/pci/devices/0000:00:02.0": f"-> {PCI}",
    f"{PCI}/subsystem": "-> /sys/bus/pci",
    f"{PCI}/driver": "-> /sys/bus/pci/drivers/virtio-pci",
    f"{PCI}/uevent": "DRIVER=virtio-pci\nPCI_CLASS=18000\n",
    f"{PCI}/vendor": "0x1af4", f"{PCI}/device": "0x1042", f"{PCI}/class": "0x018000", f"{PCI}/numa_node": "0",
    f"{PCI}/config": config(),
    f"{PCI}/iommu_group": "-> /sys/kernel/iommu_groups/4",
    "/sys/kernel/iommu_groups/4/devices/0000:00:02.0": "x",
    "/usr/share/misc/pci.ids": "# a list\n1af4  Red Hat, Inc.\n\t1042  Virtio 1.0 block device\nC 01  classes\n",
    "/sys/class/block/vda": f"-> {DISK}",
    f"{DISK}/subsystem": "-> /sys/class/block",
    f"{DISK}/uevent": "MAJOR=254\nMINOR=0\nDEVNAME=vda\nDEVTYPE=disk\n",
    f"{DISK}/size": "2048", f"{DISK}/queue/logical_block_size": "512", f"{DISK}/removable": "0",
    f"{DISK}/device/vendor": "0x1af4",
    "/run/udev/data/b254:0": "S:disk/by-id/virtio-S-1\nE:ID_SERIAL=S-1\n",
    "/sys/class/block/loop0": "-> /sys/devices/virtual/block/loop0",
    "/sys/devices/virtual/block/loop0/subsystem": "-> /sys/class/block",
    "/sys/devices/virtual/block/loop0/uevent": "MAJOR=7\nMINOR=0\nDEVNAME=loop0\nDEVTYPE=disk\n",
    "/sys/class/net/lo": f"-> {LO}",
    f"{LO}/subsystem": "-> /sys/class/net",
    f"{LO}/uevent": "INTERFACE=lo\nIFINDEX=1\n", f"{LO}/address": "00:00:00:00:00:00", f"{LO}/operstate": "unknown",
    "/sys/bus/scsi/devices/host3": f"-> {HOST}",
    f"{HOST}/subsystem": "-> /sys/bus/scsi", f"{HOST}/uevent": "DEVTYPE=scsi_host\n",
    "/sys/class/scsi_host/host3": f"-> {HOST}/scsi_host/host3",
    f"{HOST}/scsi_host/host3/unique_id": "2",
    "/sys/class/fc_host/host3": f"-> {HOST}/fc_host/host3",
    f"{HOST}/fc_host/host3/node_name": "0x2001", f"{HOST}/fc_host/host3/port_name": "0x2101",
    f"{HOST}/fc_host/host3/fabric_name": "0x3",
    "/sys/bus/usb/devices/usb1": f"-> {USB}",
    f"{USB}/subsystem": "-> /sys/bus/usb",
    f"{USB}/uevent": "DEVTYPE=usb_device\nBUSNUM=001\nDEVNUM=002\nDEVNAME=bus/usb/001/002\n",
    f"{USB}/idVendor": "1d6b", f"{USB}/idProduct": "0002",
    "/sys/bus/usb/devices/1-0:1.0": f"-> {USB}/1-0:1.0",
    f"{USB}/1-0:1.0/subsystem": "-> /sys/bus/usb",
    f"{USB}/1-0:1.0/uevent": "DEVTYPE=usb_interface\nINTERFACE=9/0/0\n",
    f"{USB}/1-0:1.0/bInterfaceNumber": "00", f"{USB}/1-0:1.0/bInterfaceClass": "09",
    f"{USB}/1-0:1.0/bInterfaceSubClass": "00", f"{USB}/1-0:1.0/bInterfaceProtocol": "00",
}  # fmt: skip


class Bus:
    """Hear what the driver tells."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def added(self, obj: Any) -> None:
        pass

    def removed(self, obj: Any) -> None:
        pass

    def emit(self, event: Any, ref: Any, *args: int) -> None:
        self.events.append((event.__name__.removeprefix("node_device_event_"), ref.name, *args))


@pytest.fixture
async def driver(tmp_path: Path) -> NodeDeviceDriver:
    sysfs = tree.make(tmp_path, FILES)
    made = NodeDeviceDriver(prober=Prober(sysfs, lambda name: ["rx", "tx"]), listen=False)
    await made.start(Bus())
    return made


def manager(driver: NodeDeviceDriver) -> api.Manager:
    assert isinstance(driver.manager, api.Manager)
    return driver.manager


async def shown(driver: NodeDeviceDriver, name: str) -> str:
    known = driver.by_name(name)
    assert known is not None
    return await known.get_xml_desc(0)


async def test_what_is_listed_and_what_is_above_it(driver: NodeDeviceDriver) -> None:
    assert {d.model.name: d.model.parent for d in driver.devices()} == {
        "computer": None,
        "pci_0000_00_02_0": "computer",
        "block_vda_S_1": "pci_0000_00_02_0",
        "scsi_host3": "pci_0000_00_02_0",
        "usb_usb1": "computer",
        "usb_1_0_1_0": "usb_usb1",
        "net_lo_00_00_00_00_00_00": "computer",
    }


async def test_a_pci_device(driver: NodeDeviceDriver) -> None:
    assert await shown(driver, "pci_0000_00_02_0") == (
        "<device>\n  <name>pci_0000_00_02_0</name>\n  <path>/sys/devices/pci0000:00/0000:00:02.0</path>\n"
        "  <parent>computer</parent>\n  <driver>\n    <name>virtio-pci</name>\n  </driver>\n"
        "  <capability type='pci'>\n    <class>0x018000</class>\n    <domain>0</domain>\n    <bus>0</bus>\n"
        "    <slot>2</slot>\n    <function>0</function>\n"
        "    <product id='0x1042'>Virtio 1.0 block device</product>\n    <vendor id='0x1af4'>Red Hat, Inc.</vendor>\n"
        "    <iommuGroup number='4'>\n"
        "      <address domain='0x0000' bus='0x00' slot='0x02' function='0x0'/>\n    </iommuGroup>\n"
        "    <numa node='0'/>\n    <pci-express>\n      <link validity='cap' port='1' speed='8' width='16'/>\n"
        "      <link validity='sta' speed='2.5' width='4'/>\n    </pci-express>\n"
        "  </capability>\n</device>\n"
    )


async def test_a_disk_and_a_link(driver: NodeDeviceDriver) -> None:
    assert (
        "  <devnode type='dev'>/dev/vda</devnode>\n"
        "  <devnode type='link'>/dev/disk/by-id/virtio-S-1</devnode>\n"
        "  <parent>pci_0000_00_02_0</parent>\n  <capability type='storage'>\n    <block>/dev/vda</block>\n"
        "    <drive_type>disk</drive_type>\n    <vendor>0x1af4</vendor>\n    <serial>S-1</serial>\n"
        "    <size>1048576</size>\n    <logical_block_size>512</logical_block_size>\n"
        "    <num_blocks>2048</num_blocks>\n"
    ) in await shown(driver, "block_vda_S_1")
    assert (
        "    <interface>lo</interface>\n    <address>00:00:00:00:00:00</address>\n    <link state='unknown'/>\n"
        "    <feature name='rx'/>\n    <feature name='tx'/>\n    <capability type='80203'/>\n"
    ) in await shown(driver, "net_lo_00_00_00_00_00_00")


async def test_capabilities_choose(driver: NodeDeviceDriver) -> None:
    assert await manager(driver).node_list_devices("fc_host", 0) == ["scsi_host3"]
    assert await manager(driver).node_num_of_devices("usb", 0) == 1
    refs = await manager(driver).list_all_node_devices(1 << 1 | 1 << 8)
    assert sorted(ref.name for ref in refs) == ["block_vda_S_1", "pci_0000_00_02_0"]
    assert await manager(driver).list_all_node_devices(1 << 30) == []
    assert (await manager(driver).node_device_lookup_scsi_host_by_wwn("2001", "2101", 0)).name == "scsi_host3"


async def test_devices_come_change_and_go(driver: NodeDeviceDriver, tmp_path: Path) -> None:
    path = "/sys/devices/virtual/net/veth1"
    tree.make(tmp_path, {f"{path}/subsystem": "-> /sys/class/net", f"{path}/uevent": "INTERFACE=veth1\nIFINDEX=9\n",
                         f"{path}/address": "02:00:00:00:00:09", f"{path}/operstate": "down"})  # fmt: skip
    driver.changed(Uevent("add", path, {}))
    driver.changed(Uevent("add", path, {}))
    (tmp_path / path.lstrip("/") / "operstate").write_text("up")
    driver.changed(Uevent("change", path, {}))
    driver.changed(Uevent("remove", path, {}))
    driver.changed(Uevent("remove", path, {}))
    name = "net_veth1_02_00_00_00_00_09"
    bus = driver.bus
    assert isinstance(bus, Bus)
    assert bus.events == [("lifecycle", name, 0, 0), ("update", name), ("lifecycle", name, 1, 0)]
    assert driver.by_name(name) is None


async def test_missed_changes_are_found_by_looking_again(driver: NodeDeviceDriver, tmp_path: Path) -> None:
    (tmp_path / "sys/class/net/lo").unlink()
    driver.look_again()
    bus = driver.bus
    assert isinstance(bus, Bus)
    assert bus.events == [("lifecycle", "net_lo_00_00_00_00_00_00", 1, 0)]


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        (lambda d: d.destroy(), 67, "unsupported configuration: Unsupported device type"),
        (lambda d: d.create(0), 55, "Requested operation is not valid: Device is already active"),
        (lambda d: d.set_autostart(True), 84, "Operation not supported: Unsupported device type"),
        (lambda d: d.reset(), 8, "invalid argument: device computer is not a PCI device"),
        (lambda d: d.detach_flags("xen", 0), 8, "invalid argument: unknown driver name 'xen'"),
        (lambda d: d.dettach(), 74,
         "argument unsupported: VFIO device assignment is currently not supported on this system"),
        (lambda d: d.get_xml_desc(4), 8, "unsupported flags (0x4) in function nodeDeviceGetXMLDesc"),
    ],
)  # fmt: skip
async def test_what_the_host_itself_refuses(driver: NodeDeviceDriver, call: Any, code: int, message: str) -> None:
    with pytest.raises(LibvirtError) as raised:
        await call(driver.by_name("computer"))
    assert (raised.value.code, raised.value.message) == (code, message)


async def test_a_device_that_the_host_uses_is_not_reset(driver: NodeDeviceDriver) -> None:
    known = driver.by_name("pci_0000_00_02_0")
    assert known is not None
    with pytest.raises(LibvirtError, match="is in use by driver virtio-pci"):
        await known.reset()


@pytest.mark.parametrize(
    ("document", "code", "message"),
    [
        ("<device><capability type='quux'/></device>", 27,
         "XML error: Invalid value for attribute 'type' in element 'capability': 'quux'."),
        ("<device><capability type='net'/></device>", 67, "unsupported configuration: Unsupported device type"),
        ("<device><capability type='scsi_host'/></device>", 1,
         "internal error: Could not find parent device for 'new device'"),
    ],
)  # fmt: skip
async def test_what_cannot_be_made(driver: NodeDeviceDriver, document: str, code: int, message: str) -> None:
    with pytest.raises(LibvirtError) as raised:
        await manager(driver).node_device_create_xml(document, 0)
    assert (raised.value.code, raised.value.message) == (code, message)


def test_messages_of_kernel_and_udev() -> None:
    body = b"ACTION=add\0DEVPATH=/devices/x\0SUBSYSTEM=net\0"
    head = struct.pack(">8sI", b"libudev\0", 0xFEEDCAFE) + struct.pack("=IIIIIII", 40, 40, len(body), 0, 0, 0, 0)
    for message in (b"add@/devices/x\0" + body, head + body):
        event = decode(message)
        assert event is not None
        assert (event.action, event.path, event.properties["SUBSYSTEM"]) == ("add", "/sys/devices/x", "net")
    for message in (b"", b"\0", b"libudev\0", b"libudev\0" + bytes(40), b"junk", b"\xff" * 100):
        assert decode(message) is None
