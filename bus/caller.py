# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who makes a call: a process on the bus, or the client that the proxy vouches for."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from virtbus.bus.errors import InvalidArg

TEXT_MAX = 1024
UID_MAX = 2**32 - 2
TRANSPORTS = ("unix", "tcp", "tls")
REMOTE = ("tcp", "tls")
_KEYS: dict[str, type] = {
    "uid": int, "gid": int, "pid": int, "start_time": int, "user": str, "group": str, "transport": str,
    "read_only": bool, "sasl_user": str, "x509_dname": str, "selinux": str,
}  # fmt: skip
_LOCAL_ONLY = ("uid", "gid", "pid", "start_time", "user", "group", "selinux")


@dataclass(frozen=True, slots=True)
class Caller:
    """One identity, fixed for as long as its link lives. None stands for what is not known.

    `start_time` is the process's, in clock ticks since boot. `transport` is "bus" for a caller on the system bus,
    whose connection is `unique_name`; `vouched` says that the proxy has checked who it is.
    """

    uid: int | None = None
    gid: int | None = None
    pid: int | None = None
    start_time: int | None = None
    user: str | None = None
    group: str | None = None
    transport: str = "bus"
    read_only: bool = False
    sasl_user: str | None = None
    x509_dname: str | None = None
    selinux: str | None = None
    unique_name: str | None = None
    pidfd: int | None = None
    vouched: bool = False

    @property
    def is_root(self) -> bool:
        """Whether the caller is root on this host."""
        return self.uid == 0 and self.transport not in REMOTE

    @property
    def is_remote(self) -> bool:
        """Whether the caller came over the network, and so is no process of this host."""
        return self.transport in REMOTE

    @classmethod
    def from_identity(cls, identity: Mapping[str, Any]) -> Caller:
        """Give the client that the proxy describes; InvalidArg where no honest proxy would say that."""
        values = {key: _value(key, getattr(each, "value", each)) for key, each in identity.items()}
        caller = cls(**{"transport": "unix", **values}, vouched=True)
        if caller.transport not in TRANSPORTS:
            raise InvalidArg(f"unknown transport '{caller.transport}' in the identity")
        if caller.is_remote and any(key in values for key in _LOCAL_ONLY):
            raise InvalidArg("a remote client has no local account")
        if not caller.is_remote and caller.uid is None:
            raise InvalidArg("the identity of a local client has no uid")
        return caller

    @classmethod
    def from_credentials(cls, credentials: Mapping[str, Any], unique_name: str) -> Caller:
        """Give the caller that the bus has these credentials of (GetConnectionCredentials)."""
        groups = credentials.get("UnixGroupIDs") or [None]
        label = credentials.get("LinuxSecurityLabel")
        pid = credentials.get("ProcessID")
        return cls(
            uid=credentials.get("UnixUserID"),
            gid=groups[0],
            pid=pid,
            start_time=start_time_of(pid) if pid else None,
            selinux=bytes(label).rstrip(b"\0").decode(errors="replace") if label else None,
            unique_name=unique_name,
            pidfd=credentials.get("ProcessFD"),
        )

    def narrowed(self, *, read_only: bool) -> Caller:
        """Give the same caller, held to reading if asked."""
        return replace(self, read_only=self.read_only or read_only)

    def identity(self) -> dict[str, Any]:
        """Give what the proxy tells the daemons of this client: the keys that are known."""
        found = {key: getattr(self, key) for key in _KEYS}
        return {key: value for key, value in found.items() if value is not None}

    def __str__(self) -> str:
        """Describe the caller in a log, on one line and without anything a client could forge."""
        known = {**self.identity(), "bus": self.unique_name}
        return " ".join(f"{key}={value!r}" for key, value in known.items() if value is not None)


ITSELF = Caller(uid=0, gid=0, user="root", transport="unix")
"""The daemon, when it does something of its own accord."""

_current: contextvars.ContextVar[Caller] = contextvars.ContextVar("caller", default=ITSELF)


def current() -> Caller:
    """Give the caller on whose behalf the running task works."""
    return _current.get()


@contextlib.contextmanager
def acting(caller: Caller) -> Iterator[None]:
    """Work on behalf of the caller until the block ends."""
    token = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(token)


def start_time_of(pid: int) -> int | None:
    """Give when a process started, in clock ticks since boot; None when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The second field, the program's name, may hold spaces and brackets; the start time is the 22nd.
    return int(stat.rpartition(b")")[2].split()[19])


def _value(key: str, value: Any) -> Any:
    wanted = _KEYS.get(key)
    if wanted is None:
        raise InvalidArg(f"unknown key '{key[:64]}' in the identity")
    if type(value) is not wanted:
        raise InvalidArg(f"'{key}' of the identity has the wrong type")
    if isinstance(value, str) and not (0 < len(value) <= TEXT_MAX and value.isprintable()):
        raise InvalidArg(f"'{key}' of the identity is empty, too long or not printable")
    if key in ("uid", "gid") and value not in range(UID_MAX + 1):
        raise InvalidArg(f"'{key}' of the identity is no account")
    return value
