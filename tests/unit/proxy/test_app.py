# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the proxy listens on, and as whom it runs."""

from __future__ import annotations

import os
import pwd
import socket
from pathlib import Path

import pytest

from virtbus.proxy import account, app
from virtbus.proxy.auth import Method
from virtbus.proxy.config import ConfigError, Settings
from virtbus.proxy.listen import unix


def test_doors() -> None:
    doors = app.doors(Settings(), "/run/x")
    assert len(doors) == 16
    first, readers = doors[:2]
    assert (first.path, first.read_only, first.method, first.mode) == (
        "/run/x/libvirt-sock",
        False,
        Method.POLKIT,
        0o666,
    )
    assert (readers.path, readers.read_only) == ("/run/x/libvirt-sock-ro", True)
    assert {d.path: d.default_uri for d in doors}["/run/x/virtnetworkd-sock"] == "network:///system"


def test_nobody_gets_in_unasked() -> None:
    """Without authentication the socket for changes is its owner's alone, unless the settings say otherwise."""
    doors = app.doors(Settings(auth_unix_rw="none"), "/run/x")
    assert doors[0].mode == 0o600
    assert app.doors(Settings(auth_unix_rw="none", unix_sock_rw_perms="0770"), "/x")[0].mode == 0o660


def test_gates() -> None:
    assert app.gates(Settings(), listen=False) == []
    (gate,) = app.gates(Settings(), listen=True)
    assert (gate.tls, gate.port, gate.allowed_names) == (True, "16514", None)
    assert app.gates(Settings(tls_allowed_dn_list=[]), listen=True)[0].allowed_names == ()


def test_tcp_needs_a_word() -> None:
    """The default for TCP is SASL, which is not on offer: anybody's access must be asked for by name."""
    with pytest.raises(ConfigError, match="auth_tcp"):
        app.gates(Settings(listen_tcp=1), listen=False)
    (gate,) = app.gates(Settings(listen_tcp=1, auth_tcp="none"), listen=False)
    assert not gate.tls


def test_sockets_that_were_handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those are served then."""
    door = app.doors(Settings(), str(tmp_path))[2]
    handed = unix.bind(door)
    monkeypatch.setattr(app.systemd, "inherited_sockets", lambda: [("virtqemud.socket", handed)])
    bound = app.bind(Settings(), str(tmp_path), listen=False)
    assert [(sock, d.path) for sock, d in bound.doors] == [(handed, door.path)]
    handed.close()


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    door = app.doors(Settings(), str(tmp_path))[0]
    Path(door.path).write_text("precious")
    with pytest.raises(OSError, match="in use"):
        unix.bind(door)
    assert Path(door.path).read_text() == "precious"


def test_caller_is_the_kernels_word() -> None:
    ours, theirs = socket.socketpair()
    caller = unix.caller_of(ours, read_only=True)
    assert (caller.uid, caller.gid, caller.pid, caller.read_only) == (os.getuid(), os.getgid(), os.getpid(), True)
    ours.close()
    theirs.close()


def test_unknown_account() -> None:
    assert account.find("no such account").pw_name == "nobody"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has power to give up")
def test_power_is_given_up() -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            account.give_up_power(pwd.getpwnam("nobody"))
            os.write(writer, Path("/proc/self/status").read_bytes())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as answer:
        status = dict(line.split(":\t", 1) for line in answer.read().splitlines() if ":\t" in line)
    assert set(status["Uid"].split()) == {str(pwd.getpwnam("nobody").pw_uid)}
    assert {int(status[key], 16) for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert status["NoNewPrivs"].strip() == "1"
    assert not status["Groups"].strip()
