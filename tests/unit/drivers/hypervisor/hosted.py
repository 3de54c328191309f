# SPDX-License-Identifier: LGPL-2.1-or-later
"""A hosted test driver, and arguments for any call of the catalogue."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import libvirt

from virtbus.bus.catalogue import Api, Call
from virtbus.bus.refs import DomainRef
from virtbus.bus.types import (
    Blob,
    CharBlob,
    Descriptor,
    Descriptors,
    Field,
    Kind,
    Listing,
    Nullable,
    Parameters,
    Record,
    Scalar,
    Text,
    UuidText,
)
from virtbus.drivers.hypervisor.driver import HypervisorDriver

GUEST = """<domain type='test'><name>{name}</name><memory>65536</memory><vcpu>2</vcpu><iothreads>1</iothreads>
<os><type>hvm</type></os><devices>
<disk type='file' device='disk'><source file='/nowhere/{name}'/><target dev='vda'/></disk>
<interface type='network'><source network='default'/><mac address='52:54:00:74:77:01'/><target dev='vnet7'/></interface>
<console type='pty'/></devices></domain>"""
NETWORK = "<network><name>default</name><bridge name='virbr0'/></network>"
POOL = "<pool type='dir'><name>default-pool</name><target><path>/nowhere</path></target></pool>"
INTERFACE = "<interface type='ethernet' name='eth1'><start mode='none'/><mac address='aa:bb:cc:dd:ee:ff'/></interface>"
SNAPSHOT = "<domainsnapshot><name>{name}</name></domainsnapshot>"
CHECKPOINT = "<domaincheckpoint><name>{name}</name></domaincheckpoint>"


class Told:
    """A publisher that remembers what it was told."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.objects: list[tuple[str, Any]] = []

    def emit_threadsafe(self, event: Callable[..., Any], *args: Any) -> None:
        self.events.append((event.__name__, *args))

    def added(self, obj: Api) -> None:
        self.objects.append(("added", obj.ref))

    def removed(self, obj: Api) -> None:
        self.objects.append(("removed", obj.ref))

    def changed(self, obj: Api, *properties: str) -> None:
        self.objects.append(("changed", obj.ref))


class Hosted:
    """A driver of test:///default, libvirt beside it, and a guest."""

    def __init__(self) -> None:
        self.driver = HypervisorDriver("test:///default")
        self.told = Told()

    async def start(self) -> None:
        await self.driver.start(self.told)
        self.libvirt: libvirt.virConnect = self.driver.library_connection

    async def stop(self) -> None:
        for dom in self.libvirt.listAllDomains():
            if dom.name() != "test":
                self._remove(dom)
        await self.driver.stop()

    def _remove(self, dom: libvirt.virDomain) -> None:
        for snapshot in dom.listAllSnapshots():
            snapshot.delete()
        for checkpoint in dom.listAllCheckpoints():
            checkpoint.delete()
        active = dom.isActive()
        if dom.isPersistent():
            dom.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)
        if active:
            dom.destroy()

    def guest(self, name: str = "guest", *, running: bool = True) -> DomainRef:
        dom = self.libvirt.defineXML(GUEST.format(name=name))
        if running:
            dom.create()
        return DomainRef(name, dom.UUID(), dom.ID())

    def call(self, obj: Api, method: str, *args: Any) -> Any:
        """Make a call in this thread."""
        return obj.invoke(type(obj).calls[method], args)  # type: ignore[attr-defined]

    def at(self, ref: Any) -> Api:
        found = self.driver.find(ref.path())
        assert found is not None, f"{ref} is not there"
        return found

    def one_of_each(self) -> dict[str, Api]:
        """Give an object of each class of the catalogue, managers by their daemon."""
        ref = self.guest()
        dom = self.libvirt.lookupByUUID(ref.uuid)
        dom.snapshotCreateXML(SNAPSHOT.format(name="snap"), 0)
        checked = self.libvirt.lookupByUUID(self.guest("checked").uuid)
        checked.checkpointCreateXML(CHECKPOINT.format(name="check"), 0)
        if not self.libvirt.listAllNetworks():
            self.libvirt.networkDefineXML(NETWORK).create()
        if not self.libvirt.listAllStoragePools():
            self.libvirt.storagePoolDefineXML(POOL)
        if not self.libvirt.listAllInterfaces():
            self.libvirt.interfaceDefineXML(INTERFACE)
        (pool,) = self.libvirt.listAllStoragePools()
        if not pool.isActive():
            pool.create()
        if not pool.listAllVolumes():
            pool.createXML("<volume><name>vol</name><capacity>1024</capacity></volume>", 0)
        found: dict[str, Api] = {}
        for obj in self.driver.objects():
            key = type(obj).noun if obj.ref is not None else type(obj).daemon
            # libvirt lists in no order: take the guest made for this, and always the same device.
            if type(obj).noun not in ("Domain", "NodeDevice") or obj.ref.name in ("guest", "computer"):
                found.setdefault(key, obj)
        return found


def every_call(*classes: type[Api]) -> Iterator[tuple[type[Api], Call]]:
    """Give all calls of classes."""
    for cls in classes:
        for entry in cls.calls.values():
            yield cls, entry


def arguments(entry: Call, ref: DomainRef) -> tuple[Any, ...]:
    """Give arguments of the right kinds: harmless ones, mostly refused."""
    given = GIVEN.get(entry.name, {})
    return tuple(given.get(p.name, _argument(p, ref)) for p in entry.params)


GIVEN: dict[str, dict[str, Any]] = {
    "DomainGetBlockInfo": {"path": "vda"},
    "DomainBlockStats": {"path": "vda"},
    "DomainBlockStatsFlags": {"path": "vda"},
    "DomainGetBlockIoTune": {"disk": "vda"},
    "DomainSetBlockIoTune": {"disk": "vda"},
    "DomainBlockPeek": {"path": "vda"},
    "DomainInterfaceStats": {"device": "vnet7"},
    "DomainGetInterfaceParameters": {"device": "vnet7"},
    "DomainGetCPUStats": {"start_cpu": -1, "ncpus": 1},
    "DomainLookupByName": {"name": "guest"},
    "DomainSetMemory": {"memory": 4096},
    "DomainSetMaxMemory": {"memory": 65536},
    "DomainSetVcpus": {"nvcpus": 1},
    "DomainSendKey": {"keycodes": [1]},
    "DomainDefineXML": {"xml": GUEST.format(name="another")},
    "DomainDefineXMLFlags": {"xml": GUEST.format(name="another")},
    "DomainCreateXML": {"xml_desc": GUEST.format(name="another")},
    "DomainSnapshotCreateXML": {"xml_desc": SNAPSHOT.format(name="more")},
    "DomainCheckpointCreateXML": {"xml_desc": CHECKPOINT.format(name="more")},
    "DomainSnapshotLookupByName": {"name": "snap"},
    "DomainCheckpointLookupByName": {"name": "check"},
    "NodeGetCPUStats": {"cpu_num": -1},
    "NodeGetMemoryStats": {"cell_num": -1},
    "NodeGetFreePages": {"pages": [4], "cell_count": 1},
    "NodeGetCellsFreeMemory": {"max_cells": 2},
    "DomainPinVcpu": {"cpumap": b"\x01"},
    "DomainPinVcpuFlags": {"cpumap": b"\x01"},
    "DomainPinEmulator": {"cpumap": b"\x01"},
    "DomainPinIOThread": {"cpumap": b"\x01", "iothreads_id": 1},
}
"""What a call needs to come further than the checks of its arguments."""


def _argument(field: Field, ref: DomainRef) -> Any:
    kind = field.kind
    if isinstance(kind, Nullable):
        return None
    for cls, make in _MAKERS:
        if isinstance(kind, cls):
            return make(kind, ref)
    raise AssertionError(f"no argument for {field}")


def _record(kind: Kind, ref: DomainRef) -> Any:
    return ref


_MAKERS: tuple[tuple[type[Kind], Callable[[Any, DomainRef], Any]], ...] = (
    (Text, lambda kind, ref: "none"),
    (UuidText, lambda kind, ref: "74770000-0000-4000-8000-00000000dead"),
    (Blob, lambda kind, ref: b""),
    (CharBlob, lambda kind, ref: b""),
    (Listing, lambda kind, ref: []),
    (Parameters, lambda kind, ref: [] if kind.repeats else {}),
    (Descriptors, lambda kind, ref: []),
    (Descriptor, lambda kind, ref: os.open("/dev/null", os.O_RDWR)),
    (Record, _record),
    (Scalar, lambda kind, ref: kind.name == "flag" if kind.name == "flag" else 0),
)

_CALLED = re.compile(r"libvirtmod\.(vir\w+)\(")


def python_methods(cls: type[Any]) -> dict[str, str]:
    """Give which method of a class of libvirt-python does each C function, by reading them."""
    import inspect

    found: dict[str, str] = {}
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        called = _CALLED.findall(inspect.getsource(method))
        if len(called) == 1:
            found.setdefault(called[0], name)
    return found
