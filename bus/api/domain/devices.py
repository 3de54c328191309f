# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices of a guest and block jobs on its disks."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.catalogue import Api, Form, Perm, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.types import Blob, Int32, Int64, Max, ParamDict, Parameters, UInt32, UInt64


class DiskError(NamedTuple):
    """Hold a disk with an I/O error, and which (virDomainDiskErrorCode)."""

    disk: str
    error: Int32


class BlockStats(NamedTuple):
    """Hold what DomainBlockStats gives."""

    rd_req: Int64
    rd_bytes: Int64
    wr_req: Int64
    wr_bytes: Int64
    errs: Int64


class InterfaceStats(NamedTuple):
    """Hold what DomainInterfaceStats gives."""

    rx_bytes: Int64
    rx_packets: Int64
    rx_errs: Int64
    rx_drop: Int64
    tx_bytes: Int64
    tx_packets: Int64
    tx_errs: Int64
    tx_drop: Int64


class BlockInfo(NamedTuple):
    """Hold what DomainGetBlockInfo gives."""

    allocation: UInt64
    capacity: UInt64
    physical: UInt64


class DomainGetBlockJobInfoArgs(NamedTuple):
    """Give the wire arguments of DomainGetBlockJobInfo, after the object."""

    path: str
    flags: UInt32


class DomainGetBlockJobInfoRet(NamedTuple):
    """Give the wire results of DomainGetBlockJobInfo."""

    found: Int32
    type: Int32
    bandwidth: UInt64
    cur: UInt64
    end: UInt64


class DomainGetDiskErrorsArgs(NamedTuple):
    """Give the wire arguments of DomainGetDiskErrors, after the object."""

    maxerrors: UInt32
    flags: UInt32


class DomainGetDiskErrorsRet(NamedTuple):
    """Give the wire results of DomainGetDiskErrors."""

    errors: Annotated[list[DiskError], Max(256)]
    nerrors: Int32


class BlockJobInfo(NamedTuple):
    """Hold a block job's kind, speed limit and progress."""

    type: Int32
    bandwidth: UInt64
    cur: UInt64
    end: UInt64


class DomainDevices(Api):
    """Devices of a guest and block jobs on its disks."""

    @call(8, acl="domain:write", since="0.1.9")
    async def attach_device(self, xml: str) -> None:
        """Plug the device that the XML describes into the running guest."""
        raise NoSupport

    @call(13, acl="domain:write", since="0.1.9")
    async def detach_device(self, xml: str) -> None:
        """Unplug the device that the XML matches from the running guest.

        The guest may have to consent; the device-removed event tells when it is gone.
        """
        raise NoSupport

    @call(64, acl="domain:read", since="0.3.2")
    async def block_stats(self, path: str) -> BlockStats:
        """Give the I/O counters of one disk of the guest.

        Requests and bytes read and written, and errors; -1 stands for unknown.
        """
        raise NoSupport

    @call(65, acl="domain:read", since="0.3.2", urgent=True)
    async def interface_stats(self, device: str) -> InterfaceStats:
        """Give the traffic counters of one network interface of the guest.

        Bytes, packets, errors and drops each way; -1 stands for unknown.
        """
        raise NoSupport

    @call(103, acl="domain:block_read", since="0.4.2")
    async def block_peek(
        self, path: str, offset: UInt64, size: UInt32, flags: UInt32
    ) -> Annotated[bytes, Blob(4194304)]:
        """Read bytes of one disk of the guest.

        Offset and size are in bytes.
        """
        raise NoSupport

    @call(104, acl="domain:mem_read", since="0.4.2")
    async def memory_peek(self, offset: UInt64, size: UInt32, flags: UInt32) -> Annotated[bytes, Blob(4194304)]:
        """Read bytes of the running guest's memory.

        Offset and size are in bytes; flags choose virtual or physical addresses.
        """
        raise NoSupport

    @call(160, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="0.7.7")
    async def attach_device_flags(self, xml: str, flags: UInt32) -> None:
        """Add the device in the XML to the guest, live, stored or both.

        Flags choose which configuration changes.
        """
        raise NoSupport

    @call(161, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="0.7.7")
    async def detach_device_flags(self, xml: str, flags: UInt32) -> None:
        """Take the device in the XML from the guest, live, stored or both.

        A live removal may end later; the device-removed event tells when.
        """
        raise NoSupport

    @call(174, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="0.8.0")
    async def update_device_flags(self, xml: str, flags: UInt32) -> None:
        """Change a device of the guest to what the XML says, live, stored or both.

        Only what the hypervisor can alter in place may differ.
        """
        raise NoSupport

    @call(194, acl="domain:read", since="0.8.1")
    async def get_block_info(self, path: str, flags: UInt32) -> BlockInfo:
        """Give the allocation, capacity and physical size of a disk of the guest, in bytes."""
        raise NoSupport

    @call(237, acl="domain:write", since="0.9.4")
    async def block_job_abort(self, path: str, flags: UInt32) -> None:
        """End the block job on a disk, or switch the disk over to the copy.

        Flags choose the switch and whether to wait for the end.
        """
        raise NoSupport

    @call(
        238,
        acl="domain:read",
        since="0.9.4",
        args=DomainGetBlockJobInfoArgs,
        ret=DomainGetBlockJobInfoRet,
        form=Form.SPECIAL,
    )
    async def get_block_job_info(self, path: str, flags: UInt32) -> Annotated[list[BlockJobInfo], Max(1)]:
        """Give the progress of the block job on a disk; found is 0 if there is none.

        Bandwidth is in MiB/s, bytes/s by flag; cur and end have no unit but their ratio.
        """
        raise NoSupport

    @call(239, acl="domain:write", since="0.9.4")
    async def block_job_set_speed(self, path: str, bandwidth: UInt64, flags: UInt32) -> None:
        """Set the bandwidth of the block job on a disk, in MiB/s, or bytes/s by flag."""
        raise NoSupport

    @call(240, acl="domain:block_write", since="0.9.4")
    async def block_pull(self, path: str, bandwidth: UInt64, flags: UInt32) -> None:
        """Begin to pull a disk's backing data into its top image.

        Bandwidth is in MiB/s, bytes/s by flag, 0 for no limit.
        """
        raise NoSupport

    @call(243, acl="domain:read", since="0.9.5", form=Form.NPARAMS)
    async def block_stats_flags(self, path: str, flags: UInt32) -> Annotated[ParamDict, Parameters(16)]:
        """Give the I/O counters of one disk of the guest, as named values.

        Bytes, requests, errors and total times in nanoseconds.
        """
        raise NoSupport

    @call(251, acl="domain:block_write", since="0.9.8")
    async def block_resize(self, disk: str, size: UInt64, flags: UInt32) -> None:
        """Change the size of a disk of the running guest, in KiB, or bytes by flag."""
        raise NoSupport

    @call(
        252,
        acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)),
        since="0.9.8",
        name="DomainSetBlockIoTune",
    )
    async def set_block_io_tune(self, disk: str, params: Annotated[ParamDict, Parameters(32)], flags: UInt32) -> None:
        """Change the throttling of one disk of the guest.

        Values are in bytes or operations per second, burst lengths in seconds.
        """
        raise NoSupport

    @call(253, acl="domain:read", since="0.9.8", form=Form.NPARAMS, name="DomainGetBlockIoTune")
    async def get_block_io_tune(self, disk: str | None, flags: UInt32) -> Annotated[ParamDict, Parameters(32)]:
        """Give the throttling of one disk of the guest.

        Values are in bytes or operations per second, burst lengths in seconds.
        """
        raise NoSupport

    @call(256, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="0.9.9")
    async def set_interface_parameters(
        self, device: str, params: Annotated[ParamDict, Parameters(16)], flags: UInt32
    ) -> None:
        """Change the bandwidth limits of one network interface of the guest.

        Average, peak and floor are in KiB/s, burst in KiB.
        """
        raise NoSupport

    @call(257, acl="domain:read", since="0.9.9", form=Form.NPARAMS)
    async def get_interface_parameters(self, device: str, flags: UInt32) -> Annotated[ParamDict, Parameters(16)]:
        """Give the bandwidth limits of one network interface of the guest.

        Average, peak and floor are in KiB/s, burst in KiB.
        """
        raise NoSupport

    @call(
        263,
        acl="domain:read",
        since="0.9.10",
        args=DomainGetDiskErrorsArgs,
        ret=DomainGetDiskErrorsRet,
        form=Form.SPECIAL,
    )
    async def get_disk_errors(self, flags: UInt32) -> Annotated[list[DiskError], Max(256)]:
        """Give the disks of the guest that have failed, each with its error as a number."""
        raise NoSupport

    @call(266, acl="domain:block_write", since="0.9.10")
    async def block_rebase(self, path: str, base: str | None, bandwidth: UInt64, flags: UInt32) -> None:
        """Begin to pull a disk's data down to a base image, or to copy it by flag.

        Bandwidth is in MiB/s, bytes/s by flag, 0 for no limit.
        """
        raise NoSupport

    @call(290, acl="domain:block_write", since="0.10.2")
    async def block_commit(
        self, disk: str, base: str | None, top: str | None, bandwidth: UInt64, flags: UInt32
    ) -> None:
        """Begin to merge a disk's images from top down into base.

        Bandwidth is in MiB/s, bytes/s by flag, 0 for no limit; no name means either end.
        """
        raise NoSupport

    @call(345, acl="domain:block_write", since="1.2.8")
    async def block_copy(
        self, path: str, destxml: str, params: Annotated[ParamDict, Parameters(16)], flags: UInt32
    ) -> None:
        """Begin to copy a disk's data to the target in the XML and keep it in step.

        Values: bandwidth in bytes/s, granularity and buffer size in bytes.
        """
        raise NoSupport

    @call(386, acl="domain:write", since="3.1.0")
    async def set_block_threshold(self, dev: str, threshold: UInt64, flags: UInt32) -> None:
        """Ask for one event when a disk image is written beyond so many bytes; 0 ends it."""
        raise NoSupport

    @call(392, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="4.4.0")
    async def detach_device_alias(self, alias: str, flags: UInt32) -> None:
        """Take the device that has this alias from the guest, live, stored or both.

        A live removal ends later; the device-removed event tells when.
        """
        raise NoSupport

    @call(451, acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)), since="11.2.0")
    async def set_throttle_group(self, group: str, params: Annotated[ParamDict, Parameters(32)], flags: UInt32) -> None:
        """Make or change a throttle group that several disks of the guest share.

        Values are in bytes or operations per second, burst lengths in seconds.
        """
        raise NoSupport

    @call(
        452,
        acl=("domain:write", Perm("domain", "save", unless=3), Perm("domain", "save", when=2)),
        since="11.2.0",
        read_only=True,
    )
    async def del_throttle_group(self, group: str | None, flags: UInt32) -> None:
        """Remove a throttle group that no disk of the guest uses."""
        raise NoSupport

    @call(456, acl="domain:write", since="12.5.0")
    async def announce_interface(
        self, device: str | None, params: Annotated[ParamDict, Parameters(0)], flags: UInt32
    ) -> None:
        """Have the guest's network interface, or all of them, announced to the network again.

        No name means all of them; named values tune how it is done.
        """
        raise NoSupport
