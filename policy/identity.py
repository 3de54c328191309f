# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whose account a remote user acts for: the map from a certificate's or SASL user's name to an account or a role.

The file is root's alone, in TOML; the first entry that matches counts, and who matches none is nobody:

    [[identity]]
    sasl = "alice@EXAMPLE.ORG"      # patterns: * ? [abc]
    account = "alice"               # polkit's rules see this local account

    [[identity]]
    x509 = "CN=backup,*"
    role = "viewer"                 # a role of this file

    [roles]
    viewer = ["*.getattr", "*.read", "connect.search-*"]   # permissions, without polkit being asked
"""

from __future__ import annotations

import logging
import os
import pwd
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from virtbus.bus.caller import Caller

log = logging.getLogger("virtbus.policy")

DEFAULT = Path("/etc/virtbus/identities.toml")
ACTION_PREFIX = "org.libvirt.api."


class MapError(Exception):
    """An identity map that cannot be used: the fault, in words for the administrator."""


class Entry(NamedTuple):
    """One line of the map: patterns that all must match, and who that is then."""

    sasl: str | None
    x509: str | None
    account: str | None
    role: str | None

    def matches(self, caller: Caller) -> bool:
        """Say whether the caller is meant; a pattern never matches a name that is not known."""
        pairs = ((self.sasl, caller.sasl_user), (self.x509, caller.x509_dname))
        wanted = [(pattern, name) for pattern, name in pairs if pattern is not None]
        return bool(wanted) and all(name is not None and fnmatchcase(name, pattern) for pattern, name in wanted)


class Mapped(NamedTuple):
    """Who a remote user is here: an account (its uid), or a role (the permissions it has, as patterns)."""

    uid: int | None = None
    role: str | None = None
    permissions: tuple[str, ...] = ()

    def allows(self, action: str) -> bool:
        """Say whether the role has the permission of a polkit action."""
        short = action.removeprefix(ACTION_PREFIX)
        return action.startswith(ACTION_PREFIX) and any(fnmatchcase(short, each) for each in self.permissions)


@dataclass(frozen=True)
class IdentityMap:
    """The whole map."""

    entries: tuple[Entry, ...] = ()
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def find(self, caller: Caller) -> Mapped | None:
        """Give who the caller is; None for nobody: then he may do nothing."""
        for entry in self.entries:
            if entry.matches(caller):
                return self._mapped(entry)
        return None

    def _mapped(self, entry: Entry) -> Mapped | None:
        if entry.role is not None:
            return Mapped(role=entry.role, permissions=self.roles[entry.role])
        try:
            return Mapped(uid=pwd.getpwnam(entry.account or "").pw_uid)
        except KeyError:
            log.error("the identity map names the account %r, which does not exist", entry.account)
            return None


def parse(text: str) -> IdentityMap:
    """Give the map that a file's text holds; MapError says what is wrong with it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MapError(str(error)) from error
    unknown = data.keys() - {"identity", "roles"}
    if unknown:
        raise MapError(f"unknown table: {min(unknown)}")
    roles = {name: _patterns(name, value) for name, value in _table(data.get("roles", {})).items()}
    items = data.get("identity", [])
    if not isinstance(items, list):
        raise MapError("identity: not a list of tables")
    return IdentityMap(tuple(_entry(_table(item), roles) for item in items), roles)


def _entry(item: Mapping[str, Any], roles: Mapping[str, tuple[str, ...]]) -> Entry:
    unknown = item.keys() - set(Entry._fields)
    if unknown:
        raise MapError(f"identity: unknown key {min(unknown)}")
    if any(not isinstance(value, str) or not value for value in item.values()):
        raise MapError("identity: every value is a text that is not empty")
    entry = Entry(*(item.get(name) for name in Entry._fields))
    if entry.sasl is None and entry.x509 is None:
        raise MapError("identity: an entry needs sasl or x509")
    if (entry.account is None) == (entry.role is None):
        raise MapError("identity: an entry needs either account or role")
    if entry.role is not None and entry.role not in roles:
        raise MapError(f"identity: unknown role {entry.role}")
    return entry


def _patterns(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise MapError(f"roles.{name}: not a list of permissions")
    return tuple(value)


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise MapError("a table is expected")
    return value


class IdentityFile:
    """The map of a file, read again whenever the file has changed."""

    def __init__(self, path: Path = DEFAULT, owner: int = 0) -> None:
        """Use the file at `path`, which must belong to the user `owner` alone."""
        self._path, self._owner = path, owner
        self._seen: tuple[int, ...] | None = None
        self._map = IdentityMap()

    @property
    def stamp(self) -> tuple[int, ...] | None:
        """What tells one state of the file from another."""
        return self._seen

    def find(self, caller: Caller) -> Mapped | None:
        """Give who the caller is by the present map; None for nobody, also where the file cannot be used."""
        self._refresh()
        return self._map.find(caller)

    def _refresh(self) -> None:
        try:
            seen = _stamp(os.stat(self._path))
        except FileNotFoundError:
            seen = None
        if seen == self._seen:
            return
        self._seen = seen
        self._map = IdentityMap()
        if seen is not None:
            try:
                self._map = self._read()
            except (MapError, OSError, UnicodeDecodeError) as error:
                log.error("%s cannot be used, remote users are refused: %s", self._path, error)

    def _read(self) -> IdentityMap:
        with self._path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != self._owner or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise MapError("it may be changed by others than its owner")
            return parse(file.read().decode())


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_mtime_ns, status.st_ino, status.st_size, status.st_mode, status.st_uid)
