# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest from its definition to its end."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.catalogue import Api, Form, Perm, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import DomainRef
from virtbus.bus.types import (
    Fds,
    Flag,
    Int32,
    Max,
    ParamDict,
    Parameters,
    ParamList,
    UChar,
    UInt32,
    UInt64,
    UShort,
)


class DomainInfo(NamedTuple):
    """Hold what DomainGetInfo gives."""

    state: UChar
    max_mem: UInt64
    memory: UInt64
    nr_virt_cpu: UShort
    cpu_time: UInt64


class JobInfo(NamedTuple):
    """Hold what DomainGetJobInfo gives."""

    type: Int32
    time_elapsed: UInt64
    time_remaining: UInt64
    data_total: UInt64
    data_processed: UInt64
    data_remaining: UInt64
    mem_total: UInt64
    mem_processed: UInt64
    mem_remaining: UInt64
    file_total: UInt64
    file_processed: UInt64
    file_remaining: UInt64


class StateReason(NamedTuple):
    """Hold what DomainGetState gives."""

    state: Int32
    reason: Int32


class ControlInfo(NamedTuple):
    """Hold what DomainGetControlInfo gives."""

    state: UInt32
    details: UInt32
    state_time: UInt64


class JobStats(NamedTuple):
    """Hold what DomainGetJobStats gives."""

    type: Int32
    params: Annotated[ParamDict, Parameters(64)]


class DomainGetCPUStatsArgs(NamedTuple):
    """Give the wire arguments of DomainGetCPUStats, after the object."""

    nparams: UInt32
    start_cpu: Int32
    ncpus: UInt32
    flags: UInt32


class DomainGetCPUStatsRet(NamedTuple):
    """Give the wire results of DomainGetCPUStats."""

    params: Annotated[ParamList, Parameters(2048, repeats=True)]
    nparams: Int32


class DomainCreateWithFilesArgs(NamedTuple):
    """Give the wire arguments of DomainCreateWithFiles, after the object."""

    flags: UInt32


class DomainCreateWithFilesRet(NamedTuple):
    """Give the wire results of DomainCreateWithFiles."""

    dom: DomainRef


class CPUStats(NamedTuple):
    """Hold the counters of one processor of the host, or of all together."""

    params: Annotated[ParamDict, Parameters(16)]


class DomainLifecycle(Api):
    """A guest from its definition to its end."""

    @call(9, acl="domain:start", since="0.1.1")
    async def create(self) -> None:
        """Start the defined guest."""
        raise NoSupport

    @call(12, acl="domain:stop", since="0.0.3", urgent=True)
    async def destroy(self) -> None:
        """Stop the guest at once, as pulling the power plug would.

        A transient guest is gone afterwards.
        """
        raise NoSupport

    @call(
        14,
        acl=("domain:read", Perm("domain", "read_secure", when=1), Perm("domain", "read_secure", when=8)),
        since="0.0.3",
    )
    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the guest as XML.

        Flags choose live, stored or migratable form and whether passwords are shown.
        """
        raise NoSupport

    @call(15, acl="domain:read", since="0.2.1", urgent=True)
    async def get_autostart(self) -> Flag:
        """Say whether the guest starts along with the host."""
        raise NoSupport

    @call(16, acl="domain:read", since="0.0.3")
    async def get_info(self) -> DomainInfo:
        """Give the guest's state, memory, number of vCPUs and CPU time used.

        Memory is in KiB, CPU time in nanoseconds; the state is a virDomainState number.
        """
        raise NoSupport

    @call(19, acl="domain:read", since="0.0.3", urgent=True)
    async def get_os_type(self) -> str:
        """Give the kind of guest system, such as hvm or exe."""
        raise NoSupport

    @call(27, acl=("domain:init_control", Perm("domain", "write", when=2)), since="0.1.0")
    async def reboot(self, flags: UInt32) -> None:
        """Ask the guest to reboot.

        Flags choose the way: ACPI, guest agent, init or signal; the call does not wait for it.
        """
        raise NoSupport

    @call(28, acl="domain:suspend", since="0.0.3")
    async def resume(self) -> None:
        """Let the paused guest run again."""
        raise NoSupport

    @call(29, acl="domain:write", since="0.2.1", urgent=True)
    async def set_autostart(self, autostart: Flag) -> None:
        """Choose whether the guest starts along with the host."""
        raise NoSupport

    @call(33, acl="domain:init_control", since="0.0.3")
    async def shutdown(self) -> None:
        """Ask the guest to power off.

        The call does not wait; the guest may ignore it.
        """
        raise NoSupport

    @call(34, acl="domain:suspend", since="0.0.3")
    async def suspend(self) -> None:
        """Pause the guest; it keeps its memory but gets no CPU time."""
        raise NoSupport

    @call(35, acl="domain:delete", since="0.1.1", urgent=True)
    async def undefine(self) -> None:
        """Remove the guest's stored configuration.

        A running guest goes on as a transient one.
        """
        raise NoSupport

    @call(150, acl="domain:read", since="0.7.3", urgent=True)
    async def is_active(self) -> Flag:
        """Say whether the guest is running, paused included."""
        raise NoSupport

    @call(151, acl="domain:read", since="0.7.3", urgent=True)
    async def is_persistent(self) -> Flag:
        """Say whether the guest has a stored configuration."""
        raise NoSupport

    @call(163, acl="domain:read", since="0.7.7")
    async def get_job_info(self) -> JobInfo:
        """Give the progress of the job running on the guest.

        Times are in milliseconds, amounts in bytes; the type is a virDomainJobType number.
        """
        raise NoSupport

    @call(164, acl="domain:write", since="0.7.7")
    async def abort_job(self) -> None:
        """Call off the job running on the guest, such as a migration or dump."""
        raise NoSupport

    @call(196, acl="domain:start", since="0.8.2")
    async def create_with_flags(self, flags: UInt32) -> DomainRef:
        """Start the defined guest and give its reference with the new id.

        Flags choose paused start, automatic end, skipped managed save and so on.
        """
        raise NoSupport

    @call(202, acl="domain:read", since="0.8.6", urgent=True)
    async def is_updated(self) -> Flag:
        """Say whether the guest's stored configuration has changed since it was started."""
        raise NoSupport

    @call(212, acl="domain:read", since="0.9.2", urgent=True)
    async def get_state(self, flags: UInt32) -> StateReason:
        """Give the state and the reason for it.

        Both are numbers: virDomainState and the matching reason enumeration.
        """
        raise NoSupport

    @call(229, acl="domain:read", since="0.9.3", urgent=True)
    async def get_control_info(self, flags: UInt32) -> ControlInfo:
        """Give the state of the channel by which the guest is controlled.

        stateTime is how long it has been so, in milliseconds; details explain an error.
        """
        raise NoSupport

    @call(231, acl="domain:delete", since="0.9.4", urgent=True)
    async def undefine_flags(self, flags: UInt32) -> None:
        """Remove the guest's stored configuration, with or without what belongs to it.

        Flags choose managed save, snapshots, checkpoints, NVRAM and TPM state.
        """
        raise NoSupport

    @call(234, acl="domain:stop", since="0.9.4", urgent=True)
    async def destroy_flags(self, flags: UInt32) -> None:
        """Stop the guest at once; flags may let its data be flushed first."""
        raise NoSupport

    @call(245, acl="domain:reset", since="0.9.7")
    async def reset(self, flags: UInt32) -> None:
        """Reset the guest at once, as the button on a machine would."""
        raise NoSupport

    @call(258, acl=("domain:init_control", Perm("domain", "write", when=2)), since="0.9.10")
    async def shutdown_flags(self, flags: UInt32) -> None:
        """Ask the guest to power off in a chosen way.

        Flags choose ACPI, guest agent, init, signal or paravirtual; the call does not wait.
        """
        raise NoSupport

    @call(
        262, acl="domain:read", since="0.9.10", args=DomainGetCPUStatsArgs, ret=DomainGetCPUStatsRet, form=Form.SPECIAL
    )
    async def get_cpu_stats(
        self, start_cpu: Int32, ncpus: UInt32, flags: UInt32
    ) -> Annotated[list[CPUStats], Max(128)]:
        """Give the host CPU time that the guest used, per CPU or in total (-1).

        Times are in nanoseconds; ncpus 0 asks how many CPUs there are.
        """
        raise NoSupport

    @call(264, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="0.9.10")
    async def set_metadata(
        self, type: Int32, metadata: str | None, key: str | None, uri: str | None, flags: UInt32
    ) -> None:
        """Change the guest's title, description or an application's own XML.

        No value removes it; key and uri name the XML's namespace.
        """
        raise NoSupport

    @call(265, acl="domain:read", since="0.9.10")
    async def get_metadata(self, type: Int32, uri: str | None, flags: UInt32) -> str:
        """Give the guest's title, description or the XML stored under a namespace."""
        raise NoSupport

    @call(298, acl="domain:read", since="1.0.3")
    async def get_job_stats(self, flags: UInt32) -> JobStats:
        """Give the kind of job on the guest and its progress, as named values.

        Times are in milliseconds, amounts in bytes; flags may ask for the last finished job.
        """
        raise NoSupport

    @call(
        310,
        acl="domain:start",
        since="1.1.1",
        args=DomainCreateWithFilesArgs,
        ret=DomainCreateWithFilesRet,
        form=Form.SPECIAL,
        fds_in=True,
    )
    async def create_with_files(self, flags: UInt32, files: Fds) -> DomainRef:
        """Start the defined guest and hand it the caller's open files.

        Only container guests take them; gives the reference with the new id.
        """
        raise NoSupport

    @call(358, acl="domain:write domain:save", since="1.2.19")
    async def rename(self, new_name: str | None, flags: UInt32) -> Int32:
        """Give the inactive guest a new name."""
        raise NoSupport

    @call(390, acl="domain:write", since="3.9.0", read_only=True)
    async def set_lifecycle_action(self, type: UInt32, action: UInt32, flags: UInt32) -> None:
        """Choose what happens when the guest powers off, reboots or crashes.

        Both are numbers: virDomainLifecycle and virDomainLifecycleAction.
        """
        raise NoSupport

    @call(426, acl="domain:read", since="7.1.0")
    async def get_messages(self, flags: UInt32) -> Annotated[list[str], Max(2048)]:
        """Give the warnings kept about the guest, on tainting and deprecated settings."""
        raise NoSupport

    @call(427, acl="domain:write", since="7.2.0")
    async def start_dirty_rate_calc(self, seconds: Int32, flags: UInt32) -> None:
        """Begin to measure how fast the guest dirties its memory, for 1 to 60 seconds.

        The domain statistics give the result, in MiB/s.
        """
        raise NoSupport

    @call(442, acl="domain:write", since="8.5.0")
    async def abort_job_flags(self, flags: UInt32) -> None:
        """Call off the job running on the guest; a flag does so to a post-copy migration."""
        raise NoSupport

    @call(449, acl="domain:read", since="11.2.0", urgent=True)
    async def get_autostart_once(self) -> Flag:
        """Say whether the guest starts along with the host the next time only."""
        raise NoSupport

    @call(450, acl="domain:write", since="11.2.0", urgent=True)
    async def set_autostart_once(self, autostart: Flag) -> None:
        """Choose whether the guest starts along with the host the next time only."""
        raise NoSupport
