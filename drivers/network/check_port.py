# SPDX-License-Identifier: LGPL-2.1-or-later
"""Refuse what libvirt refuses in the parts that networks, port groups and ports share: bandwidth, VLAN, switch port."""

from __future__ import annotations

from virtbus.bus.errors import ConfigUnsupported, ErrorDomain, LibvirtError, XmlDetail, XmlError
from virtbus.drivers.common.xml.values import to_int, to_uuid
from virtbus.drivers.network.model import Bandwidth, Parameters, Rate, VirtualPort, Vlan

NONE = ErrorDomain.NONE
FIELDS = {
    "802.1Qbg": ("managerid", "typeid", "typeidversion", "instanceid"),
    "802.1Qbh": ("profileid",),
    "openvswitch": ("interfaceid", "profileid"),
    "midonet": ("interfaceid",),
}
LIMITS = {"managerid": 255, "typeid": 0xFFFFFF, "typeidversion": 255}


def invalid_value(value: str, attribute: str, element: str, expected: str = "") -> XmlError:
    """Give libvirt's error for an attribute of the wrong form."""
    more = f" Expected {expected}" if expected else ""
    detail = f"Invalid value for attribute '{attribute}' in element '{element}': '{value}'.{more}"
    return XmlError(detail, origin=ErrorDomain.XML)


def yes_no(value: str | None, attribute: str, element: str) -> None:
    """Refuse another word than yes or no."""
    if value is not None and value not in ("yes", "no"):
        raise invalid_value(value, attribute, element)


def number(value: str, attribute: str, element: str, limit: int = 2**32 - 1) -> int:
    """Give a whole number that is not negative."""
    found = to_int(value, 0, limit)
    if found is None:
        raise invalid_value(value, attribute, element, "non-negative integer value")
    return found


def check_bandwidth(bandwidth: Bandwidth | None, *, floor: bool) -> Bandwidth | None:
    """Give a bandwidth in normal form, None where it limits nothing; `floor` says whether one may be asked for."""
    if bandwidth is None or (bandwidth.inbound is None and bandwidth.outbound is None):
        return None
    if bandwidth.inbound is not None:
        bandwidth.inbound = _rate(bandwidth.inbound)
    if bandwidth.outbound is not None:
        if bandwidth.outbound.floor is not None:
            raise ConfigUnsupported("'floor' attribute allowed only in <inbound> element", origin=NONE)
        bandwidth.outbound = _rate(bandwidth.outbound)
    if bandwidth.inbound is not None and bandwidth.inbound.floor is not None and not floor:
        raise ConfigUnsupported("floor attribute is not supported for this config", origin=NONE)
    return bandwidth


def _rate(rate: Rate) -> Rate | None:
    if rate.average is None and rate.floor is None:
        raise XmlDetail("Missing mandatory average or floor attributes", origin=NONE)
    if rate.average is None and (rate.peak is not None or rate.burst is not None):
        raise XmlDetail("'peak' and 'burst' require 'average' attribute", origin=NONE)
    for name in ("average", "peak", "floor", "burst"):
        value = getattr(rate, name)
        if value is None:
            continue
        found = to_int(value, 0, 2**64 - 1)
        if found is None:
            raise ConfigUnsupported(f"could not convert bandwidth {name} value '{value}'", origin=NONE)
        setattr(rate, name, str(found) if found else None)
    return rate if rate.average or rate.floor else None


def check_vlan(vlan: Vlan) -> None:
    """Refuse VLAN tags that are none; more than one tag makes it a trunk."""
    if not vlan.tags:
        raise _xml("missing tag id - each <vlan> must have at least one <tag id='n'/> subelement")
    native = False
    for tag in vlan.tags:
        if tag.id is None:
            raise XmlError("Missing required attribute 'id' in element 'tag'", origin=ErrorDomain.XML)
        found = number(tag.id, "id", "tag")
        if found > 4095:
            raise _xml(f"vlan tag id {found} too large (maximum 4095)")
        if tag.native_mode is not None:
            if tag.native_mode not in ("tagged", "untagged"):
                raise invalid_value(tag.native_mode, "nativeMode", "tag")
            if native:
                raise _xml("duplicate native vlan setting")
            native = True
        tag.id = str(found)
    _check_trunk(vlan, native)


def _check_trunk(vlan: Vlan, native: bool) -> None:
    many = len(vlan.tags) > 1
    if vlan.trunk is None:
        vlan.trunk = "yes" if many else None
        return
    if vlan.trunk not in ("yes", "no"):
        raise _xml(f"invalid \"trunk='{vlan.trunk}'\" in <vlan> - must be yes or no")
    if vlan.trunk == "no":
        if many:
            raise _xml("invalid \"trunk='no'\" in <vlan> - trunk='yes' is required for more than one vlan tag")
        if native:
            raise _xml("invalid configuration in <vlan> - \"trunk='no'\" is not allowed with a native vlan id")
        vlan.trunk = None


def check_virtualport(port: VirtualPort, *, typeless: bool = False) -> None:
    """Refuse a switch port of an unknown type, or with parameters of another type or out of range."""
    if port.type is None:
        if not typeless:
            raise _xml("missing required virtualport type")
    elif port.type not in FIELDS:
        raise ConfigUnsupported(f"unknown virtualport type {port.type}", origin=NONE)
    if port.parameters is None:
        return
    for name, limit in LIMITS.items():
        _check_number(port.parameters, name, limit)
    for name in ("instanceid", "interfaceid"):
        _check_uuid(port.parameters, name)
    for name in vars(port.parameters):
        if port.type is not None and getattr(port.parameters, name) is not None and name not in FIELDS[port.type]:
            detail = f"extra {name} unsupported in <virtualport type='{port.type}'>"
            raise XmlError(detail, origin=ErrorDomain.NET)
    if not any(vars(port.parameters).values()):
        port.parameters = None


def _check_number(parameters: Parameters, name: str, limit: int) -> None:
    value = getattr(parameters, name)
    if value is None:
        return
    try:
        found = int(value, 0)
    except ValueError:
        raise _xml(f"cannot parse value of {name} parameter") from None
    if not 0 <= found <= limit:
        raise _xml(f"value of {name} out of range")
    setattr(parameters, name, str(found))


def _check_uuid(parameters: Parameters, name: str) -> None:
    value = getattr(parameters, name)
    if value is None:
        return
    found = to_uuid(value)
    if found is None:
        raise _xml(f"cannot parse {name} parameter as a uuid")
    setattr(parameters, name, str(found))


def _xml(detail: str) -> LibvirtError:
    return XmlError(detail, origin=NONE)
