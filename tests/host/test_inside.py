# SPDX-License-Identifier: LGPL-2.1-or-later
"""A private host is a host of its own; these tests run within one."""

from __future__ import annotations

import os
import select
import socket
import subprocess
from pathlib import Path

import pytest

from tests.host.paths import ROOT
from tests.host.system import mounts

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif("VIRTBUS_HOST" not in os.environ, reason="not in a private host: make test"),
]


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_root_is_private() -> None:
    kinds = {one.where: one.kind for one in mounts()}
    assert kinds["/"] == "overlay"
    assert kinds["/run"] == kinds["/tmp"] == kinds["/etc/libvirt"] == kinds["/var/lib/libvirt"] == "tmpfs"
    assert str(ROOT) in kinds


def test_there_is_no_kvm_but_the_other_devices() -> None:
    assert not Path("/dev/kvm").exists()
    assert Path("/dev/net/tun").is_char_device()
    assert Path("/dev/null").is_char_device()


def test_orphans_are_reaped() -> None:
    gate, opener = os.pipe()
    note, writer = os.pipe()
    middle = os.fork()
    if middle == 0:
        orphan = os.fork()
        if orphan:
            os.write(writer, f"{orphan}\n".encode())
        else:
            os.close(opener)
            os.read(gate, 1)  # until the test lets it end
        os._exit(0)
    os.waitpid(middle, 0)
    orphan = int(os.read(note, 20))
    descriptor = os.pidfd_open(orphan)
    os.close(opener)
    assert select.select([descriptor], [], [], 10)[0]
    # a process that has ended stays until it is reaped; init is awake by the same event, so give it the processor
    for _ in range(1000):
        if not Path(f"/proc/{orphan}").exists():
            break
        os.sched_yield()
    assert not Path(f"/proc/{orphan}").exists()


def test_network_is_its_own() -> None:
    assert "lo" in output("ip", "-br", "link")
    assert output("nft", "list", "ruleset") == ""


def test_hostname_resolves() -> None:
    assert socket.gethostbyname(socket.gethostname()) == "127.0.1.1"


def test_bus_and_polkit_answer() -> None:
    names = output("busctl", "--system", "--acquired", "--no-legend", "list")
    assert "org.freedesktop.PolicyKit1" in names


def test_libvirt_is_as_installed() -> None:
    assert sorted(path.name for path in Path("/etc/libvirt/qemu/networks").iterdir()) == ["autostart"]
    assert Path("/etc/libvirt/nwfilter/clean-traffic.xml").stat().st_mode & 0o777 == 0o600
    assert list(Path("/var/lib/libvirt/images").iterdir()) == []


def test_certificates_are_there() -> None:
    verify = ("openssl", "verify", "-CAfile", "/etc/pki/CA/cacert.pem")
    assert "OK" in output(*verify, "/etc/pki/libvirt/servercert.pem")
    assert "OK" in output(*verify, "/etc/pki/libvirt/clientcert.pem")
