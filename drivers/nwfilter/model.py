# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a filter and a binding are, apart from XML and from nftables."""

from __future__ import annotations

import re
import uuid as _uuid
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Params = dict[str, list[str]]
"""Variables: name to values, each list in the order it was given."""

_VARIABLE = re.compile(r"\$([A-Za-z0-9_]*)(?:\[[ \t]*(@?)[ \t]*([0-9]{1,10})[ \t]*\].*)?\Z", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_]+\Z")
_VALUE = re.compile(r"[A-Za-z0-9_.:]+\Z")


class Variable(NamedTuple):
    """A reference to a variable: all its values, one of them (`place`), or those that an iterator walks through."""

    name: str
    place: int | None = None
    iterator: int | None = None

    def __str__(self) -> str:
        """Give it as a rule has it: $NAME, $NAME[1], $NAME[@1]."""
        if self.place is not None:
            return f"${self.name}[{self.place}]"
        return f"${self.name}" if self.iterator is None else f"${self.name}[@{self.iterator}]"


class Learned(NamedTuple):
    """The address that the kernel learns from what a guest sends first: the set that holds it.

    `learn` is whether a rule's frame may be that first one; else it is only compared.
    """

    set: str
    learn: bool = False


def to_variable(text: str) -> Variable | None:
    """Give the variable that a rule's attribute refers to; None for other text."""
    found = _VARIABLE.match(text)
    if found is None:
        return None
    name, at, number = found.groups()
    if number is None:
        return Variable(name)
    if int(number) >= 2**32:
        return None
    return Variable(name, iterator=int(number)) if at else Variable(name, place=int(number))


@dataclass
class Rule:
    """One rule. `values` has the attributes of the protocol that were given, in the protocol's order."""

    action: str
    direction: str
    priority: int
    state_match: bool = True
    protocol: str | None = None
    match: bool = True
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Include:
    """Another filter, by name, whose rules belong to this one too."""

    filter: str
    params: Params = field(default_factory=dict)


@dataclass
class FilterModel:
    """A filter."""

    name: str
    uuid: _uuid.UUID
    chain: str
    priority: int
    entries: list[Rule | Include] = field(default_factory=list)

    @property
    def includes(self) -> list[Include]:
        """The filters that this one refers to."""
        return [entry for entry in self.entries if isinstance(entry, Include)]


@dataclass
class BindingModel:
    """A filter on a guest's interface."""

    owner: str
    owner_uuid: _uuid.UUID
    port: str
    link: str | None
    mac: str
    filter: str
    params: Params = field(default_factory=dict)


def is_variable_name(text: str) -> bool:
    """Say whether a variable may have this name."""
    return bool(_NAME.match(text))


def is_variable_value(text: str) -> bool:
    """Say whether a variable may have this value."""
    return bool(_VALUE.match(text))
