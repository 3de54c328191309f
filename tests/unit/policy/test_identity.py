# SPDX-License-Identifier: LGPL-2.1-or-later
"""The map from certificates and SASL names to accounts and roles."""

import os
from pathlib import Path

import pytest

from virtbus.bus.caller import Caller
from virtbus.policy.identity import IdentityFile, MapError, Mapped, parse

MAP = """
[[identity]]
sasl = "alice@EXAMPLE.ORG"
x509 = "CN=laptop,*"
account = "root"

[[identity]]
sasl = "*@EXAMPLE.ORG"
account = "nobody"

[[identity]]
x509 = "CN=ghost"
account = "no-such-account"

[[identity]]
x509 = "CN=[bc]*"
role = "viewer"

[roles]
viewer = ["*.getattr", "connect.search-*"]
"""


def caller(sasl: str | None = None, x509: str | None = None) -> Caller:
    """Give a remote caller."""
    return Caller(transport="tls", sasl_user=sasl, x509_dname=x509)


@pytest.mark.parametrize(
    ("who", "uid"),
    [
        (caller("alice@EXAMPLE.ORG", "CN=laptop,O=x"), 0),
        (caller("alice@EXAMPLE.ORG"), 65534),
        (caller("bob@EXAMPLE.ORG"), 65534),
    ],
)
def test_the_first_entry_that_matches_counts(who: Caller, uid: int) -> None:
    assert parse(MAP).find(who) == Mapped(uid=uid)


@pytest.mark.parametrize(
    "who", [caller(), caller("bob@example.org"), caller(x509="CN=x"), caller(x509="CN=ghost"), caller(x509="xCN=bob")]
)
def test_who_matches_nothing_is_nobody(who: Caller) -> None:
    assert parse(MAP).find(who) is None


def test_a_role_has_its_permissions_alone() -> None:
    role = parse(MAP).find(caller(x509="CN=bob"))
    assert role is not None
    assert role.allows("org.libvirt.api.domain.getattr")
    assert role.allows("org.libvirt.api.connect.search-domains")
    assert not role.allows("org.libvirt.api.domain.start")
    assert not role.allows("org.freedesktop.getattr")


@pytest.mark.parametrize(
    "text",
    [
        "[[identity]]\naccount = 'a'", "[[identity]]\nsasl = 'a'", "[[identity]]\nsasl = ''\naccount = 'a'",
        "[[identity]]\nsasl = 'a'\nrole = 'none'",
        "[[identity]]\nsasl = 'a'\naccount = 'a'\nrole = 'b'\n[roles]\nb = []",
        "[[identity]]\nsasl = 'a'\naccount = 'a'\ncolour = 'x'", "[identities]", "identity = 3", "[roles]\na = 1", "[",
    ],
)  # fmt: skip
def test_a_faulty_map_is_refused(text: str) -> None:
    with pytest.raises(MapError):
        parse(text)


def test_the_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "map"
    file = IdentityFile(path, owner=os.getuid())
    who = caller("a")
    assert file.find(who) is None
    path.write_text("[[identity]]\nsasl = 'a'\naccount = 'nobody'\n")
    assert file.find(who) == Mapped(uid=65534)
    path.unlink()
    assert file.find(who) is None


@pytest.mark.parametrize("mode", [0o666, 0o664, 0o606])
def test_a_map_that_others_may_write_maps_nobody(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "map"
    path.write_text("[[identity]]\nsasl = 'a'\naccount = 'nobody'\n")
    path.chmod(mode)
    assert IdentityFile(path, owner=os.getuid()).find(caller("a")) is None


def test_a_map_of_somebody_else_maps_nobody(tmp_path: Path) -> None:
    path = tmp_path / "map"
    path.write_text("[[identity]]\nsasl = 'a'\naccount = 'nobody'\n")
    assert IdentityFile(path, owner=os.getuid() + 1).find(caller("a")) is None
