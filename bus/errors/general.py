# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors of the host, of calls and of what was asked."""

from __future__ import annotations

from virtbus.bus.errors.base import LibvirtError


class InternalError(LibvirtError):
    """VIR_ERR_INTERNAL_ERROR: internal error."""

    code = 1
    bare = "internal error"
    detailed = "internal error: %s"


class NoMemory(LibvirtError):
    """VIR_ERR_NO_MEMORY: out of memory."""

    code = 2
    bare = "out of memory"
    detailed = "out of memory: %s"


class NoSupport(LibvirtError):
    """VIR_ERR_NO_SUPPORT: this function is not supported by the connection driver."""

    code = 3
    bare = "this function is not supported by the connection driver"
    detailed = "this function is not supported by the connection driver: %s"


class UnknownHost(LibvirtError):
    """VIR_ERR_UNKNOWN_HOST: unknown host."""

    code = 4
    bare = "unknown host"
    detailed = "unknown host %s"


class NoConnect(LibvirtError):
    """VIR_ERR_NO_CONNECT: no connection driver available."""

    code = 5
    bare = "no connection driver available"
    detailed = "no connection driver available for %s"


class HttpError(LibvirtError):
    """VIR_ERR_HTTP_ERROR: got unknown HTTP error code."""

    code = 12
    bare = "got unknown HTTP error code"
    detailed = "got unknown HTTP error code %s"


class SexprSerial(LibvirtError):
    """VIR_ERR_SEXPR_SERIAL: failed to serialize S-Expr."""

    code = 13
    bare = "failed to serialize S-Expr"
    detailed = "failed to serialize S-Expr: %s"


class NoXen(LibvirtError):
    """VIR_ERR_NO_XEN: could not use Xen hypervisor entry."""

    code = 14
    bare = "could not use Xen hypervisor entry"
    detailed = "could not use Xen hypervisor entry %s"


class XenCall(LibvirtError):
    """VIR_ERR_XEN_CALL: failed Xen syscall."""

    code = 15
    bare = "failed Xen syscall"
    detailed = "failed Xen syscall %s"


class OsType(LibvirtError):
    """VIR_ERR_OS_TYPE: unknown OS type."""

    code = 16
    bare = "unknown OS type"
    detailed = "unknown OS type %s"


class NoKernel(LibvirtError):
    """VIR_ERR_NO_KERNEL: missing kernel information."""

    code = 17
    bare = "missing kernel information"
    detailed = "missing kernel information: %s"


class NoRoot(LibvirtError):
    """VIR_ERR_NO_ROOT: missing root device information."""

    code = 18
    bare = "missing root device information"
    detailed = "missing root device information in %s"


class NoSource(LibvirtError):
    """VIR_ERR_NO_SOURCE: missing source information for device."""

    code = 19
    bare = "missing source information for device"
    detailed = "missing source information for device %s"


class NoTarget(LibvirtError):
    """VIR_ERR_NO_TARGET: missing target information for device."""

    code = 20
    bare = "missing target information for device"
    detailed = "missing target information for device %s"


class NoOs(LibvirtError):
    """VIR_ERR_NO_OS: missing operating system information."""

    code = 22
    bare = "missing operating system information"
    detailed = "missing operating system information for %s"


class NoXenstore(LibvirtError):
    """VIR_ERR_NO_XENSTORE: could not connect to Xen Store."""

    code = 24
    bare = "could not connect to Xen Store"
    detailed = "could not connect to Xen Store %s"


class DriverFull(LibvirtError):
    """VIR_ERR_DRIVER_FULL: too many drivers registered."""

    code = 25
    bare = "too many drivers registered"
    detailed = "too many drivers registered in %s"


class XmlError(LibvirtError):
    """VIR_ERR_XML_ERROR: XML description is invalid or not well formed."""

    code = 27
    bare = "XML description is invalid or not well formed"
    detailed = "XML error: %s"


class OperationDenied(LibvirtError):
    """VIR_ERR_OPERATION_DENIED: operation forbidden for read only access."""

    code = 29
    bare = "operation forbidden for read only access"
    detailed = "operation forbidden: %s"


class ConfSyntax(LibvirtError):
    """VIR_ERR_CONF_SYNTAX: configuration file syntax error."""

    code = 33
    bare = "configuration file syntax error"
    detailed = "configuration file syntax error: %s"


class XmlDetail(LibvirtError):
    """VIR_ERR_XML_DETAIL: parser error."""

    code = 35
    bare = "parser error"
    detailed = "%s"


class SystemCallError(LibvirtError):
    """VIR_ERR_SYSTEM_ERROR: system call error."""

    code = 38
    bare = "system call error"
    detailed = "%s"


class Rpc(LibvirtError):
    """VIR_ERR_RPC: RPC error."""

    code = 39
    bare = "RPC error"
    detailed = "%s"


class GnutlsError(LibvirtError):
    """VIR_ERR_GNUTLS_ERROR: GNUTLS call error."""

    code = 40
    bare = "GNUTLS call error"
    detailed = "%s"


class VirWarNoNetwork(LibvirtError):
    """VIR_WAR_NO_NETWORK: Failed to find the network."""

    code = 41
    bare = "Failed to find the network"
    detailed = "Failed to find the network: %s"


class VirWarNoStorage(LibvirtError):
    """VIR_WAR_NO_STORAGE: Failed to find a storage driver."""

    code = 48
    bare = "Failed to find a storage driver"
    detailed = "Failed to find a storage driver: %s"


class VirWarNoNode(LibvirtError):
    """VIR_WAR_NO_NODE: Failed to find a node driver."""

    code = 51
    bare = "Failed to find a node driver"
    detailed = "Failed to find a node driver: %s"


class VirWarNoInterface(LibvirtError):
    """VIR_WAR_NO_INTERFACE: Failed to find the interface."""

    code = 56
    bare = "Failed to find the interface"
    detailed = "Failed to find the interface: %s"


class MultipleInterfaces(LibvirtError):
    """VIR_ERR_MULTIPLE_INTERFACES: multiple matching interfaces found."""

    code = 59
    bare = "multiple matching interfaces found"
    detailed = "multiple matching interfaces found: %s"


class VirWarNoNwfilter(LibvirtError):
    """VIR_WAR_NO_NWFILTER: Failed to start the nwfilter driver."""

    code = 60
    bare = "Failed to start the nwfilter driver"
    detailed = "Failed to start the nwfilter driver: %s"


class BuildFirewall(LibvirtError):
    """VIR_ERR_BUILD_FIREWALL: Error while building firewall."""

    code = 63
    bare = "Error while building firewall"
    detailed = "Error while building firewall: %s"


class VirWarNoSecret(LibvirtError):
    """VIR_WAR_NO_SECRET: Failed to find a secret storage driver."""

    code = 64
    bare = "Failed to find a secret storage driver"
    detailed = "Failed to find a secret storage driver: %s"


class ConfigUnsupported(LibvirtError):
    """VIR_ERR_CONFIG_UNSUPPORTED: unsupported configuration."""

    code = 67
    bare = "unsupported configuration"
    detailed = "unsupported configuration: %s"


class OperationTimeout(LibvirtError):
    """VIR_ERR_OPERATION_TIMEOUT: Timed out during operation."""

    code = 68
    bare = "Timed out during operation"
    detailed = "Timed out during operation: %s"


class ArgumentUnsupported(LibvirtError):
    """VIR_ERR_ARGUMENT_UNSUPPORTED: argument unsupported."""

    code = 74
    bare = "argument unsupported"
    detailed = "argument unsupported: %s"


class StoragePoolBuilt(LibvirtError):
    """VIR_ERR_STORAGE_POOL_BUILT: Storage pool already built."""

    code = 76
    bare = "Storage pool already built"
    detailed = "Storage pool already built: %s"


class SnapshotRevertRisky(LibvirtError):
    """VIR_ERR_SNAPSHOT_REVERT_RISKY: revert requires force."""

    code = 77
    bare = "revert requires force"
    detailed = "revert requires force: %s"


class OperationAborted(LibvirtError):
    """VIR_ERR_OPERATION_ABORTED: operation aborted."""

    code = 78
    bare = "operation aborted"
    detailed = "operation aborted: %s"


class MigrateUnsafe(LibvirtError):
    """VIR_ERR_MIGRATE_UNSAFE: Unsafe migration."""

    code = 81
    bare = "Unsafe migration"
    detailed = "Unsafe migration: %s"


class Overflow(LibvirtError):
    """VIR_ERR_OVERFLOW: numerical overflow."""

    code = 82
    bare = "numerical overflow"
    detailed = "numerical overflow: %s"


class BlockCopyActive(LibvirtError):
    """VIR_ERR_BLOCK_COPY_ACTIVE: block copy still active."""

    code = 83
    bare = "block copy still active"
    detailed = "block copy still active: %s"


class OperationUnsupported(LibvirtError):
    """VIR_ERR_OPERATION_UNSUPPORTED: Operation not supported."""

    code = 84
    bare = "Operation not supported"
    detailed = "Operation not supported: %s"


class Ssh(LibvirtError):
    """VIR_ERR_SSH: SSH transport error."""

    code = 85
    bare = "SSH transport error"
    detailed = "SSH transport error: %s"


class AgentUnresponsive(LibvirtError):
    """VIR_ERR_AGENT_UNRESPONSIVE: Guest agent is not responding."""

    code = 86
    bare = "Guest agent is not responding"
    detailed = "Guest agent is not responding: %s"


class ResourceBusy(LibvirtError):
    """VIR_ERR_RESOURCE_BUSY: resource busy."""

    code = 87
    bare = "resource busy"
    detailed = "resource busy: %s"


class AccessDenied(LibvirtError):
    """VIR_ERR_ACCESS_DENIED: access denied."""

    code = 88
    bare = "access denied"
    detailed = "access denied: %s"


class DbusService(LibvirtError):
    """VIR_ERR_DBUS_SERVICE: error from service."""

    code = 89
    bare = "error from service"
    detailed = "error from service: %s"


class CpuIncompatible(LibvirtError):
    """VIR_ERR_CPU_INCOMPATIBLE: the CPU is incompatible with host CPU."""

    code = 91
    bare = "the CPU is incompatible with host CPU"
    detailed = "the CPU is incompatible with host CPU: %s"


class XmlInvalidSchema(LibvirtError):
    """VIR_ERR_XML_INVALID_SCHEMA: XML document failed to validate against schema."""

    code = 92
    bare = "XML document failed to validate against schema"
    detailed = "XML document failed to validate against schema: %s"


class MigrateFinishOk(LibvirtError):
    """VIR_ERR_MIGRATE_FINISH_OK: migration successfully aborted."""

    code = 93
    bare = "migration successfully aborted"
    detailed = "migration successfully aborted: %s"


class AgentUnsynced(LibvirtError):
    """VIR_ERR_AGENT_UNSYNCED: guest agent replied with wrong id to guest-sync command."""

    code = 97
    bare = "guest agent replied with wrong id to guest-sync command"
    detailed = "guest agent replied with wrong id to guest-sync command: %s"


class Libssh(LibvirtError):
    """VIR_ERR_LIBSSH: libssh transport error."""

    code = 98
    bare = "libssh transport error"
    detailed = "libssh transport error: %s"


class DeviceMissing(LibvirtError):
    """VIR_ERR_DEVICE_MISSING: device not found."""

    code = 99
    bare = "device not found"
    detailed = "device not found: %s"


class NoHostname(LibvirtError):
    """VIR_ERR_NO_HOSTNAME: no hostname found."""

    code = 108
    bare = "no hostname found"
    detailed = "no hostname found: %s"


class CheckpointInconsistent(LibvirtError):
    """VIR_ERR_CHECKPOINT_INCONSISTENT: checkpoint inconsistent."""

    code = 109
    bare = "checkpoint inconsistent"
    detailed = "checkpoint inconsistent: %s"


class MultipleDomains(LibvirtError):
    """VIR_ERR_MULTIPLE_DOMAINS: multiple matching domains found."""

    code = 110
    bare = "multiple matching domains found"
    detailed = "multiple matching domains found: %s"


class AgentCommandTimeout(LibvirtError):
    """VIR_ERR_AGENT_COMMAND_TIMEOUT: guest agent command timed out."""

    code = 112
    bare = "guest agent command timed out"
    detailed = "guest agent command timed out: %s"
