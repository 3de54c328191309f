# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kinds of values that the attributes of rules have: text to value (None: illegal), and back in libvirt's form."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from virtbus.drivers.common.xml.values import to_mac


class AttributeKind(NamedTuple):
    """A kind of value."""

    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


class Number(int):
    """A number that remembers whether it was written in base 16."""

    base16 = False

    def __str__(self) -> str:
        """Give it in the base it came in."""
        return f"0x{int(self):x}" if self.base16 else int.__repr__(self)


_DECIMAL = re.compile(r"[ \t\n\v\f\r]*\+?[0-9]+\Z")
_BASE16 = re.compile(r"[ \t\n\v\f\r]*\+?(?:0[xX])?[0-9a-fA-F]+\Z")


def to_number(text: str, low: int, high: int, *, base16: bool = True) -> Number | None:
    """Give the number that a text is, in base 10 if it can be, else (if allowed) in base 16."""
    if len(text) > 64:
        return None
    if _DECIMAL.match(text):
        value = Number(text)
    elif base16 and _BASE16.match(text):
        value = Number(int(text, 16))
        value.base16 = True
    else:
        return None
    return value if low <= value <= high else None


def number(high: int, low: int = 0, *, base16: bool = True) -> AttributeKind:
    """Give a kind for numbers within bounds."""
    return AttributeKind(lambda text: to_number(text, low, high, base16=base16))


def named(names: Mapping[str, int], low: int, high: int, *, keep_base: bool = True) -> AttributeKind:
    """Give a kind for numbers that have names, in any case; a number that has a name is written by it."""
    by_name = {name.lower(): value for name, value in names.items()}
    by_number = {value: name for name, value in names.items()}

    def read(text: str) -> Number | None:
        known = by_name.get(text.lower())
        return Number(known) if known is not None else to_number(text, low, high)

    def write(value: Number) -> str:
        return by_number.get(value) or (str(value) if keep_base else f"{value:d}")

    return AttributeKind(read, write)


ETHERTYPES = {"ipv4": 0x800, "arp": 0x806, "rarp": 0x8035, "ipv6": 0x86DD, "vlan": 0x8100}
PROTOCOLS = {
    "icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "esp": 50, "ah": 51, "icmpv6": 58, "sctp": 132, "udplite": 136,
}  # fmt: skip
OPCODES = {
    "Request": 1, "Reply": 2, "Request_Reverse": 3, "Reply_Reverse": 4, "DRARP_Request": 5, "DRARP_Reply": 6,
    "DRARP_Error": 7, "InARP_Request": 8, "ARP_NAK": 9,
}  # fmt: skip

UINT8, UINT16, UINT32 = number(0xFF), number(0xFFFF), number(0xFFFFFFFF)
PROTOCOL_ID = named(ETHERTYPES, 0x600, 0xFFFF)
ENCAPSULATED = named(ETHERTYPES, 0x3C, 0xFFFF)
IP_PROTOCOL = named(PROTOCOLS, 0, 0xFF)
OPCODE = named(OPCODES, 0, 0xFFFF, keep_base=False)
VLAN_ID = number(0xFFF)
DSCP = number(0x3F)
CONNECTIONS = number(0xFFFF, base16=False)

MAC = AttributeKind(lambda text: to_mac(text.removesuffix(" ")))


def _read_mac_mask(text: str) -> str | None:
    """Give a MAC address whose set bits are all in front."""
    mask = to_mac(text)
    if mask is None:
        return None
    bits = f"{int(mask.replace(':', ''), 16):048b}"
    return mask if "01" not in bits else None


MAC_MASK = AttributeKind(_read_mac_mask)


def _read_ipv4(text: str) -> str | None:
    if text != text.strip():
        return None
    mapped = text.lower().removeprefix("::ffff:")
    try:
        return socket.inet_ntoa(socket.inet_aton(mapped))
    except (OSError, ValueError, UnicodeEncodeError):
        return None


def _read_ipv6(text: str) -> str | None:
    try:
        return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, text))
    except (OSError, ValueError, UnicodeEncodeError):
        return None


IPV4, IPV6 = AttributeKind(_read_ipv4), AttributeKind(_read_ipv6)
EITHER_IP = AttributeKind(lambda text: _read_ipv4(text) or _read_ipv6(text))


def _mask(bits: int, read: Callable[[str], str | None]) -> AttributeKind:
    def read_mask(text: str) -> int | None:
        plain = to_number(text, 0, bits, base16=False)
        if plain is not None:
            return int(plain)
        address = read(text)
        if address is None or _DECIMAL.match(text):
            return None
        shown = f"{int(ipaddress.ip_address(address)):0{bits}b}"
        return shown.count("1") if "01" not in shown else None

    return AttributeKind(read_mask)


MASK4, MASK6 = _mask(32, _read_ipv4), _mask(128, _read_ipv6)

STATES = ("NEW", "ESTABLISHED", "RELATED", "INVALID")
FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG")


def _words(text: str, allowed: tuple[str, ...]) -> list[str] | None:
    words = [word.strip().upper() for word in text.split(",")]
    words = [word for word in words if word]
    return words if all(word in allowed for word in words) else None


def _read_states(text: str) -> tuple[str, ...] | None:
    words = _words(text, (*STATES, "NONE"))
    if words is None:
        return None
    return ("NONE",) if "NONE" in words else tuple(state for state in STATES if state in words)


STATE = AttributeKind(_read_states, ",".join)


class TcpFlags(NamedTuple):
    """The TCP flags that must be set, among those that are looked at."""

    value: tuple[str, ...]
    mask: tuple[str, ...]


def _flag_set(text: str) -> tuple[str, ...] | None:
    words = _words(text, (*FLAGS, "ALL", "NONE"))
    if words is None:
        return None
    return tuple(flag for flag in FLAGS if flag in words or "ALL" in words)


def _read_flags(text: str) -> TcpFlags | None:
    parts = text.split("/")
    if len(parts) != 2:
        return None
    value, mask = _flag_set(parts[0]), _flag_set(parts[1])
    return TcpFlags(value, mask) if value is not None and mask is not None else None


def _flag_words(flags: tuple[str, ...]) -> str:
    if flags == FLAGS:
        return "ALL"
    return ",".join(flags) or "NONE"


TCP_FLAGS = AttributeKind(_read_flags, lambda flags: f"{_flag_words(flags.value)}/{_flag_words(flags.mask)}")

_SET_NAME = re.compile(r"[A-Za-z0-9_.:+\- ]{0,31}\Z")
IPSET = AttributeKind(lambda text: text if _SET_NAME.match(text) else None)


def _read_directions(text: str) -> tuple[str, ...] | None:
    words = tuple(word.strip().lower() for word in text.split(","))
    return words if len(words) <= 6 and all(word in ("src", "dst") for word in words) else None


IPSET_FLAGS = AttributeKind(_read_directions, ",".join)
BOOLEAN = AttributeKind(lambda text: text in ("true", "yes", "1"), lambda value: "true" if value else "false")
COMMENT_MAX = 256
COMMENT = AttributeKind(lambda text: text[:COMMENT_MAX])
