# SPDX-License-Identifier: LGPL-2.1-or-later
"""Errors about objects (missing, existing, invalid), and about who may do what."""

from __future__ import annotations

from virtbus.bus.errors.base import LibvirtError


class InvalidConn(LibvirtError):
    """VIR_ERR_INVALID_CONN: invalid connection pointer in."""

    code = 6
    bare = "invalid connection pointer in"
    detailed = "invalid connection pointer in %s"


class InvalidDomain(LibvirtError):
    """VIR_ERR_INVALID_DOMAIN: invalid domain pointer in."""

    code = 7
    bare = "invalid domain pointer in"
    detailed = "invalid domain pointer in %s"


class InvalidArg(LibvirtError):
    """VIR_ERR_INVALID_ARG: invalid argument."""

    code = 8
    bare = "invalid argument"
    detailed = "invalid argument: %s"


class OperationFailed(LibvirtError):
    """VIR_ERR_OPERATION_FAILED: operation failed."""

    code = 9
    bare = "operation failed"
    detailed = "operation failed: %s"


class GetFailed(LibvirtError):
    """VIR_ERR_GET_FAILED: GET operation failed."""

    code = 10
    bare = "GET operation failed"
    detailed = "GET operation failed: %s"


class PostFailed(LibvirtError):
    """VIR_ERR_POST_FAILED: POST operation failed."""

    code = 11
    bare = "POST operation failed"
    detailed = "POST operation failed: %s"


class NoName(LibvirtError):
    """VIR_ERR_NO_NAME: missing name information."""

    code = 21
    bare = "missing name information"
    detailed = "missing name information in %s"


class NoDevice(LibvirtError):
    """VIR_ERR_NO_DEVICE: missing devices information."""

    code = 23
    bare = "missing devices information"
    detailed = "missing devices information for %s"


class CallFailed(LibvirtError):
    """VIR_ERR_CALL_FAILED: library call failed."""

    code = 26
    bare = "library call failed"
    detailed = "library call failed: %s"


class DomExist(LibvirtError):
    """VIR_ERR_DOM_EXIST: this domain exists already."""

    code = 28
    bare = "this domain exists already"
    detailed = "domain %s exists already"


class OpenFailed(LibvirtError):
    """VIR_ERR_OPEN_FAILED: failed to open configuration file."""

    code = 30
    bare = "failed to open configuration file"
    detailed = "failed to open configuration file %s"


class ReadFailed(LibvirtError):
    """VIR_ERR_READ_FAILED: failed to read configuration file."""

    code = 31
    bare = "failed to read configuration file"
    detailed = "failed to read configuration file %s"


class ParseFailed(LibvirtError):
    """VIR_ERR_PARSE_FAILED: failed to parse configuration file."""

    code = 32
    bare = "failed to parse configuration file"
    detailed = "failed to parse configuration file %s"


class WriteFailed(LibvirtError):
    """VIR_ERR_WRITE_FAILED: failed to write configuration file."""

    code = 34
    bare = "failed to write configuration file"
    detailed = "failed to write configuration file: %s"


class InvalidNetwork(LibvirtError):
    """VIR_ERR_INVALID_NETWORK: invalid network pointer in."""

    code = 36
    bare = "invalid network pointer in"
    detailed = "invalid network pointer in %s"


class NetworkExist(LibvirtError):
    """VIR_ERR_NETWORK_EXIST: this network exists already."""

    code = 37
    bare = "this network exists already"
    detailed = "network %s exists already"


class NoDomain(LibvirtError):
    """VIR_ERR_NO_DOMAIN: Domain not found."""

    code = 42
    bare = "Domain not found"
    detailed = "Domain not found: %s"


class NoNetwork(LibvirtError):
    """VIR_ERR_NO_NETWORK: Network not found."""

    code = 43
    bare = "Network not found"
    detailed = "Network not found: %s"


class InvalidMac(LibvirtError):
    """VIR_ERR_INVALID_MAC: invalid MAC address."""

    code = 44
    bare = "invalid MAC address"
    detailed = "invalid MAC address: %s"


class AuthFailed(LibvirtError):
    """VIR_ERR_AUTH_FAILED: authentication failed."""

    code = 45
    bare = "authentication failed"
    detailed = "authentication failed: %s"


class InvalidStoragePool(LibvirtError):
    """VIR_ERR_INVALID_STORAGE_POOL: invalid storage pool pointer in."""

    code = 46
    bare = "invalid storage pool pointer in"
    detailed = "invalid storage pool pointer in %s"


class InvalidStorageVol(LibvirtError):
    """VIR_ERR_INVALID_STORAGE_VOL: invalid storage volume pointer in."""

    code = 47
    bare = "invalid storage volume pointer in"
    detailed = "invalid storage volume pointer in %s"


class NoStoragePool(LibvirtError):
    """VIR_ERR_NO_STORAGE_POOL: Storage pool not found."""

    code = 49
    bare = "Storage pool not found"
    detailed = "Storage pool not found: %s"


class NoStorageVol(LibvirtError):
    """VIR_ERR_NO_STORAGE_VOL: Storage volume not found."""

    code = 50
    bare = "Storage volume not found"
    detailed = "Storage volume not found: %s"


class InvalidNodeDevice(LibvirtError):
    """VIR_ERR_INVALID_NODE_DEVICE: invalid node device pointer."""

    code = 52
    bare = "invalid node device pointer"
    detailed = "invalid node device pointer in %s"


class NoNodeDevice(LibvirtError):
    """VIR_ERR_NO_NODE_DEVICE: Node device not found."""

    code = 53
    bare = "Node device not found"
    detailed = "Node device not found: %s"


class NoSecurityModel(LibvirtError):
    """VIR_ERR_NO_SECURITY_MODEL: Security model not found."""

    code = 54
    bare = "Security model not found"
    detailed = "Security model not found: %s"


class OperationInvalid(LibvirtError):
    """VIR_ERR_OPERATION_INVALID: Requested operation is not valid."""

    code = 55
    bare = "Requested operation is not valid"
    detailed = "Requested operation is not valid: %s"


class NoInterface(LibvirtError):
    """VIR_ERR_NO_INTERFACE: Interface not found."""

    code = 57
    bare = "Interface not found"
    detailed = "Interface not found: %s"


class InvalidInterface(LibvirtError):
    """VIR_ERR_INVALID_INTERFACE: invalid interface pointer in."""

    code = 58
    bare = "invalid interface pointer in"
    detailed = "invalid interface pointer in %s"


class InvalidNwfilter(LibvirtError):
    """VIR_ERR_INVALID_NWFILTER: Invalid network filter."""

    code = 61
    bare = "Invalid network filter"
    detailed = "Invalid network filter: %s"


class NoNwfilter(LibvirtError):
    """VIR_ERR_NO_NWFILTER: Network filter not found."""

    code = 62
    bare = "Network filter not found"
    detailed = "Network filter not found: %s"


class InvalidSecret(LibvirtError):
    """VIR_ERR_INVALID_SECRET: Invalid secret."""

    code = 65
    bare = "Invalid secret"
    detailed = "Invalid secret: %s"


class NoSecret(LibvirtError):
    """VIR_ERR_NO_SECRET: Secret not found."""

    code = 66
    bare = "Secret not found"
    detailed = "Secret not found: %s"


class MigratePersistFailed(LibvirtError):
    """VIR_ERR_MIGRATE_PERSIST_FAILED: Failed to make domain persistent after migration."""

    code = 69
    bare = "Failed to make domain persistent after migration"
    detailed = "Failed to make domain persistent after migration: %s"


class HookScriptFailed(LibvirtError):
    """VIR_ERR_HOOK_SCRIPT_FAILED: Hook script execution failed."""

    code = 70
    bare = "Hook script execution failed"
    detailed = "Hook script execution failed: %s"


class InvalidDomainSnapshot(LibvirtError):
    """VIR_ERR_INVALID_DOMAIN_SNAPSHOT: Invalid domain snapshot."""

    code = 71
    bare = "Invalid domain snapshot"
    detailed = "Invalid domain snapshot: %s"


class NoDomainSnapshot(LibvirtError):
    """VIR_ERR_NO_DOMAIN_SNAPSHOT: Domain snapshot not found."""

    code = 72
    bare = "Domain snapshot not found"
    detailed = "Domain snapshot not found: %s"


class InvalidStream(LibvirtError):
    """VIR_ERR_INVALID_STREAM: invalid stream pointer."""

    code = 73
    bare = "invalid stream pointer"
    detailed = "invalid stream pointer in %s"


class StorageProbeFailed(LibvirtError):
    """VIR_ERR_STORAGE_PROBE_FAILED: Storage pool probe failed."""

    code = 75
    bare = "Storage pool probe failed"
    detailed = "Storage pool probe failed: %s"


class AuthCancelled(LibvirtError):
    """VIR_ERR_AUTH_CANCELLED: authentication cancelled."""

    code = 79
    bare = "authentication cancelled"
    detailed = "authentication cancelled: %s"


class NoDomainMetadata(LibvirtError):
    """VIR_ERR_NO_DOMAIN_METADATA: metadata not found."""

    code = 80
    bare = "metadata not found"
    detailed = "metadata not found: %s"


class StorageVolExist(LibvirtError):
    """VIR_ERR_STORAGE_VOL_EXIST: this storage volume exists already."""

    code = 90
    bare = "this storage volume exists already"
    detailed = "storage volume %s exists already"


class AuthUnavailable(LibvirtError):
    """VIR_ERR_AUTH_UNAVAILABLE: authentication unavailable."""

    code = 94
    bare = "authentication unavailable"
    detailed = "authentication unavailable: %s"


class NoServer(LibvirtError):
    """VIR_ERR_NO_SERVER: Server not found."""

    code = 95
    bare = "Server not found"
    detailed = "Server not found: %s"


class NoClient(LibvirtError):
    """VIR_ERR_NO_CLIENT: Client not found."""

    code = 96
    bare = "Client not found"
    detailed = "Client not found: %s"


class InvalidNwfilterBinding(LibvirtError):
    """VIR_ERR_INVALID_NWFILTER_BINDING: Invalid network filter binding."""

    code = 100
    bare = "Invalid network filter binding"
    detailed = "Invalid network filter binding: %s"


class NoNwfilterBinding(LibvirtError):
    """VIR_ERR_NO_NWFILTER_BINDING: Network filter binding not found."""

    code = 101
    bare = "Network filter binding not found"
    detailed = "Network filter binding not found: %s"


class InvalidDomainCheckpoint(LibvirtError):
    """VIR_ERR_INVALID_DOMAIN_CHECKPOINT: Invalid domain checkpoint."""

    code = 102
    bare = "Invalid domain checkpoint"
    detailed = "Invalid domain checkpoint: %s"


class NoDomainCheckpoint(LibvirtError):
    """VIR_ERR_NO_DOMAIN_CHECKPOINT: Domain checkpoint not found."""

    code = 103
    bare = "Domain checkpoint not found"
    detailed = "Domain checkpoint not found: %s"


class NoDomainBackup(LibvirtError):
    """VIR_ERR_NO_DOMAIN_BACKUP: Domain backup job id not found."""

    code = 104
    bare = "Domain backup job id not found"
    detailed = "Domain backup job id not found: %s"


class InvalidNetworkPort(LibvirtError):
    """VIR_ERR_INVALID_NETWORK_PORT: Invalid network port pointer."""

    code = 105
    bare = "Invalid network port pointer"
    detailed = "Invalid network port pointer: %s"


class NetworkPortExist(LibvirtError):
    """VIR_ERR_NETWORK_PORT_EXIST: this network port exists already."""

    code = 106
    bare = "this network port exists already"
    detailed = "network port %s exists already"


class NoNetworkPort(LibvirtError):
    """VIR_ERR_NO_NETWORK_PORT: network port not found."""

    code = 107
    bare = "network port not found"
    detailed = "network port not found: %s"


class NoNetworkMetadata(LibvirtError):
    """VIR_ERR_NO_NETWORK_METADATA: metadata not found."""

    code = 111
    bare = "metadata not found"
    detailed = "metadata not found: %s"


class AgentCommandFailed(LibvirtError):
    """VIR_ERR_AGENT_COMMAND_FAILED: guest agent command failed."""

    code = 113
    bare = "guest agent command failed"
    detailed = "guest agent command failed: %s"


class InvalidEncrKeySecret(LibvirtError):
    """VIR_ERR_INVALID_ENCR_KEY_SECRET: Invalid encryption key for the secret."""

    code = 114
    bare = "Invalid encryption key for the secret"
    detailed = "Invalid encryption key for the secret: %s"
