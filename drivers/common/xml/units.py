# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sizes with units, in whole numbers: no float ever rounds a size."""

from __future__ import annotations

from virtbus.bus.errors import ErrorDomain, InvalidArg, Overflow

_BINARY: dict[str, int] = {letter: 1024 ** (power + 1) for power, letter in enumerate("kmgtpe")}
_DECIMAL: dict[str, int] = {letter: 1000 ** (power + 1) for power, letter in enumerate("kmgtpe")}


def factor(unit: str) -> int:
    """Give the bytes of a unit: b, bytes, k, KiB, KB … e, EiB, EB in any case; InvalidArg for another word."""
    word = unit.lower()
    if word in ("b", "byte", "bytes"):
        return 1
    letter, rest = word[:1], word[1:]
    if letter in _BINARY and rest in ("", "ib"):
        return _BINARY[letter]
    if letter in _DECIMAL and rest == "b":
        return _DECIMAL[letter]
    raise InvalidArg(f"unknown suffix '{unit}'", origin=ErrorDomain.NONE)


def scale(value: int, unit: str | None, default: int, limit: int = 2**64 - 1) -> int:
    """Give a value of some unit in bytes; `default` is the factor where there is no unit.

    Errors: InvalidArg for an unknown unit, Overflow ("value too large") beyond `limit`.
    """
    by = factor(unit) if unit else default
    if value > limit // by:
        raise Overflow(f"value too large: {value}{unit or ''}", origin=ErrorDomain.NONE)
    return value * by
