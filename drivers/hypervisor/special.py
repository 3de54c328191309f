# SPDX-License-Identifier: LGPL-2.1-or-later
"""The calls that are not done by the rule, by name: one function each, in the file of its subject.

Whatever stands here is an exception to `delegate.generic`; a test counts them.
"""

from __future__ import annotations

from virtbus.bus.catalogue import Call
from virtbus.drivers.hypervisor import (
    monitor,
    special_devices,
    special_guest,
    special_host,
    special_migration,
    special_processors,
    streams,
    typed,
)
from virtbus.drivers.hypervisor.delegate import Plan, generic

SPECIAL: dict[str, Plan] = {
    "ConnectGetURI": special_host.get_uri,
    "ConnectSupportsFeature": special_host.supports_feature,
    "NodeGetInfo": special_host.node_get_info,
    "NodeGetCPUMap": special_host.node_get_cpu_map,
    "ConnectBaselineCPU": special_host.baseline_cpu,
    "NodeGetFreePages": special_host.node_get_free_pages,
    "NodeAllocPages": special_host.node_alloc_pages,
    "NetworkGetDHCPLeases": special_host.network_get_dhcp_leases,
    "ConnectListAllDomains": special_guest.list_all_domains,
    "ConnectGetAllDomainStats": special_guest.get_all_domain_stats,
    "DomainMemoryStats": special_guest.memory_stats,
    "DomainGetTime": special_guest.get_time,
    "DomainSetTime": special_guest.set_time,
    "DomainSendKey": special_guest.send_key,
    "DomainFSFreeze": special_guest.fsfreeze,
    "DomainFSThaw": special_guest.fsthaw,
    "DomainGetFSInfo": special_guest.get_fsinfo,
    "DomainInterfaceAddresses": special_guest.interface_addresses,
    "DomainCreateXMLWithFiles": special_guest.create_xml_with_files,
    "DomainCreateWithFiles": special_guest.create_with_files,
    "DomainCreateWithFlags": special_guest.create_with_flags,
    "DomainRevertToSnapshot": special_guest.revert_to_snapshot,
    "DomainGetJobStats": typed.get_job_stats,
    "DomainGetCPUStats": typed.get_cpu_stats,
    "DomainGetVcpus": special_processors.get_vcpus,
    "DomainGetVcpuPinInfo": special_processors.get_vcpu_pin_info,
    "DomainGetEmulatorPinInfo": special_processors.get_emulator_pin_info,
    "DomainGetIOThreadInfo": special_processors.get_iothread_info,
    "DomainPinVcpu": special_processors.pin_vcpu,
    "DomainPinVcpuFlags": special_processors.pin_vcpu_flags,
    "DomainPinEmulator": special_processors.pin_emulator,
    "DomainPinIOThread": special_processors.pin_iothread,
    "DomainGetSchedulerType": special_processors.get_scheduler_type,
    "DomainGetBlockInfo": special_devices.get_block_info,
    "DomainGetBlockJobInfo": special_devices.get_block_job_info,
    "DomainGetBlockIoTune": special_devices.get_block_io_tune,
    "DomainGetDiskErrors": special_devices.get_disk_errors,
    "DomainFdAssociate": special_devices.fd_associate,
    "DomainOpenConsole": streams.open_console,
    "DomainOpenChannel": streams.open_channel,
    "DomainScreenshot": streams.screenshot,
    "StorageVolUpload": streams.upload,
    "StorageVolDownload": streams.download,
    "DomainMonitorCommand": monitor.command,
    "DomainMonitorCommandWithFiles": monitor.command_with_files,
    "DomainAgentCommand": monitor.agent_command,
    "DomainAttach": monitor.attach,
    "ConnectDomainMonitorEventRegister": monitor.event_register,
    "ConnectDomainMonitorEventDeregister": monitor.event_deregister,
    **special_migration.SPECIAL,
}

_plans: dict[tuple[str, int], Plan] = {}


def plan_of(entry: Call) -> Plan:
    """Give what does a call, made at its first use."""
    key = entry.program, entry.number
    plan = _plans.get(key)
    if plan is None:
        plan = _plans[key] = SPECIAL.get(entry.name) or typed.plan_for(entry) or generic(entry)
    return plan
