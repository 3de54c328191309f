# SPDX-License-Identifier: LGPL-2.1-or-later
"""The events of guests."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.catalogue import Api, event
from virtbus.bus.refs import DomainRef
from virtbus.bus.types import Int32, Int64, Max, ParamDict, Parameters, UInt32, UInt64


class GraphicsAddress(NamedTuple):
    """Hold one end of a graphics connection."""

    family: Int32
    node: str
    service: str


class GraphicsIdentity(NamedTuple):
    """Hold one name by which a graphics client was authenticated."""

    type: str
    name: str


class DomainEvents(Api):
    """What guests tell of themselves; every event names its guest first."""

    @event(0, callback=318, legacy=107, since="0.8.0", acl="domain:getattr", wrapped=True)
    def domain_event_lifecycle(self, dom: DomainRef, event: Int32, detail: Int32) -> None:
        """Tell that the guest was defined, started, stopped or otherwise changed its state.

        event and detail are numbers: virDomainEventType and the detail enumeration that goes with it.
        """

    @event(1, callback=319, legacy=169, since="0.8.0", acl="domain:getattr", wrapped=True)
    def domain_event_reboot(self, dom: DomainRef) -> None:
        """Tell that the guest rebooted, of its own accord or because it was asked to."""

    @event(2, callback=320, legacy=170, since="0.8.0", acl="domain:getattr", wrapped=True)
    def domain_event_rtc_change(self, dom: DomainRef, offset: Int64) -> None:
        """Tell that the guest set its hardware clock.

        offset is how far the clock now is from its base, UTC as a rule, in seconds.
        """

    @event(3, callback=321, legacy=171, since="0.8.0", acl="domain:getattr", wrapped=True)
    def domain_event_watchdog(self, dom: DomainRef, action: Int32) -> None:
        """Tell that the guest's watchdog ran out.

        action is what was done about it, a virDomainEventWatchdogAction number.
        """

    @event(4, callback=322, legacy=172, since="0.8.0", acl="domain:getattr", wrapped=True)
    def domain_event_io_error(self, dom: DomainRef, src_path: str, dev_alias: str, action: Int32) -> None:
        """Tell that an I/O error occurred on a disk of the guest.

        action is what was done about it, a virDomainEventIOErrorAction number.
        """

    @event(5, callback=323, legacy=173, since="0.8.0", acl="domain:getattr", wrapped=True)
    def domain_event_graphics(
        self,
        dom: DomainRef,
        phase: Int32,
        local: GraphicsAddress,
        remote: GraphicsAddress,
        auth_scheme: str,
        subject: Annotated[list[GraphicsIdentity], Max(20)],
    ) -> None:
        """Tell that a client connected to, logged in to or left the guest's graphics server.

        phase is a virDomainEventGraphicsPhase number; both addresses and the client's identities come along.
        """

    @event(6, callback=324, legacy=195, since="0.8.1", acl="domain:getattr", wrapped=True)
    def domain_event_io_error_reason(
        self, dom: DomainRef, src_path: str, dev_alias: str, action: Int32, reason: str
    ) -> None:
        """Tell that an I/O error occurred on a disk of the guest, and why.

        action is a virDomainEventIOErrorAction number; reason is text such as enospc, or empty.
        """

    @event(7, callback=325, legacy=224, since="0.9.2", acl="domain:getattr", wrapped=True)
    def domain_event_control_error(self, dom: DomainRef) -> None:
        """Tell that the daemon lost control of the guest, though it may still be running."""

    @event(8, callback=326, legacy=241, since="0.9.4", acl="domain:getattr", wrapped=True)
    def domain_event_block_job(self, dom: DomainRef, path: str, type: Int32, status: Int32) -> None:
        """Tell that a block job on a disk is ready, ended, failed or was called off.

        The disk is named by its source; type and status are virDomainBlockJobType and its status numbers.
        """

    @event(9, callback=327, legacy=248, since="0.9.7", acl="domain:getattr", wrapped=True)
    def domain_event_disk_change(
        self, dom: DomainRef, old_src_path: str | None, new_src_path: str | None, dev_alias: str, reason: Int32
    ) -> None:
        """Tell that the source of a removable disk was changed or dropped.

        reason is a virDomainEventDiskChangeReason number.
        """

    @event(10, callback=328, legacy=268, since="0.9.11", acl="domain:getattr", wrapped=True)
    def domain_event_tray_change(self, dom: DomainRef, dev_alias: str, reason: Int32) -> None:
        """Tell that the tray of a removable disk was opened or closed.

        reason is a virDomainEventTrayChangeReason number: opened 0, closed 1.
        """

    @event(11, callback=329, legacy=269, since="0.9.11", acl="domain:getattr", wrapped=True, reason=True)
    def domain_event_pmwakeup(self, dom: DomainRef, reason: Int32) -> None:
        """Tell that the guest woke from its sleep.

        reason has no meaning yet.
        """

    @event(12, callback=330, legacy=270, since="0.9.11", acl="domain:getattr", wrapped=True, reason=True)
    def domain_event_pmsuspend(self, dom: DomainRef, reason: Int32) -> None:
        """Tell that the guest put itself to sleep in memory.

        reason has no meaning yet.
        """

    @event(13, callback=331, legacy=276, since="0.10.0", acl="domain:getattr", wrapped=True)
    def domain_event_balloon_change(self, dom: DomainRef, actual: UInt64) -> None:
        """Tell that the guest's balloon changed, and the memory it now has, in KiB."""

    @event(14, callback=332, legacy=292, since="1.0.0", acl="domain:getattr", wrapped=True, reason=True)
    def domain_event_pmsuspend_disk(self, dom: DomainRef, reason: Int32) -> None:
        """Tell that the guest put itself to sleep on disk.

        reason has no meaning yet.
        """

    @event(15, callback=333, legacy=311, since="1.1.1", acl="domain:getattr", wrapped=True)
    def domain_event_device_removed(self, dom: DomainRef, dev_alias: str) -> None:
        """Tell that a device is gone from the guest, and its alias."""

    @event(16, callback=339, since="1.2.6", acl="domain:getattr")
    def domain_event_block_job_2(self, dom: DomainRef, dst: str, type: Int32, status: Int32) -> None:
        """Tell that a block job on a disk is ready, ended, failed or was called off.

        The disk is named by its target, such as vda; type and status are numbers as in the first form.
        """

    @event(17, callback=346, since="1.2.9", acl="domain:getattr")
    def domain_event_tunable(self, dom: DomainRef, params: Annotated[ParamDict, Parameters(2048)]) -> None:
        """Tell that a setting of the guest was changed, as named values.

        The names tell the group, such as cputune.vcpupin0 or blkdeviotune.disk.
        """

    @event(18, callback=348, since="1.2.11", acl="domain:getattr")
    def domain_event_agent_lifecycle(self, dom: DomainRef, state: Int32, reason: Int32) -> None:
        """Tell that the guest's agent connected or went away.

        Both are numbers: state and reason of virConnectDomainEventAgentLifecycle.
        """

    @event(19, callback=354, since="1.2.15", acl="domain:getattr")
    def domain_event_device_added(self, dom: DomainRef, dev_alias: str) -> None:
        """Tell that a device was plugged into the guest, and its alias."""

    @event(20, callback=359, since="1.3.2", acl="domain:getattr")
    def domain_event_migration_iteration(self, dom: DomainRef, iteration: Int32) -> None:
        """Tell that a live migration began another pass over the guest's memory, and which."""

    @event(21, callback=363, since="1.3.3", acl="domain:getattr")
    def domain_event_job_completed(self, dom: DomainRef, params: Annotated[ParamDict, Parameters(64)]) -> None:
        """Tell that a job on the guest ended, with its final figures as named values.

        Times are in milliseconds, amounts in bytes.
        """

    @event(22, callback=367, since="1.3.4", acl="domain:getattr")
    def domain_event_device_removal_failed(self, dom: DomainRef, dev_alias: str) -> None:
        """Tell that the guest refused to give up a device, and its alias."""

    @event(23, callback=379, since="3.0.0", acl="domain:getattr")
    def domain_event_metadata_change(self, dom: DomainRef, type: Int32, nsuri: str | None) -> None:
        """Tell that the guest's title, description or an application's XML changed.

        type is a virDomainMetadataType number; nsuri names the namespace of the XML.
        """

    @event(24, callback=385, since="3.2.0", acl="domain:getattr")
    def domain_event_block_threshold(
        self, dom: DomainRef, dev: str, path: str | None, threshold: UInt64, excess: UInt64
    ) -> None:
        """Tell that a disk image was written beyond the threshold set for it.

        threshold and the excess over it are in bytes; it is told once for each threshold set.
        """

    @event(25, callback=423, since="6.9.0", acl="domain:getattr")
    def domain_event_memory_failure(self, dom: DomainRef, recipient: Int32, action: Int32, flags: UInt32) -> None:
        """Tell that a hardware memory fault hit the guest.

        recipient is emulator or guest, action is what was done; both are numbers, as are the flags.
        """

    @event(26, callback=438, since="7.9.0", acl="domain:getattr")
    def domain_event_memory_device_size_change(self, dom: DomainRef, alias: str, size: UInt64) -> None:
        """Tell that the guest took up a new size of a memory device, in KiB, and its alias."""

    @event(27, callback=453, since="11.2.0", acl="domain:getattr")
    def domain_event_nic_mac_change(self, dom: DomainRef, alias: str, old_mac: str, new_mac: str) -> None:
        """Tell that the guest changed the MAC address of a network interface.

        Gives the alias of the interface, the old address and the new one.
        """

    @event(28, callback=454, since="12.4.0", acl="domain:getattr")
    def domain_event_vcpu_removed(self, dom: DomainRef, vcpuid: UInt32) -> None:
        """Tell that a vCPU is gone from the guest, and its number."""

    @event(29, callback=455, since="12.4.0", acl="domain:getattr")
    def domain_event_channel_lifecycle(self, dom: DomainRef, channel_name: str, state: Int32, reason: Int32) -> None:
        """Tell that the guest opened or closed its end of a channel.

        Gives the name of the channel; state and reason are numbers.
        """

    @event(-1, callback=6, since="1.2.3", acl="domain:getattr", program="qemu")
    def domain_monitor_event(
        self, dom: DomainRef, event: str, seconds: Int64, micros: UInt32, details: str | None
    ) -> None:
        """Tell one of QEMU's own events, with its time and its details as JSON.

        It goes to those who asked by DomainMonitorEventRegister; it has no number among the guest's events.
        """
