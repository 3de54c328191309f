# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls whose arguments or results differ from the method's."""

from __future__ import annotations

import array
import os
import socket
import struct
from typing import Any

import pytest

from tests.rpc.client import FACTS, REMOTE, Refused, packet
from tests.rpc.conftest import DOMAIN, Connect
from tests.rpc.toy import Toy
from virtbus.bus.api.domain.devices import BlockJobInfo
from virtbus.bus.api.domain.lifecycle import CPUStats
from virtbus.bus.api.domain.tuning import SecurityLabel, VcpuPlace
from virtbus.bus.errors import InvalidArg
from virtbus.bus.refs import DomainRef
from virtbus.bus.types import UInt, ULLong

REF = DomainRef("demo", bytes.fromhex(DOMAIN["uuid"]), 1)


async def test_count_alone(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods["ListAllDomains"] = [REF, REF]
    assert await client.call("ConnectListAllDomains", need_results=0, flags=3) == {"domains": [], "ret": 2}
    found = await client.call("ConnectListAllDomains", need_results=1, flags=3)
    assert found == {"domains": [DOMAIN, DOMAIN], "ret": 2}
    assert toy.calls[-1] == ("ListAllDomains", "/org/libvirt/hypervisor1", (3,))


async def test_parameters_by_number(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods["GetMemoryParameters"] = {"a": ULLong(1), "b": UInt(2)}
    ask = {"dom": DOMAIN, "flags": 0}
    assert await client.call("DomainGetMemoryParameters", nparams=0, **ask) == {"params": [], "nparams": 2}
    found = await client.call("DomainGetMemoryParameters", nparams=1, **ask)
    assert found == {"params": [{"field": "a", "value": {"type": 4, "value": 1}}], "nparams": 0}
    for count, text in ((-1, "nparams must be non-negative"), (17, "nparams too large")):
        with pytest.raises(Refused, match=text):
            await client.call("DomainGetMemoryParameters", nparams=count, **ask)


async def test_numbers_are_told_unseen(connect: Connect, toy: Toy) -> None:
    """libvirt tells how many parameters there are before it looks at the device that is meant."""
    client = await connect()
    toy.methods["GetInterfaceParameters"] = InvalidArg("'nosuch' is not a known interface")
    ask = {"dom": DOMAIN, "device": "nosuch", "flags": 0}
    assert await client.call("DomainGetInterfaceParameters", nparams=0, **ask) == {"params": [], "nparams": 7}
    with pytest.raises(Refused, match="'nosuch' is not a known interface"):
        await client.call("DomainGetInterfaceParameters", nparams=7, **ask)


async def test_strings_for_those_who_know_them(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods["GetNumaParameters"] = {"numa_mode": 0, "numa_nodeset": "0-1"}
    for flags, count in ((0, 1), (4, 2)):
        found = await client.call("DomainGetNumaParameters", dom=DOMAIN, nparams=2, flags=flags)
        assert len(found["params"]) == count


async def test_vcpus(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods["GetVcpus"] = [VcpuPlace(0, 1, 5, 2, b"\3\1"), VcpuPlace(1, 1, 6, 3, b"\7")]
    found = await client.call("DomainGetVcpus", dom=DOMAIN, maxinfo=2, maplen=2)
    assert found["cpumaps"] == "03010700"
    assert [v["number"] for v in found["info"]] == [0, 1]
    assert (await client.call("DomainGetVcpus", dom=DOMAIN, maxinfo=1, maplen=0))["cpumaps"] == ""
    with pytest.raises(Refused, match="info in virDomainGetVcpus must not be NULL"):
        await client.call("DomainGetVcpus", dom=DOMAIN, maxinfo=0, maplen=1)


async def test_cpu_stats(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods["GetCPUStats"] = [CPUStats({"cpu_time": ULLong(1)}), CPUStats({"cpu_time": ULLong(2)})]
    ask = {"dom": DOMAIN, "start_cpu": 0, "flags": 0}
    assert await client.call("DomainGetCPUStats", nparams=0, ncpus=0, **ask) == {"params": [], "nparams": 2}
    assert await client.call("DomainGetCPUStats", nparams=0, ncpus=2, **ask) == {"params": [], "nparams": 1}
    found = await client.call("DomainGetCPUStats", nparams=1, ncpus=2, **ask)
    assert [p["value"]["value"] for p in found["params"]] == [1, 2]
    assert found["nparams"] == 1


async def test_block_job(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods["GetBlockJobInfo"] = []
    none = {"found": 0, "type": 0, "bandwidth": 0, "cur": 0, "end": 0}
    assert await client.call("DomainGetBlockJobInfo", dom=DOMAIN, path="vda", flags=0) == none
    toy.methods["GetBlockJobInfo"] = [BlockJobInfo(2, 3, 4, 5)]
    found = await client.call("DomainGetBlockJobInfo", dom=DOMAIN, path="vda", flags=0)
    assert list(found.values()) == [1, 2, 3, 4, 5]


async def test_labels_and_maps(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods.update(
        GetSecurityLabelList=[SecurityLabel("a", 1)], GetEmulatorPinInfo=b"\3", NodeGetCPUMap=(b"\3", 2, 2)
    )
    assert (await client.call("DomainGetSecurityLabelList", dom=DOMAIN))["ret"] == 1
    assert await client.call("DomainGetEmulatorPinInfo", dom=DOMAIN, maplen=2, flags=0) == {"cpumaps": "0300", "ret": 1}
    found = await client.call("NodeGetCPUMap", need_map=0, need_online=1, flags=0)
    assert found == {"cpumap": "", "online": 2, "ret": 2}


async def test_descriptor_out(connect: Connect, toy: Toy) -> None:
    client = await connect()
    reader, writer = os.pipe()
    toy.methods["OpenGraphicsFd"] = writer
    await client.send(
        packet(
            REMOTE,
            1,
            343,
            0,
            1,
            0,
            FACTS.enc_type("remote_domain_open_graphics_fd_args", {"dom": DOMAIN, "idx": 0, "flags": 0}),
        )
    )
    found = await client.reply()
    assert found is not None
    assert (found["type"], found["fds"], len(client.fds)) == (5, 1, 1)
    os.close(writer)
    os.write(client.fds[0], b"hello")
    assert os.read(reader, 9) == b"hello"
    os.close(client.fds[0])
    os.close(reader)


async def test_descriptor_in(connect: Connect, toy: Toy) -> None:
    client = await connect()
    with pytest.raises(Refused, match="internal error: No FD available at slot 0"):
        await client.call("DomainOpenGraphics", dom=DOMAIN, idx=0, flags=0)
    reader, writer = os.pipe()
    got: list[Any] = []

    def open_graphics(message: Any, idx: int, fd: int, flags: int) -> None:
        got.append(message.fds[fd])

    toy.methods["OpenGraphics"] = open_graphics
    body = struct.pack(">I", 1) + FACTS.enc_type(
        "remote_domain_open_graphics_args", {"dom": DOMAIN, "idx": 0, "flags": 0}
    )
    await client.send(packet(REMOTE, 1, 249, 4, 1, 0, body))
    client.sock.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writer]))])
    os.close(writer)
    found = await client.reply()
    assert found is not None
    assert found["status"] == 0
    os.write(got[0], b"x")
    assert os.read(reader, 9) == b"x"
    os.close(got[0])
    os.close(reader)
