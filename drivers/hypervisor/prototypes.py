# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prototypes of the C functions that are called without libvirt-python.

A prototype is the result's letter, then the arguments': p pointer, s string or bytes, i int, u unsigned int,
l unsigned long, x long long, v nothing.
"""

from __future__ import annotations

PROTOTYPES = {
    "virTypedParamsFree": "v pi",
    "virTypedParamsClear": "v pi",
    # typed parameters, filled in by the callee
    "virDomainGetMemoryParameters": "i pppu",
    "virDomainGetBlkioParameters": "i pppu",
    "virDomainGetNumaParameters": "i pppu",
    "virDomainGetSchedulerParameters": "i ppp",
    "virDomainGetSchedulerParametersFlags": "i pppu",
    "virDomainGetBlockIoTune": "i psppu",
    "virDomainGetInterfaceParameters": "i psppu",
    "virDomainBlockStatsFlags": "i psppu",
    "virNodeGetMemoryParameters": "i pppu",
    "virDomainGetCPUStats": "i ppuiuu",
    # typed parameters, allocated by the callee
    "virDomainGetPerfEvents": "i pppu",
    "virDomainGetGuestVcpus": "i pppu",
    "virDomainGetLaunchSecurityInfo": "i pppu",
    "virDomainGetGuestInfo": "i puppu",
    "virNodeGetSEVInfo": "i pppu",
    "virNetworkPortGetParameters": "i pppu",
    "virDomainGetJobStats": "i ppppu",
    # typed parameters, given
    "virDomainSetMemoryParameters": "i ppiu",
    "virDomainSetBlkioParameters": "i ppiu",
    "virDomainSetNumaParameters": "i ppiu",
    "virDomainSetSchedulerParameters": "i ppi",
    "virDomainSetSchedulerParametersFlags": "i ppiu",
    "virDomainSetBlockIoTune": "i pspiu",
    "virDomainSetInterfaceParameters": "i pspiu",
    "virNodeSetMemoryParameters": "i ppiu",
    "virDomainSetPerfEvents": "i ppiu",
    "virNetworkPortSetParameters": "i ppiu",
    "virDomainSetIOThreadParams": "i pupiu",
    "virDomainSetLaunchSecurityState": "i ppiu",
    "virDomainBlockCopy": "i psspiu",
    "virDomainSaveParams": "i ppiu",
    "virDomainRestoreParams": "i ppiu",
    "virDomainSetThrottleGroup": "i pspiu",
    "virDomainAnnounceInterface": "i pspiu",
    # statistics
    "virConnectSupportsFeature": "i pi",
    "virConnectGetAllDomainStats": "i pupu",
    "virConnectListAllDomains": "i ppu",
    "virDomainListGetStats": "i pupu",
    "virDomainStatsRecordListFree": "v p",
    "virDomainMemoryStats": "i ppuu",
    "virDomainRevertToSnapshot": "i pu",
    # processors
    "virDomainGetVcpus": "i ppipi",
    "virDomainGetVcpuPinInfo": "i pipiu",
    "virDomainGetEmulatorPinInfo": "i ppiu",
    "virDomainPinVcpu": "i pupi",
    "virDomainPinVcpuFlags": "i pupiu",
    "virDomainPinEmulator": "i ppiu",
    "virDomainPinIOThread": "i pupiu",
    "virDomainGetIOThreadInfo": "i ppu",
    "virDomainIOThreadInfoFree": "v p",
    "virDomainGetVcpusFlags": "i pu",
    "virNodeGetInfo": "i pp",
    "virNodeGetCPUMap": "i pppu",
    "virNodeGetFreePages": "i pupiupu",
    "virNodeAllocPages": "i puppiuu",
    # devices and the guest's inside
    "virDomainGetBlockJobInfo": "i pspu",
    "virDomainGetFSInfo": "i ppu",
    "virDomainFSInfoFree": "v p",
    "virDomainInterfaceAddresses": "i ppuu",
    "virDomainInterfaceFree": "v p",
    "virDomainGetDiskErrors": "i ppuu",
    "virDomainSetTime": "i pxuu",
    "virDomainSendKey": "i puupiu",
    "virDomainGetSchedulerType": "p pp",
    "virDomainFDAssociate": "i psupu",
    "virDomainCreateWithFiles": "i pupu",
    "virDomainCreateXMLWithFiles": "p psupu",
    # networks, devices
    "virNetworkGetDHCPLeases": "i pspu",
    "virNetworkDHCPLeaseFree": "v p",
    # events that carry typed parameters
    "virConnectDomainEventRegisterAny": "i ppippp",
    "virConnectDomainEventDeregisterAny": "i pi",
    # the emulator's own
    "virDomainQemuMonitorCommand": "i pspu",
    "virDomainQemuMonitorCommandWithFiles": "i psuppppu",
    "virDomainQemuAgentCommand": "p psiu",
    "virDomainQemuAttach": "p puu",
    "virConnectDomainQemuMonitorEventRegister": "i ppspppu",
    "virConnectDomainQemuMonitorEventDeregister": "i pi",
}

MIGRATION = {
    "virDomainMigratePerform": "i psislsl",
    "virDomainMigrateFinish": "p pssisl",
    "virDomainMigrateFinish2": "p pssisli",
    "virDomainMigrateBegin3": "p pspplsl",
    "virDomainMigratePrepare3": "i psippsplsls",
    "virDomainMigratePrepareTunnel3": "i ppsipplsls",
    "virDomainMigratePerform3": "i pssippsslsl",
    "virDomainMigrateFinish3": "p pssippssli",
    "virDomainMigrateConfirm3": "i psili",
    "virDomainMigrateBegin3Params": "p ppippu",
    "virDomainMigratePrepare3Params": "i ppisipppu",
    "virDomainMigratePrepareTunnel3Params": "i pppisippu",
    "virDomainMigratePerform3Params": "i pspisippu",
    "virDomainMigrateFinish3Params": "p ppisippui",
    "virDomainMigrateConfirm3Params": "i ppisiui",
}
"""The protocol of migration: exported by libvirt for its own daemon, not public."""
