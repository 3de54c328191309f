# SPDX-License-Identifier: LGPL-2.1-or-later
"""The settings of libvirtd.conf that concern clients, read as libvirt reads them: `key = value`, # for comments."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from virtbus.proxy.auth import Method
from virtbus.proxy.rpc.limits import Limits

Value = str | int | list[str]
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=|(?P<number>-?\d+)|"(?P<string>[^"\n]*)"|'(?P<quoted>[^'\n]*)'|(?P<mark>[\[\],])"""
)


class ConfigError(Exception):
    """A file of settings that cannot be read: which, where and why."""


@dataclass(frozen=True)
class Settings:
    """What libvirtd.conf may say; the defaults are libvirt's."""

    listen_tls: int | None = None
    listen_tcp: int | None = None
    tls_port: str = "16514"
    tcp_port: str = "16509"
    listen_addr: str = ""
    unix_sock_group: str = ""
    unix_sock_ro_perms: str = "0777"
    unix_sock_rw_perms: str = ""
    unix_sock_dir: str = "/run/libvirt"
    auth_unix_ro: str = "polkit"
    auth_unix_rw: str = "polkit"
    auth_tcp: str = "sasl"
    auth_tls: str = "none"
    key_file: str = "/etc/pki/libvirt/private/serverkey.pem"
    cert_file: str = "/etc/pki/libvirt/servercert.pem"
    ca_file: str = "/etc/pki/CA/cacert.pem"
    crl_file: str = ""
    tls_no_verify_certificate: int = 0
    tls_allowed_dn_list: list[str] | None = None
    max_clients: int = Limits.max_clients
    max_anonymous_clients: int = Limits.max_anonymous_clients
    max_client_requests: int = Limits.max_client_requests
    keepalive_interval: int = int(Limits.keepalive_interval)
    keepalive_count: int = Limits.keepalive_count

    def wants(self, kind: str, *, listen: bool) -> bool:
        """Say whether to listen for "tls" or "tcp": where the settings say so, or by libvirt's default if asked to."""
        told: int | None = getattr(self, f"listen_{kind}")
        return bool(told) if told is not None else listen and kind == "tls"

    @property
    def limits(self) -> Limits:
        """Give the limits for clients."""
        return Limits(
            max_clients=self.max_clients,
            max_anonymous_clients=self.max_anonymous_clients or self.max_clients,
            max_client_requests=max(self.max_client_requests, 1),
            keepalive_interval=self.keepalive_interval,
            keepalive_count=self.keepalive_count,
        )


def method(name: str) -> Method:
    """Give the way of authentication of a name in the settings; ConfigError for another name."""
    known = {"none": Method.NONE, "sasl": Method.SASL, "polkit": Method.POLKIT}
    if name not in known:
        raise ConfigError(f"unsupported auth {name}")
    return known[name]


def load(path: Path) -> Settings:
    """Give the settings of a file; the defaults where there is none. Keys that are not ours are passed over."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(f"{path}: {err}") from err
    try:
        found = parse(text)
    except ConfigError as err:
        raise ConfigError(f"{path}:{err}") from err
    known = {f.name: f for f in fields(Settings)}
    values = {key: _fitting(path, key, value) for key, value in found.items() if key in known}
    return Settings(**values)


def _fitting(path: Path, key: str, value: Value) -> Any:
    wanted = type(getattr(Settings(), key) or (0 if key.startswith("listen_t") else ""))
    if key == "tls_allowed_dn_list":
        wanted = list
    if not isinstance(value, wanted):
        raise ConfigError(f"{path}: {key}: a value of another type is expected")
    return value


def parse(text: str) -> dict[str, Value]:
    """Give the settings in a text; ConfigError names the line that is no setting."""
    reader = _Reader()
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None or not reader.take(token.lastgroup, token[token.lastgroup] if token.lastgroup else ""):
            raise ConfigError(f"{text.count(chr(10), 0, position) + 1}: not a setting")
        position = token.end()
    if reader.name is not None:
        raise ConfigError(f"{text.count(chr(10)) + 1}: a setting without its value")
    return reader.found


class _Reader:
    """Puts tokens together to settings."""

    def __init__(self) -> None:
        self.found: dict[str, Value] = {}
        self.name: str | None = None
        self._items: list[str] | None = None

    def take(self, kind: str | None, text: str) -> bool:
        """Take a token; False where it does not belong here."""
        if kind is None:
            return True
        if kind == "name":
            fits, self.name = self.name is None, text
            return fits
        if self.name is None:
            return False
        return self._mark(text) if kind == "mark" else self._value(int(text) if kind == "number" else text)

    def _mark(self, mark: str) -> bool:
        if mark == "[" and self._items is None:
            self._items = []
        elif mark == "]" and self._items is not None:
            self._store(self._items)
        else:
            return self._items is not None and mark == ","
        return True

    def _value(self, value: str | int) -> bool:
        if self._items is None:
            self._store(value)
        else:
            self._items.append(str(value))
        return True

    def _store(self, value: Value) -> None:
        assert self.name is not None
        self.found[self.name] = value
        self.name = self._items = None
