# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemons of the federation, each described by one small file, and the way from a URI to them.

A descriptor is a TOML file in a folder (`policy/daemons.d`, or /usr/share/virtbus/daemons.d with additions and
replacements in /etc/virtbus/daemons.d). A daemon from elsewhere joins by installing its program and one such file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from virtbus.bus.errors import NoConnect

INSTALLED = Path("/usr/share/virtbus/daemons.d")
LOCAL = Path("/etc/virtbus/daemons.d")
BUS_ROOT = "org.libvirt."
KINDS = ("hypervisor", "network", "storage", "nwfilter", "nodedev", "secret", "interface", "log", "lock", "proxy")


class DescriptorError(Exception):
    """A descriptor that cannot be used: which file, and what is wrong with it."""


class Uri(NamedTuple):
    """Connection URIs that a daemon answers first: a scheme and its paths ("*" for any)."""

    scheme: str
    paths: tuple[str, ...]
    borrows: bool = False
    default: bool = False

    def answers(self, scheme: str, path: str) -> bool:
        """Say whether a URI with this scheme and path is meant."""
        return scheme == self.scheme and ("*" in self.paths or path in self.paths)


@dataclass(frozen=True, slots=True)
class Daemon:
    """One daemon: how it is called, started and reached, and what it holds.

    `serves` names the parts of the catalogue (`Api.daemon`) whose objects it exports; one that `lends` exports them
    to the connections of others as well. `driver` is the name that libvirt's polkit rules know as `connect_driver`.
    """

    name: str
    description: str
    program: str
    bus_name: str
    module: str
    class_name: str
    driver: str
    user: str
    serves: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    lends: bool = False
    uris: tuple[Uri, ...] = ()
    hardening: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> str:
        """Give the part of the catalogue by which its bus name and object paths go: network, hypervisor."""
        return self.bus_name.removeprefix(BUS_ROOT).partition(".")[0].removesuffix("1")

    @property
    def root(self) -> str:
        """Give the object path of its manager."""
        return f"/org/libvirt/{self.kind}1"


class Route(NamedTuple):
    """Where the calls of a connection go: the daemon that answers first, and the bus name for each part."""

    primary: Daemon
    buses: Mapping[str, str]


def default_folders() -> tuple[Path, ...]:
    """Give the folder beside this package, or else that of an installed system; then the administrator's."""
    beside = Path(__file__).resolve().parent.parent / "policy/daemons.d"
    return (beside if beside.is_dir() else INSTALLED, LOCAL)


def load(folder: Path | str | None = None) -> list[Daemon]:
    """Give all daemons described in the folder (default: see `default_folders`), sorted by name."""
    folders = (Path(folder),) if folder is not None else default_folders()
    if folder is not None and not Path(folder).is_dir():
        raise DescriptorError(f"{folder}: no such folder")
    files = {path.name: path for each in folders for path in sorted(each.glob("*.toml"))}
    daemons = sorted((read(path) for path in files.values()), key=lambda d: d.name)
    _refuse_clashes(daemons)
    return daemons


def read(path: Path) -> Daemon:
    """Give the daemon that a file describes; DescriptorError names the file and the fault."""
    try:
        data = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DescriptorError(f"{path}: {error}") from error
    try:
        return parse(data)
    except DescriptorError as error:
        raise DescriptorError(f"{path}: {error}") from error


def parse(data: Mapping[str, Any]) -> Daemon:
    """Give the daemon of a descriptor's contents."""
    reader = _Table(data, "")
    table = reader.table("daemon")
    daemon = Daemon(
        name=table.text("name"),
        description=table.text("description"),
        program=table.text("program"),
        bus_name=table.text("bus_name"),
        module=table.text("module"),
        class_name=table.text("class"),
        driver=table.text("driver"),
        user=table.text("user", "root"),
        serves=table.texts("serves"),
        arguments=table.texts("arguments", ()),
        lends=table.flag("lends"),
        uris=tuple(_uri(each) for each in reader.tables("uri")),
        hardening=tuple(sorted(reader.table("hardening", optional=True).all_texts().items())),
    )
    table.finish()
    reader.finish()
    _check(daemon)
    return daemon


def route(daemons: Iterable[Daemon], scheme: str, path: str) -> Route:
    """Give where a connection's calls go; an empty scheme means the default. NoConnect where nobody answers."""
    known = list(daemons)
    for daemon in known:
        for uri in daemon.uris:
            if uri.answers(scheme, path) or (not scheme and uri.default):
                return Route(daemon, _buses(known, daemon, uri))
    raise NoConnect(f"{scheme}://{path}")


def by_name(daemons: Iterable[Daemon], name: str) -> Daemon:
    """Give the daemon of a name, program or bus name; DescriptorError where there is none."""
    for daemon in daemons:
        if name in (daemon.name, daemon.program, daemon.bus_name):
            return daemon
    raise DescriptorError(f"no daemon is called {name}")


def _buses(daemons: Sequence[Daemon], primary: Daemon, uri: Uri) -> dict[str, str]:
    lent = {kind: daemon.bus_name for daemon in daemons if daemon.lends for kind in daemon.serves}
    own = dict.fromkeys(primary.serves, primary.bus_name)
    return {**lent, **own} if uri.borrows else own


def _uri(table: _Table) -> Uri:
    uri = Uri(table.text("scheme"), table.texts("paths"), table.flag("borrows"), table.flag("default"))
    table.finish()
    return uri


def _check(daemon: Daemon) -> None:
    unknown = [kind for kind in (*daemon.serves, daemon.kind) if kind not in KINDS]
    if unknown:
        raise DescriptorError(f"unknown part of the API: {unknown[0]} (known: {', '.join(KINDS)})")
    if not daemon.bus_name.startswith(f"{BUS_ROOT}{daemon.kind}1"):
        raise DescriptorError(f"bus_name: {daemon.bus_name} does not begin with {BUS_ROOT}<part>1")
    if "/" in daemon.program or not daemon.program:
        raise DescriptorError(f"program: {daemon.program!r} is no plain file name")


def _refuse_clashes(daemons: Sequence[Daemon]) -> None:
    claims: dict[tuple[str, str], str] = {}
    for daemon in daemons:
        for claim in _claims(daemon):
            other = claims.setdefault(claim, daemon.name)
            if other != daemon.name:
                raise DescriptorError(f"{other} and {daemon.name} both claim {claim[0]} {claim[1]}")


def _claims(daemon: Daemon) -> list[tuple[str, str]]:
    own = [("the name", daemon.name), ("the program", daemon.program), ("the bus name", daemon.bus_name)]
    lent = [("to lend", kind) for kind in daemon.serves if daemon.lends]
    uris = [("the URI", f"{uri.scheme}://{path}") for uri in daemon.uris for path in uri.paths]
    return own + lent + uris + [("the default", "URI") for uri in daemon.uris if uri.default]


class _Table:
    """One table of a descriptor: each key is asked for once, what is left over is an error."""

    def __init__(self, data: Mapping[str, Any], where: str) -> None:
        self._left = dict(data)
        self._where = where

    def text(self, key: str, default: str | None = None) -> str:
        return self._take(key, str, default)  # type: ignore[no-any-return]

    def flag(self, key: str) -> bool:
        return self._take(key, bool, False)  # type: ignore[no-any-return]  # noqa: FBT003

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        items = self._take(key, (list, tuple), default)
        if not all(isinstance(item, str) for item in items):
            raise DescriptorError(f"{self._where}{key}: not a list of strings")
        return tuple(items)

    def all_texts(self) -> dict[str, str]:
        return {key: self.text(key) for key in list(self._left)}

    def table(self, key: str, *, optional: bool = False) -> _Table:
        return _Table(self._take(key, dict, {} if optional else None), f"{self._where}{key}.")

    def tables(self, key: str) -> list[_Table]:
        items = self._take(key, list, [])
        if not all(isinstance(item, dict) for item in items):
            raise DescriptorError(f"{self._where}{key}: not a list of tables")
        return [_Table(item, f"{self._where}{key}.") for item in items]

    def finish(self) -> None:
        """Refuse what nobody asked for: a key misspelt is a setting lost."""
        if self._left:
            raise DescriptorError(f"{self._where}{min(self._left)}: unknown key")

    def _take(self, key: str, kind: type | tuple[type, ...], default: Any) -> Any:
        value = self._left.pop(key, default)
        if value is None:
            raise DescriptorError(f"{self._where}{key}: missing")
        if not isinstance(value, kind):
            raise DescriptorError(f"{self._where}{key}: wrong type")
        return value
