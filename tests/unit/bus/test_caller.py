# SPDX-License-Identifier: LGPL-2.1-or-later
"""Identities: what the proxy may say of its clients, and what the bus says of a caller."""

import os
from typing import Any

import pytest

from virtbus.bus.caller import ITSELF, Caller, acting, current, start_time_of
from virtbus.bus.errors import InvalidArg

LOCAL = {"uid": 1000, "gid": 1000, "pid": 42, "start_time": 7, "user": "alice", "transport": "unix"}


def test_an_identity_goes_there_and_back() -> None:
    caller = Caller.from_identity({**LOCAL, "read_only": True})
    assert caller.vouched
    assert caller.read_only
    assert caller.identity() == {**LOCAL, "read_only": True}
    assert Caller.from_identity(caller.identity()) == caller


@pytest.mark.parametrize(
    "identity",
    [
        {"transport": "tls", "uid": 0, "x509_dname": "CN=a"},
        {"transport": "tls", "pid": 1},
        {"transport": "tcp", "user": "root"},
        {"transport": "pigeon"},
        {"transport": "bus", "uid": 0},
        {"transport": "unix"},
        {},
        {**LOCAL, "user": ""},
        {**LOCAL, "user": "a" * 65536},
        {**LOCAL, "user": "a\nroot"},
        {**LOCAL, "uid": -1},
        {**LOCAL, "uid": 2**32 - 1},
        {**LOCAL, "uid": True},
        {**LOCAL, "uid": "0"},
        {**LOCAL, "colour": "red"},
        {**LOCAL, "read_only": 0},
        {**LOCAL, "vouched": True},
        {**LOCAL, "unique_name": ":1.1"},
    ],
)
def test_no_honest_proxy_says_that(identity: dict[str, Any]) -> None:
    with pytest.raises(InvalidArg):
        Caller.from_identity(identity)


@pytest.mark.parametrize("uid", [2**31, 2**32 - 2])
def test_high_accounts_are_not_root(uid: int) -> None:
    assert not Caller.from_identity({**LOCAL, "uid": uid}).is_root


def test_nobody_from_afar_is_root() -> None:
    assert not Caller(uid=0, transport="tls").is_root


def test_the_bus_tells_who_calls() -> None:
    label = b"unconfined\0"
    credentials = {"UnixUserID": 5, "UnixGroupIDs": [6, 7], "ProcessID": os.getpid(), "LinuxSecurityLabel": label}
    caller = Caller.from_credentials(credentials, ":1.5")
    assert (caller.uid, caller.gid, caller.selinux, caller.unique_name) == (5, 6, "unconfined", ":1.5")
    assert caller.start_time == start_time_of(os.getpid())
    assert not caller.vouched


def test_a_description_cannot_forge_a_line() -> None:
    assert "\n" not in str(Caller(user="a\nuid=0"))


def test_a_process_that_is_gone_has_no_start() -> None:
    assert start_time_of(2**22 + 1) is None


def test_the_daemon_acts_for_a_caller_and_then_for_itself() -> None:
    caller = Caller(uid=7)
    with acting(caller):
        assert current() is caller
    assert current() is ITSELF
    assert ITSELF.narrowed(read_only=True).read_only
