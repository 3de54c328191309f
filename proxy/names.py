# SPDX-License-Identifier: LGPL-2.1-or-later
"""What libvirt calls a procedure in its error texts, and which part of it the errors come from."""

from __future__ import annotations

from virtbus.bus.catalogue import Call
from virtbus.bus.errors import ErrorDomain, LibvirtError, NoSupport, OperationDenied

_FUNCTIONS = {
    ("qemu", 1): "virDomainQemuMonitorCommand",
    ("qemu", 2): "virDomainQemuAttach",
    ("qemu", 3): "virDomainQemuAgentCommand",
    ("qemu", 4): "virConnectDomainQemuMonitorEventRegister",
    ("qemu", 5): "virConnectDomainQemuMonitorEventDeregister",
    ("qemu", 7): "virDomainQemuMonitorCommandWithFiles",
    ("lxc", 1): "virDomainLxcOpenNamespace",
    ("remote", 343): "virDomainOpenGraphicsFD",
    ("remote", 395): "virNodeGetSEVInfo",
    ("remote", 424): "virDomainAuthorizedSSHKeysGet",
    ("remote", 425): "virDomainAuthorizedSSHKeysSet",
    ("remote", 443): "virDomainFDAssociate",
    ("remote", 105): "virConnectDomainEventRegister",
    ("remote", 316): "virConnectDomainEventRegisterAny",
    ("remote", 317): "virConnectDomainEventDeregisterAny",
}
_ORIGINS = {
    "Domain": ErrorDomain.DOMAIN,
    "DomainSnapshot": ErrorDomain.DOMAIN_SNAPSHOT,
    "DomainCheckpoint": ErrorDomain.DOMAIN_CHECKPOINT,
    "Network": ErrorDomain.NETWORK,
    "NetworkPort": ErrorDomain.NETWORK,
    "StoragePool": ErrorDomain.STORAGE,
    "StorageVol": ErrorDomain.STORAGE,
    "NodeDevice": ErrorDomain.NODEDEV,
    "Secret": ErrorDomain.SECRET,
    "NWFilter": ErrorDomain.NWFILTER,
    "NWFilterBinding": ErrorDomain.NWFILTER,
    "Interface": ErrorDomain.INTERFACE,
}
_MANAGERS = {
    "hypervisor": ErrorDomain.DOMAIN,
    "network": ErrorDomain.NETWORK,
    "storage": ErrorDomain.STORAGE,
    "nodedev": ErrorDomain.NODEDEV,
    "secret": ErrorDomain.SECRET,
    "nwfilter": ErrorDomain.NWFILTER,
    "interface": ErrorDomain.INTERFACE,
}


def function_of(entry: Call) -> str:
    """Give the C function that a procedure stands for: virDomainDestroy."""
    return _FUNCTIONS.get((entry.program, entry.number)) or "vir" + entry.name


def origin_of(entry: Call) -> ErrorDomain:
    """Give the part of libvirt that reports errors of the public function."""
    if entry.program != "remote":
        return ErrorDomain.NONE
    known = _ORIGINS.get(entry.owner.noun)
    if known is not None:
        return known
    host = entry.name.startswith("Node") or entry.method.startswith("get_") or not entry.filter
    manager = _MANAGERS.get(entry.owner.daemon, ErrorDomain.NONE)
    return ErrorDomain.NONE if host and entry.owner.daemon == "hypervisor" and "Domain" not in entry.name else manager


def unsupported(entry: Call) -> LibvirtError:
    """Give the error for a call that the connection's driver does not have."""
    return NoSupport(function_of(entry), origin=origin_of(entry))


def forbidden(entry: Call, *, by_flags: bool) -> LibvirtError:
    """Give the error for a call that a read-only connection may not make, at all or with these flags."""
    name = function_of(entry)
    if by_flags and any(perm.permission == "read_secure" for perm in entry.acl):
        return OperationDenied(f"{name} with secure flag", origin=origin_of(entry))
    return OperationDenied(f"read only access prevents {name}", origin=origin_of(entry))
