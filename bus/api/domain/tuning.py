# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processors, memory and other resources of a guest."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.catalogue import Api, Form, Perm, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.types import Blob, CharArray, CpuMap, Int32, Max, ParamDict, Parameters, UInt32, UInt64


class MemoryStat(NamedTuple):
    """Hold one memory statistic: virDomainMemoryStatTags and its value, mostly KiB."""

    tag: Int32
    val: UInt64


class IOThreadInfo(NamedTuple):
    """Hold an IOThread and the host processors it may use."""

    iothread_id: UInt32
    cpumap: Annotated[bytes, Blob(2048)]


class SecurityLabel(NamedTuple):
    """Hold what DomainGetSecurityLabel gives."""

    label: Annotated[str, CharArray(4097)]
    enforcing: Int32


class DomainGetVcpusArgs(NamedTuple):
    """Give the wire arguments of DomainGetVcpus, after the object."""

    maxinfo: Int32
    maplen: Int32


class VcpuInfo(NamedTuple):
    """Hold how a virtual processor does: its number, virVcpuState, time in nanoseconds, and the host processor."""

    number: UInt32
    state: Int32
    cpu_time: UInt64
    cpu: Int32


class DomainGetVcpusRet(NamedTuple):
    """Give the wire results of DomainGetVcpus."""

    info: Annotated[list[VcpuInfo], Max(16384)]
    cpumaps: Annotated[bytes, Blob(8388608)]


class DomainGetSchedulerTypeArgs(NamedTuple):
    """Give the wire arguments of DomainGetSchedulerType, after the object."""


class DomainGetSchedulerTypeRet(NamedTuple):
    """Give the wire results of DomainGetSchedulerType."""

    type: str
    nparams: Int32


class DomainGetSchedulerParametersArgs(NamedTuple):
    """Give the wire arguments of DomainGetSchedulerParameters, after the object."""

    nparams: Int32


class DomainGetSchedulerParametersRet(NamedTuple):
    """Give the wire results of DomainGetSchedulerParameters."""

    params: Annotated[ParamDict, Parameters(16)]


class DomainMemoryStatsArgs(NamedTuple):
    """Give the wire arguments of DomainMemoryStats, after the object."""

    max_stats: UInt32
    flags: UInt32


class DomainMemoryStatsRet(NamedTuple):
    """Give the wire results of DomainMemoryStats."""

    stats: Annotated[list[MemoryStat], Max(1024)]


class DomainGetSchedulerParametersFlagsArgs(NamedTuple):
    """Give the wire arguments of DomainGetSchedulerParametersFlags, after the object."""

    nparams: Int32
    flags: UInt32


class DomainGetSchedulerParametersFlagsRet(NamedTuple):
    """Give the wire results of DomainGetSchedulerParametersFlags."""

    params: Annotated[ParamDict, Parameters(16)]


class DomainGetVcpuPinInfoArgs(NamedTuple):
    """Give the wire arguments of DomainGetVcpuPinInfo, after the object."""

    ncpumaps: Int32
    maplen: Int32
    flags: UInt32


class DomainGetVcpuPinInfoRet(NamedTuple):
    """Give the wire results of DomainGetVcpuPinInfo."""

    cpumaps: Annotated[bytes, Blob(8388608)]
    num: Int32


class DomainGetSecurityLabelListArgs(NamedTuple):
    """Give the wire arguments of DomainGetSecurityLabelList, after the object."""


class DomainGetSecurityLabelListRet(NamedTuple):
    """Give the wire results of DomainGetSecurityLabelList."""

    labels: Annotated[list[SecurityLabel], Max(64)]
    ret: Int32


class DomainGetEmulatorPinInfoArgs(NamedTuple):
    """Give the wire arguments of DomainGetEmulatorPinInfo, after the object."""

    maplen: Int32
    flags: UInt32


class DomainGetEmulatorPinInfoRet(NamedTuple):
    """Give the wire results of DomainGetEmulatorPinInfo."""

    cpumaps: Annotated[bytes, Blob(8388608)]
    ret: Int32


class DomainGetIOThreadInfoArgs(NamedTuple):
    """Give the wire arguments of DomainGetIOThreadInfo, after the object."""

    flags: UInt32


class DomainGetIOThreadInfoRet(NamedTuple):
    """Give the wire results of DomainGetIOThreadInfo."""

    info: Annotated[list[IOThreadInfo], Max(16384)]
    ret: UInt32


class VcpuPlace(NamedTuple):
    """Hold where a virtual processor runs, and where it may."""

    number: UInt32
    state: Int32
    cpu_time: UInt64
    cpu: Int32
    cpumap: CpuMap


class SchedulerType(NamedTuple):
    """Hold the scheduler's name and how many parameters it has."""

    type: str
    nparams: Int32


class DomainTuning(Api):
    """Processors, memory and other resources of a guest."""

    @call(17, acl="domain:read", since="0.0.3", urgent=True)
    async def get_max_memory(self) -> UInt64:
        """Give the most memory that the guest may be given, in KiB."""
        raise NoSupport

    @call(18, acl="domain:read", since="0.2.1", urgent=True)
    async def get_max_vcpus(self) -> Int32:
        """Give the most virtual CPUs that the guest may have."""
        raise NoSupport

    @call(
        20,
        acl="domain:read",
        since="0.1.4",
        urgent=True,
        args=DomainGetVcpusArgs,
        ret=DomainGetVcpusRet,
        form=Form.SPECIAL,
    )
    async def get_vcpus(self) -> Annotated[list[VcpuPlace], Max(16384)]:
        """Give each vCPU's number, state, CPU time and host CPU, with its affinity map.

        CPU time is in nanoseconds; the maps are bit strings of maplen bytes each, one after another.
        """
        raise NoSupport

    @call(26, acl="domain:write", since="0.1.4")
    async def pin_vcpu(self, vcpu: UInt32, cpumap: Annotated[bytes, Blob(2048)]) -> None:
        """Let one vCPU of the running guest run only on the host CPUs set in the map.

        Bit n of the map, lowest bit of each byte first, stands for host CPU n.
        """
        raise NoSupport

    @call(30, acl="domain:write", since="0.0.3", urgent=True)
    async def set_max_memory(self, memory: UInt64) -> None:
        """Set the most memory that the guest may be given, in KiB."""
        raise NoSupport

    @call(31, acl="domain:write", since="0.1.1")
    async def set_memory(self, memory: UInt64) -> None:
        """Set the memory that the running guest should use, in KiB.

        The balloon reaches the value only as far as the guest follows.
        """
        raise NoSupport

    @call(32, acl="domain:write", since="0.1.4")
    async def set_vcpus(self, nvcpus: UInt32) -> None:
        """Set the number of virtual CPUs of the running guest."""
        raise NoSupport

    @call(
        56,
        acl="domain:read",
        since="0.2.3",
        args=DomainGetSchedulerTypeArgs,
        ret=DomainGetSchedulerTypeRet,
        form=Form.SPECIAL,
    )
    async def get_scheduler_type(self) -> SchedulerType:
        """Give the name of the CPU scheduler and how many parameters it has."""
        raise NoSupport

    @call(
        57,
        acl="domain:read",
        since="0.2.3",
        args=DomainGetSchedulerParametersArgs,
        ret=DomainGetSchedulerParametersRet,
        form=Form.SPECIAL,
    )
    async def get_scheduler_parameters(self) -> Annotated[ParamDict, Parameters(16)]:
        """Give the CPU scheduler's settings for the guest.

        Periods and quotas are in microseconds.
        """
        raise NoSupport

    @call(58, acl="domain:read", since="0.2.3", read_only=False)
    async def set_scheduler_parameters(self, params: Annotated[ParamDict, Parameters(16)]) -> None:
        """Change the CPU scheduler's settings for the guest.

        Periods and quotas are in microseconds.
        """
        raise NoSupport

    @call(121, acl="domain:read", since="0.6.1", urgent=True)
    async def get_security_label(self) -> SecurityLabel:
        """Give the running guest's security label and whether it is enforced."""
        raise NoSupport

    @call(
        159, acl="domain:read", since="0.7.5", args=DomainMemoryStatsArgs, ret=DomainMemoryStatsRet, form=Form.SPECIAL
    )
    async def memory_stats(self, flags: UInt32) -> Annotated[list[MemoryStat], Max(1024)]:
        """Give the guest's memory statistics as pairs of tag and value.

        Amounts are in KiB, faults are counts, the last update is in seconds since 1970.
        """
        raise NoSupport

    @call(197, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="0.8.5")
    async def set_memory_parameters(self, params: Annotated[ParamDict, Parameters(16)], flags: UInt32) -> None:
        """Change the guest's memory limits.

        Values are in KiB.
        """
        raise NoSupport

    @call(198, acl="domain:read", since="0.8.5", form=Form.NPARAMS)
    async def get_memory_parameters(self, flags: UInt32) -> Annotated[ParamDict, Parameters(16)]:
        """Give the guest's memory limits.

        Values are in KiB.
        """
        raise NoSupport

    @call(
        199,
        acl=(
            "domain:write",
            Perm("domain", "save", unless=3),
            Perm("domain", "save", when=2),
            Perm("domain", "write", when=8),
        ),
        since="0.8.5",
    )
    async def set_vcpus_flags(self, nvcpus: UInt32, flags: UInt32) -> None:
        """Set the guest's number of virtual CPUs, live, stored, maximum or by the guest agent."""
        raise NoSupport

    @call(200, acl=("domain:read", Perm("domain", "write", when=8)), since="0.8.5")
    async def get_vcpus_flags(self, flags: UInt32) -> Int32:
        """Give the guest's number of virtual CPUs, live, stored, maximum or as the guest agent tells."""
        raise NoSupport

    @call(204, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="0.9.0")
    async def set_memory_flags(self, memory: UInt64, flags: UInt32) -> None:
        """Set the guest's memory, live, stored or as the maximum, in KiB."""
        raise NoSupport

    @call(205, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="0.9.0")
    async def set_blkio_parameters(self, params: Annotated[ParamDict, Parameters(16)], flags: UInt32) -> None:
        """Change the guest's block I/O weights and limits.

        Device limits are in bytes or operations per second.
        """
        raise NoSupport

    @call(206, acl="domain:read", since="0.9.0", form=Form.NPARAMS)
    async def get_blkio_parameters(self, flags: UInt32) -> Annotated[ParamDict, Parameters(16)]:
        """Give the guest's block I/O weights and limits.

        Device limits are in bytes or operations per second.
        """
        raise NoSupport

    @call(219, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="0.9.2")
    async def set_scheduler_parameters_flags(self, params: Annotated[ParamDict, Parameters(16)], flags: UInt32) -> None:
        """Change the CPU scheduler's settings for the guest, live, stored or both.

        Periods and quotas are in microseconds.
        """
        raise NoSupport

    @call(
        223,
        acl="domain:read",
        since="0.9.2",
        args=DomainGetSchedulerParametersFlagsArgs,
        ret=DomainGetSchedulerParametersFlagsRet,
        form=Form.SPECIAL,
    )
    async def get_scheduler_parameters_flags(self, flags: UInt32) -> Annotated[ParamDict, Parameters(16)]:
        """Give the CPU scheduler's settings for the guest, live or stored.

        Periods and quotas are in microseconds.
        """
        raise NoSupport

    @call(225, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="0.9.3")
    async def pin_vcpu_flags(self, vcpu: UInt32, cpumap: Annotated[bytes, Blob(2048)], flags: UInt32) -> None:
        """Let one vCPU run only on the host CPUs set in the map, live, stored or both.

        Bit n of the map, lowest bit of each byte first, stands for host CPU n.
        """
        raise NoSupport

    @call(
        230,
        acl="domain:read",
        since="0.9.3",
        args=DomainGetVcpuPinInfoArgs,
        ret=DomainGetVcpuPinInfoRet,
        form=Form.SPECIAL,
    )
    async def get_vcpu_pin_info(self, flags: UInt32) -> Annotated[list[CpuMap], Max(16384)]:
        """Give the host CPUs on which each vCPU may run.

        The maps are bit strings of maplen bytes each, one after another.
        """
        raise NoSupport

    @call(254, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="0.9.9")
    async def set_numa_parameters(self, params: Annotated[ParamDict, Parameters(16)], flags: UInt32) -> None:
        """Change the guest's NUMA memory policy: mode and set of host nodes."""
        raise NoSupport

    @call(255, acl="domain:read", since="0.9.9", form=Form.NPARAMS)
    async def get_numa_parameters(self, flags: UInt32) -> Annotated[ParamDict, Parameters(16)]:
        """Give the guest's NUMA memory policy: mode and set of host nodes."""
        raise NoSupport

    @call(
        278,
        acl="domain:read",
        since="0.10.0",
        urgent=True,
        args=DomainGetSecurityLabelListArgs,
        ret=DomainGetSecurityLabelListRet,
        form=Form.SPECIAL,
    )
    async def get_security_label_list(self) -> Annotated[list[SecurityLabel], Max(64)]:
        """Give the guest's label under each security model and whether it is enforced."""
        raise NoSupport

    @call(279, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="0.10.0")
    async def pin_emulator(self, cpumap: Annotated[bytes, Blob(2048)], flags: UInt32) -> None:
        """Let the emulator's threads run only on the host CPUs set in the map.

        Bit n of the map, lowest bit of each byte first, stands for host CPU n.
        """
        raise NoSupport

    @call(
        280,
        acl="domain:read",
        since="0.10.0",
        args=DomainGetEmulatorPinInfoArgs,
        ret=DomainGetEmulatorPinInfoRet,
        form=Form.SPECIAL,
    )
    async def get_emulator_pin_info(self, flags: UInt32) -> CpuMap:
        """Give the map of host CPUs on which the emulator's threads may run."""
        raise NoSupport

    @call(308, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="1.1.1")
    async def set_memory_stats_period(self, period: Int32, flags: UInt32) -> None:
        """Set how often the balloon collects the guest's figures, in seconds; 0 ends it."""
        raise NoSupport

    @call(
        351,
        acl="domain:read",
        since="1.2.14",
        args=DomainGetIOThreadInfoArgs,
        ret=DomainGetIOThreadInfoRet,
        form=Form.SPECIAL,
    )
    async def get_iothread_info(self, flags: UInt32) -> Annotated[list[IOThreadInfo], Max(16384)]:
        """Give the guest's I/O threads, each with its id and the host CPUs it may use."""
        raise NoSupport

    @call(352, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="1.2.14")
    async def pin_iothread(self, iothreads_id: UInt32, cpumap: Annotated[bytes, Blob(2048)], flags: UInt32) -> None:
        """Let one I/O thread run only on the host CPUs set in the map, live, stored or both.

        Bit n of the map, lowest bit of each byte first, stands for host CPU n.
        """
        raise NoSupport

    @call(355, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="1.2.15")
    async def add_iothread(self, iothread_id: UInt32, flags: UInt32) -> None:
        """Add an I/O thread with this id to the guest, live, stored or both."""
        raise NoSupport

    @call(356, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="1.2.15")
    async def del_iothread(self, iothread_id: UInt32, flags: UInt32) -> None:
        """Remove the I/O thread with this id from the guest, live, stored or both."""
        raise NoSupport

    @call(365, acl="domain:read", since="1.3.3")
    async def get_perf_events(self, flags: UInt32) -> Annotated[ParamDict, Parameters(64)]:
        """Say for each performance event whether it is measured for the guest."""
        raise NoSupport

    @call(366, acl="domain:write", since="1.3.3", read_only=True)
    async def set_perf_events(self, params: Annotated[ParamDict, Parameters(64)], flags: UInt32) -> None:
        """Choose which performance events are measured for the guest."""
        raise NoSupport

    @call(384, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="3.1.0")
    async def set_vcpu(self, cpumap: str, state: Int32, flags: UInt32) -> None:
        """Plug in (1) or unplug (0) the given vCPUs of the guest, live or stored.

        The set is text such as 0-3,8.
        """
        raise NoSupport

    @call(402, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="4.10.0")
    async def set_iothread_params(
        self, iothread_id: UInt32, params: Annotated[ParamDict, Parameters(64)], flags: UInt32
    ) -> None:
        """Change the polling and pool sizes of one I/O thread of the guest.

        The longest poll is in nanoseconds.
        """
        raise NoSupport
