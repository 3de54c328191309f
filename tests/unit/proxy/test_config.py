# SPDX-License-Identifier: LGPL-2.1-or-later
"""The settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtbus.proxy import config
from virtbus.proxy.config import ConfigError, Settings


def test_forms() -> None:
    text = '# comment\nmax_clients = 7\nca_file="/a#b"\nlist = [ "x",\n "y" , # more\n]\nother = \'z\'\n'
    assert config.parse(text) == {"max_clients": 7, "ca_file": "/a#b", "list": ["x", "y"], "other": "z"}


@pytest.mark.parametrize("text", ["a = ", "= 3", "a 3", 'a = "x', "a = [1, 2", "5", "a = b = 3", "[1]"])
def test_no_settings(text: str) -> None:
    with pytest.raises(ConfigError):
        config.parse(text)


def test_file(tmp_path: Path) -> None:
    assert config.load(tmp_path / "none") == Settings()
    file = tmp_path / "libvirtd.conf"
    file.write_text('tls_port = "1"\nhost_uuid = "ours not"\nlisten_tls = 0\ntls_allowed_dn_list = ["CN=a"]\n')
    settings = config.load(file)
    assert (settings.tls_port, settings.tls_allowed_dn_list) == ("1", ["CN=a"])
    assert not settings.wants("tls", listen=True)
    file.write_text("tls_port = 1\n")
    with pytest.raises(ConfigError, match="tls_port"):
        config.load(file)


def test_listening() -> None:
    assert not Settings().wants("tls", listen=False)
    assert Settings().wants("tls", listen=True)
    assert not Settings().wants("tcp", listen=True)
    assert Settings(listen_tcp=1).wants("tcp", listen=False)
