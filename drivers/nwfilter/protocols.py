# SPDX-License-Identifier: LGPL-2.1-or-later
"""The protocols that rules can be about, each with its attributes in libvirt's order."""

from __future__ import annotations

from collections.abc import Mapping

from virtbus.drivers.nwfilter.attributes import (
    BOOLEAN,
    COMMENT,
    CONNECTIONS,
    DSCP,
    EITHER_IP,
    ENCAPSULATED,
    IP_PROTOCOL,
    IPSET,
    IPSET_FLAGS,
    IPV4,
    IPV6,
    MAC,
    MAC_MASK,
    MASK4,
    MASK6,
    OPCODE,
    PROTOCOL_ID,
    STATE,
    TCP_FLAGS,
    UINT8,
    UINT16,
    UINT32,
    VLAN_ID,
    AttributeKind,
)

Attributes = Mapping[str, AttributeKind]

_END: Attributes = {"comment": COMMENT}
_SOURCE: Attributes = {"srcmacaddr": MAC, "srcmacmask": MAC_MASK}
_ETHER: Attributes = {**_SOURCE, "dstmacaddr": MAC, "dstmacmask": MAC_MASK}
_PORTS: Attributes = {
    "srcportstart": UINT16, "srcportend": UINT16, "dstportstart": UINT16, "dstportend": UINT16,
}  # fmt: skip
_ARP: Attributes = {
    **_ETHER, "hwtype": UINT16, "protocoltype": UINT16, "opcode": OPCODE, "arpsrcmacaddr": MAC, "arpdstmacaddr": MAC,
    "arpsrcipaddr": IPV4, "arpsrcipmask": MASK4, "arpdstipaddr": IPV4, "arpdstipmask": MASK4, "gratuitous": BOOLEAN,
    **_END,
}  # fmt: skip
_STP: Attributes = {
    **_SOURCE, "type": UINT8, "flags": UINT8, "root-priority": UINT16, "root-priority-hi": UINT16,
    "root-address": MAC, "root-address-mask": MAC_MASK, "root-cost": UINT32, "root-cost-hi": UINT32,
    "sender-priority": UINT16, "sender-priority-hi": UINT16, "sender-address": MAC, "sender-address-mask": MAC_MASK,
    "port": UINT16, "port-hi": UINT16, "age": UINT16, "age-hi": UINT16, "max-age": UINT16, "max-age-hi": UINT16,
    "hello-time": UINT16, "hello-time-hi": UINT16, "forward-delay": UINT16, "forward-delay-hi": UINT16, **_END,
}  # fmt: skip


def _addresses(address: AttributeKind, mask: AttributeKind) -> Attributes:
    return {"srcipaddr": address, "srcipmask": mask, "dstipaddr": address, "dstipmask": mask}


def _above(address: AttributeKind, mask: AttributeKind, more: Attributes) -> Attributes:
    """Give the attributes of a protocol above IP."""
    last = EITHER_IP if address is IPV6 else address
    return {
        "srcmacaddr": MAC, **_addresses(address, mask), "srcipfrom": address, "srcipto": address,
        "dstipfrom": address, "dstipto": last, "dscp": DSCP, "connlimit-above": CONNECTIONS, "state": STATE,
        "ipset": IPSET, "ipsetflags": IPSET_FLAGS, **more, **_END,
    }  # fmt: skip


_ICMP: Attributes = {"type": UINT8, "code": UINT8}
_MORE: Mapping[str, Attributes] = {
    "tcp": _PORTS, "udp": _PORTS, "sctp": _PORTS, "udplite": {}, "esp": {}, "ah": {}, "all": {},
}  # fmt: skip

LAYER2: Mapping[str, Attributes] = {
    "mac": {**_ETHER, "protocolid": PROTOCOL_ID, **_END},
    "vlan": {**_ETHER, "vlanid": VLAN_ID, "encap-protocol": ENCAPSULATED, **_END},
    "stp": _STP,
    "arp": _ARP,
    "rarp": _ARP,
    "ip": {**_ETHER, **_addresses(IPV4, MASK4), "protocol": IP_PROTOCOL, **_PORTS, "dscp": DSCP, **_END},
    "ipv6": {
        **_ETHER, **_addresses(IPV6, MASK6), "protocol": IP_PROTOCOL, **_PORTS,
        "type": UINT8, "typeend": UINT8, "code": UINT8, "codeend": UINT8, **_END,
    },
}  # fmt: skip

LAYER3: Mapping[str, Attributes] = {
    **{name: _above(IPV4, MASK4, more) for name, more in _MORE.items()},
    **{f"{name}-ipv6": _above(IPV6, MASK6, more) for name, more in _MORE.items()},
    # libvirt knows TCP flags of IPv4 only.
    "tcp": _above(IPV4, MASK4, {**_PORTS, "flags": TCP_FLAGS}),
    "icmp": _above(IPV4, MASK4, _ICMP),
    "igmp": _above(IPV4, MASK4, {}),
    "icmpv6": _above(IPV6, MASK6, _ICMP),
}

PROTOCOLS: Mapping[str, Attributes] = {**LAYER2, **LAYER3}
