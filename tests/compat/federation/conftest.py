# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of the running federation share: virsh, the bus, and a guest that needs no operating system."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

URI = "qemu:///system"
GUEST = """<domain type='qemu'>
  <name>{name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
</domain>"""
NETWORK = """<network><name>{name}</name><bridge name='{bridge}'/>
  <ip address='192.168.{octet}.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.{octet}.2' end='192.168.{octet}.9'/></dhcp>
  </ip>
</network>"""

Virsh = Callable[..., str]


def run_virsh(*words: str, uri: str = URI, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run virsh against the federation."""
    command = ["virsh", "-q", "-c", uri, *words]
    return subprocess.run(command, capture_output=True, text=True, check=check, timeout=60, stdin=subprocess.DEVNULL)


@pytest.fixture
def virsh() -> Virsh:
    """Give a function that runs virsh and gives what it prints."""

    def virsh(*words: str, uri: str = URI) -> str:
        return run_virsh(*words, uri=uri).stdout.strip()

    return virsh


@pytest.fixture
def guest(tmp_path_factory: pytest.TempPathFactory, virsh: Virsh) -> Iterator[str]:
    """Give the name of a running guest."""
    name = "survivor"
    file = tmp_path_factory.mktemp("guest") / "guest.xml"
    file.write_text(GUEST.format(name=name))
    virsh("define", str(file))
    virsh("start", name)
    yield name
    run_virsh("destroy", name, check=False)
    run_virsh("undefine", name, check=False)


@pytest.fixture
def network(tmp_path_factory: pytest.TempPathFactory, virsh: Virsh) -> Iterator[str]:
    """Give the name of an active network."""
    name = "survivors"
    file = tmp_path_factory.mktemp("network") / "network.xml"
    file.write_text(NETWORK.format(name=name, bridge="virbr-sv", octet="177"))
    virsh("net-define", str(file))
    virsh("net-start", name)
    yield name
    run_virsh("net-destroy", name, check=False)
    run_virsh("net-undefine", name, check=False)
