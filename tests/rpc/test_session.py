# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opening, authentication, identity, reading only, and daemons that go away."""

from __future__ import annotations

import pytest

from tests.rpc.client import CLOSED, Refused
from tests.rpc.conftest import DOMAIN, ROOT, Connect
from tests.rpc.toy import Toy
from virtbus.bus.caller import Caller
from virtbus.bus.errors import NoDomain
from virtbus.proxy.auth import Method, denied
from virtbus.proxy.server import Server

JOE = Caller(uid=1000, gid=1000, pid=77, start_time=5, user="joe", transport="unix")


async def test_open_twice(connect: Connect) -> None:
    client = await connect()
    with pytest.raises(Refused, match="internal error: connection already open"):
        await client.call("ConnectOpen", name="qemu:///system", flags=0)


async def test_call_before_open(connect: Connect) -> None:
    client = await connect(uri=None)
    with pytest.raises(Refused, match="internal error: hypervisor connection not open") as caught:
        await client.call("ConnectGetHostname")
    assert (caught.value.code, caught.value.domain) == (1, 7)


async def test_close(connect: Connect) -> None:
    client = await connect()
    await client.call("ConnectClose")
    assert await client.receive() is CLOSED


async def test_identity_is_passed_on(connect: Connect, toy: Toy) -> None:
    await connect(caller=JOE, flags=1)
    ((bus_name, identity),) = toy.identities
    assert bus_name == "org.libvirt.hypervisor1.qemu"
    assert identity == {
        "uid": 1000, "gid": 1000, "pid": 77, "start_time": 5, "user": "joe", "transport": "unix", "read_only": True,
    }  # fmt: skip


async def test_features(connect: Connect) -> None:
    client = await connect(uri=None)
    assert (await client.call("ConnectSupportsFeature", feature=10))["supported"] == 1
    with pytest.raises(Refused, match="not open"):
        await client.call("ConnectSupportsFeature", feature=14)
    await client.call("ConnectOpen", name="qemu:///system", flags=0)
    for feature in (8, 14, 15, 6):
        assert (await client.call("ConnectSupportsFeature", feature=feature))["supported"] == 1


class Gate:
    def __init__(self) -> None:
        self.asked: list[str] = []

    async def admit(self, caller: Caller, action: str) -> None:
        self.asked.append(action)
        if caller.user != "joe":
            raise denied()


async def test_polkit(connect: Connect, server: Server) -> None:
    server.gatekeeper = gate = Gate()
    client = await connect(uri=None, caller=JOE, method=Method.POLKIT)
    assert await client.call("AuthList") == {"types": [2]}
    for name, args in (
        ("ConnectOpen", {"name": "qemu:///system", "flags": 0}),
        ("ConnectClose", {}),
        ("ConnectSupportsFeature", {"feature": 10}),
    ):
        with pytest.raises(Refused, match="authentication required") as caught:
            await client.call(name, **args)
        assert (caught.value.code, caught.value.domain) == (39, 7)
    assert await client.call("AuthPolkit") == {"complete": 1}
    await client.call("ConnectOpen", name="qemu:///system", flags=0)
    assert gate.asked == ["org.libvirt.unix.manage"]


async def test_polkit_refuses(connect: Connect, server: Server) -> None:
    server.gatekeeper = gate = Gate()
    client = await connect(
        uri=None, caller=Caller(uid=1, user="eve", transport="unix"), method=Method.POLKIT, read_only=True
    )
    with pytest.raises(Refused, match="authentication failed: access denied by policy") as caught:
        await client.call("AuthPolkit")
    assert (caught.value.code, caught.value.domain) == (45, 60)
    assert gate.asked == ["org.libvirt.unix.monitor"]
    with pytest.raises(Refused, match="authentication required"):
        await client.call("ConnectOpen", name="qemu:///system", flags=0)


async def test_root_is_not_asked(connect: Connect) -> None:
    client = await connect(uri=None, method=Method.POLKIT)
    assert await client.call("AuthList") == {"types": [0]}


async def test_sasl_is_not_offered(connect: Connect) -> None:
    client = await connect(uri=None, caller=JOE, method=Method.POLKIT)
    with pytest.raises(Refused, match="authentication failed: authentication failed"):
        await client.call("AuthSaslInit")


async def test_acting_for_others(connect: Connect, toy: Toy) -> None:
    params = [
        {"field": "unix-user-id", "value": {"type": 4, "value": 1000}},
        {"field": "user-name", "value": {"type": 7, "value": "joe"}},
    ]
    plain = await connect(caller=JOE)
    with pytest.raises(Refused, match="only root"):
        await plain.call("ConnectSetIdentity", params=params, flags=0)
    client = await connect(caller=ROOT)
    await client.call("ConnectSetIdentity", params=params, flags=0)
    toy.methods["GetType"] = "QEMU"
    await client.call("ConnectGetType")
    assert toy.identities[-1][1] == {"uid": 1000, "user": "joe", "transport": "unix", "read_only": False}


@pytest.mark.parametrize("flags", [0, 1])
async def test_reading_only(connect: Connect, toy: Toy, flags: int) -> None:
    client = await connect(read_only=not flags, flags=flags)
    with pytest.raises(Refused) as caught:
        await client.call("DomainDestroy", dom=DOMAIN)
    assert caught.value.error["message"] == "operation forbidden: read only access prevents virDomainDestroy"
    assert (caught.value.code, caught.value.domain) == (29, 20)
    toy.methods["GetXMLDesc"] = "<domain/>"
    assert await client.call("DomainGetXMLDesc", dom=DOMAIN, flags=0) == {"xml": "<domain/>"}
    with pytest.raises(Refused, match="operation forbidden: virDomainGetXMLDesc with secure flag"):
        await client.call("DomainGetXMLDesc", dom=DOMAIN, flags=1)
    with pytest.raises(Refused, match="prevents virDomainQemuMonitorCommand") as caught:
        await client.call("DomainMonitorCommand", "qemu", dom=DOMAIN, cmd="x", flags=0)
    assert caught.value.domain == 0
    assert [member for member, _path, _args in toy.calls] == ["GetXMLDesc"]


async def test_missing_objects_are_named(connect: Connect, toy: Toy) -> None:
    client = await connect()
    uuid = "3c1f0a52-7f6b-4e0e-9f0a-5b8d7c6e1a01"
    toy.methods["Destroy"] = NoDomain(f"no domain with matching uuid '{uuid}'")
    with pytest.raises(Refused) as caught:
        await client.call("DomainDestroy", dom=DOMAIN)
    error = caught.value.error
    assert error["message"] == f"Domain not found: no domain with matching uuid '{uuid}' (demo)"
    assert (error["code"], error["domain"], error["level"]) == (42, 10, 2)
    assert (error["str1"], error["str2"]) == ("Domain not found: %s", f"no domain with matching uuid '{uuid}' (demo)")
    assert (error["str3"], error["int1"], error["int2"], error["dom"], error["net"]) == (None, -1, -1, None, None)


async def test_daemons_that_nobody_asked_for(connect: Connect) -> None:
    client = await connect(uri="network:///system")
    with pytest.raises(Refused) as caught:
        await client.call("ConnectNumOfDomains")
    text = "this function is not supported by the connection driver: virConnectNumOfDomains"
    assert (caught.value.code, caught.value.error["message"]) == (3, text)


async def test_a_daemon_goes_and_comes(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods["GetHostname"] = "vm"
    await client.call("ConnectGetHostname")
    toy.methods["GetHostname"] = lambda *_args: toy.drop()
    with pytest.raises(Refused, match="End of file while reading data: Input/output error") as caught:
        await client.call("ConnectGetHostname")
    assert (caught.value.code, caught.value.domain) == (38, 7)
    toy.away = True
    with pytest.raises(Refused, match="Failed to connect"):
        await client.call("ConnectGetHostname")
    toy.away = False
    toy.methods["GetHostname"] = "vm"
    assert await client.call("ConnectGetHostname") == {"hostname": "vm"}


async def test_what_never_changes_is_asked_once(connect: Connect, toy: Toy) -> None:
    client = await connect()
    asked = []
    toy.methods["GetType"] = lambda *_args: asked.append(1) or "QEMU"
    for _ in range(3):
        assert await client.call("ConnectGetType") == {"type": "QEMU"}
    assert len(asked) == 1


async def test_open_fails(connect: Connect, toy: Toy) -> None:
    toy.away = True
    client = await connect(uri=None)
    for _ in range(2):
        with pytest.raises(Refused, match="Failed to connect"):
            await client.call("ConnectOpen", name="qemu:///system", flags=0)
    toy.away = False
    await client.call("ConnectOpen", name="qemu:///system", flags=0)


async def test_each_part_has_its_daemon(connect: Connect, toy: Toy) -> None:
    client = await connect()
    toy.methods["NumOfNetworks"] = 3
    assert await client.call("ConnectNumOfNetworks") == {"num": 3}
    assert [name for name, _identity in toy.identities] == ["org.libvirt.hypervisor1.qemu", "org.libvirt.network1"]
    client = await connect(uri="test:///default")
    await client.call("ConnectNumOfNetworks")
    assert [name for name, _identity in toy.identities][2:] == ["org.libvirt.hypervisor1.test"]
