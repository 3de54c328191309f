# SPDX-License-Identifier: LGPL-2.1-or-later
"""The connection itself and the host it leads to: what every manager answers."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.catalogue import Api, Form, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.types import Blob, CharArray, Int32, Max, ParamDict, Parameters, Stats, UInt32, UInt64


class NodeInfo(NamedTuple):
    """Hold what NodeGetInfo gives."""

    model: Annotated[str, CharArray(32, fixed=True)]
    memory: UInt64
    cpus: Int32
    mhz: Int32
    nodes: Int32
    sockets: Int32
    cores: Int32
    threads: Int32


class NodeGetSecurityModel(NamedTuple):
    """Hold what NodeGetSecurityModel gives."""

    model: Annotated[str, CharArray(257)]
    doi: Annotated[str, CharArray(257)]


class NodeGetCellsFreeMemoryArgs(NamedTuple):
    """Give the wire arguments of NodeGetCellsFreeMemory, after the object."""

    start_cell: Int32
    maxcells: Int32


class NodeGetCellsFreeMemoryRet(NamedTuple):
    """Give the wire results of NodeGetCellsFreeMemory."""

    cells: Annotated[list[UInt64], Max(1024)]


class NodeGetCPUMapArgs(NamedTuple):
    """Give the wire arguments of NodeGetCPUMap, after the object."""

    need_map: Int32
    need_online: Int32
    flags: UInt32


class NodeGetCPUMapRet(NamedTuple):
    """Give the wire results of NodeGetCPUMap."""

    cpumap: Annotated[bytes, Blob(2048)]
    online: UInt32
    ret: Int32


class CPUMap(NamedTuple):
    """Hold which processors of the host are online."""

    cpumap: Annotated[bytes, Blob(2048)]
    online: UInt32
    total: Int32


class Connection(Api):
    """What every connection can say of itself."""

    @call(60, acl="connect:getattr", urgent=True)
    async def supports_feature(self, feature: Int32) -> Int32:
        """Say whether the driver has the numbered internal feature (1) or not (0)."""
        raise NoSupport

    @call(3, acl="connect:getattr", since="0.0.3", urgent=True, constant=True)
    async def get_type(self) -> str:
        """Give the name of the hypervisor driver, such as QEMU."""
        raise NoSupport

    @call(4, acl="connect:getattr", since="0.0.3", urgent=True)
    async def get_version(self) -> UInt64:
        """Give the version of the hypervisor as one number.

        It is major * 1000000 + minor * 1000 + release.
        """
        raise NoSupport

    @call(59, acl="connect:getattr", since="0.3.0", urgent=True)
    async def get_hostname(self) -> str:
        """Give the host's name as the hypervisor's side sees it."""
        raise NoSupport

    @call(110, acl="connect:getattr", since="0.3.0", urgent=True, constant=True)
    async def get_uri(self) -> str:
        """Give the canonical URI of the connection."""
        raise NoSupport

    @call(157, acl="connect:getattr", since="0.7.3", urgent=True, constant=True)
    async def get_lib_version(self) -> UInt64:
        """Give the version of the library behind the daemon as one number.

        It is major * 1000000 + minor * 1000 + release.
        """
        raise NoSupport


class Node(Api):
    """The host as a whole: processors, memory, CPU models."""

    @call(5, acl="connect:read", since="0.2.1", urgent=True)
    async def get_max_vcpus(self, type: str | None) -> Int32:
        """Give the most virtual CPUs that a guest of the given type may have."""
        raise NoSupport

    @call(6, acl="connect:read", since="0.1.0", urgent=True)
    async def node_get_info(self) -> NodeInfo:
        """Describe the host: CPU model, memory and processor topology.

        Memory is in KiB, mhz in MHz; sockets are per NUMA node, cores per socket, threads per core.
        """
        raise NoSupport

    @call(7, acl="connect:read", since="0.2.1")
    async def get_capabilities(self) -> str:
        """Give the capabilities of host and hypervisor as XML."""
        raise NoSupport

    @call(
        101,
        acl="connect:read",
        since="0.3.3",
        urgent=True,
        args=NodeGetCellsFreeMemoryArgs,
        ret=NodeGetCellsFreeMemoryRet,
        form=Form.SPECIAL,
    )
    async def node_get_cells_free_memory(
        self, start_cell: Int32, max_cells: Int32
    ) -> Annotated[list[UInt64], Max(1024)]:
        """Give the free memory of each NUMA cell from startCell on, in bytes."""
        raise NoSupport

    @call(102, acl="connect:read", since="0.3.3", urgent=True)
    async def node_get_free_memory(self) -> UInt64:
        """Give the host's free memory, in bytes."""
        raise NoSupport

    @call(122, acl="connect:read", since="0.6.1", urgent=True)
    async def node_get_security_model(self) -> NodeGetSecurityModel:
        """Give the host's security model and its domain of interpretation."""
        raise NoSupport

    @call(158, acl="connect:read", since="0.7.5", urgent=True)
    async def compare_cpu(self, xml: str, flags: UInt32) -> Int32:
        """Compare a CPU given as XML with that of the host.

        The result is a virCPUCompareResult number: incompatible 0, identical 1, superset 2.
        """
        raise NoSupport

    @call(162, acl="connect:read", since="0.7.7")
    async def baseline_cpu(self, xml_cpus: Annotated[list[str], Max(256)], flags: UInt32) -> str:
        """Give the richest CPU that all the given CPUs can provide, as XML."""
        raise NoSupport

    @call(203, acl="connect:read", since="0.8.8", urgent=True)
    async def get_sysinfo(self, flags: UInt32) -> str:
        """Give the host's SMBIOS system information as XML."""
        raise NoSupport

    @call(227, acl="connect:read", since="0.9.3", urgent=True, form=Form.NPARAMS)
    async def node_get_cpu_stats(self, cpu_num: Int32, flags: UInt32) -> Annotated[dict[str, int], Stats(16)]:
        """Give the CPU times of the host, of one CPU or of all (-1).

        Kernel, user, idle and iowait are in nanoseconds.
        """
        raise NoSupport

    @call(228, acl="connect:read", since="0.9.3", urgent=True, extra="nparams:0", form=Form.NPARAMS)
    async def node_get_memory_stats(self, cell_num: Int32, flags: UInt32) -> Annotated[dict[str, int], Stats(16)]:
        """Give the memory figures of the host, of one NUMA cell or of all (-1), in KiB."""
        raise NoSupport

    @call(250, acl="connect:pm_control", since="0.9.8")
    async def node_suspend_for_duration(self, target: UInt32, duration: UInt64, flags: UInt32) -> None:
        """Put the host to sleep and wake it after the duration, in seconds.

        target chooses memory, disk or both.
        """
        raise NoSupport

    @call(288, acl="connect:write", since="0.10.2")
    async def node_set_memory_parameters(self, params: Annotated[ParamDict, Parameters(64)], flags: UInt32) -> None:
        """Change the host's memory sharing settings, those of KSM."""
        raise NoSupport

    @call(289, acl="connect:read", since="0.10.2", form=Form.NPARAMS)
    async def node_get_memory_parameters(self, flags: UInt32) -> Annotated[ParamDict, Parameters(64)]:
        """Give the host's memory sharing settings and counters, those of KSM.

        Counters are in pages, the pause between scans in milliseconds.
        """
        raise NoSupport

    @call(293, acl="connect:read", since="1.0.0", args=NodeGetCPUMapArgs, ret=NodeGetCPUMapRet, form=Form.SPECIAL)
    async def node_get_cpu_map(self, flags: UInt32) -> CPUMap:
        """Give how many CPUs the host has, how many are online and which.

        Bit n of the map, lowest bit of each byte first, stands for CPU n.
        """
        raise NoSupport

    @call(312, acl="connect:read", since="1.1.3", form=Form.NEED_RESULTS)
    async def get_cpu_model_names(self, arch: str, flags: UInt32) -> Annotated[list[str], Max(8192)]:
        """Give the names of the CPU models known for the architecture."""
        raise NoSupport

    @call(340, acl="connect:read", since="1.2.6", urgent=True)
    async def node_get_free_pages(
        self, pages: Annotated[list[UInt32], Max(1024)], start_cell: Int32, cell_count: UInt32, flags: UInt32
    ) -> Annotated[list[UInt64], Max(1024)]:
        """Give the free pages of each given size in each NUMA cell from startCell on.

        Sizes are in KiB; counts come cell by cell, in the order of the sizes.
        """
        raise NoSupport

    @call(347, acl="connect:write", since="1.2.9")
    async def node_alloc_pages(
        self,
        page_sizes: Annotated[list[UInt32], Max(1024)],
        page_counts: Annotated[list[UInt64], Max(1024)],
        start_cell: Int32,
        cell_count: UInt32,
        flags: UInt32,
    ) -> Int32:
        """Reserve or add huge pages on the host's NUMA cells and give how many nodes did.

        Sizes are in KiB; startCell -1 leaves the placement to the kernel.
        """
        raise NoSupport

    @call(395, acl="connect:read", since="4.5.0", form=Form.NPARAMS, read_only=False)
    async def node_get_sev_info(self, flags: UInt32) -> Annotated[ParamDict, Parameters(64)]:
        """Give what the host's AMD SEV offers: keys, certificates, bit places and guest limits.

        Keys and certificates are in base64.
        """
        raise NoSupport
