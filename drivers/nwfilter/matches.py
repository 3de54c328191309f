# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pieces of nftables rules in their JSON form (libnftables-json(5)): everything is typed, nothing is joined text."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from virtbus.drivers.nwfilter.model import Learned

Json = dict[str, Any]

TCP_BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32}


def field(protocol: str, name: str) -> Json:
    """Give a header field that nftables knows by name."""
    return {"payload": {"protocol": protocol, "field": name}}


def raw(offset: int, length: int) -> Json:
    """Give bits of the network header, for what nftables has no name for."""
    return {"payload": {"base": "nh", "offset": offset, "len": length}}


def match(left: Any, right: Any, *, equal: bool = True) -> Json:
    """Compare."""
    return {"match": {"op": "==" if equal else "!=", "left": left, "right": right}}


def ethertype(value: int, *, equal: bool = True) -> Json:
    """Compare the frame's type."""
    return match(field("ether", "type"), value, equal=equal)


def span(low: int, high: int | None) -> Any:
    """Give a number, or a range where there is an upper end."""
    if high is None or high == low:
        return int(low)
    return {"range": [min(int(low), int(high)), max(int(low), int(high))]}


def mac_bits(mac: str) -> int:
    """Give a MAC address as a number."""
    return int(mac.replace(":", ""), 16)


def _mac_text(bits: int) -> str:
    return ":".join(f"{byte:02x}" for byte in bits.to_bytes(6, "big"))


def mac(name: str, address: str, mask: str | None, *, equal: bool = True) -> Json:
    """Compare a MAC address of the frame (saddr or daddr), all of it or the part that the mask shows."""
    left = field("ether", name)
    if mask is None:
        return match(left, address, equal=equal)
    shown = _mac_text(mac_bits(address) & mac_bits(mask))
    return match({"&": [left, mask]}, shown, equal=equal)


def masked(offset: int, length: int, value: int, mask: int | None, *, equal: bool = True) -> Json:
    """Compare bits of the network header, all of them or those of the mask."""
    left = raw(offset, length)
    if mask is None:
        return match(left, value, equal=equal)
    return match({"&": [left, mask]}, value & mask, equal=equal)


def address(family: str, name: str, value: str | Learned, prefix: int | None, *, equal: bool = True) -> Iterator[Json]:
    """Compare an IP address (family ip or ip6, name saddr or daddr), all of it or its first bits."""
    if isinstance(value, Learned):
        yield from learned(field(family, name), value, equal=equal)
    elif prefix is None:
        yield match(field(family, name), value, equal=equal)
    else:
        network = ipaddress.ip_network(f"{value}/{prefix}", strict=False)
        shown: Json = {"prefix": {"addr": str(network.network_address), "len": network.prefixlen}}
        yield match(field(family, name), shown, equal=equal)


def learned(left: Json, value: Learned, *, equal: bool) -> Iterator[Json]:
    """Compare with the address that was learned, or learn it: the set takes one, and no other after that."""
    if not value.learn or not equal:
        yield match(left, f"@{value.set}", equal=equal)
        return
    yield match(left, "0.0.0.0", equal=False)
    yield {"set": {"op": "add", "elem": left, "set": f"@{value.set}"}}


def may_learn(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values of a rule for what a guest sends: its own address, as the source, may be learned there."""
    sources = ("srcipaddr", "arpsrcipaddr")
    return {
        name: value._replace(learn=True) if isinstance(value, Learned) and name in sources else value
        for name, value in values.items()
    }


def jump(chain: str) -> Json:
    """Go on in another chain and come back from its end."""
    return {"jump": {"target": chain}}


def verdict(word: str) -> Json:
    """Decide: accept, drop, return, continue."""
    return {word: None}
