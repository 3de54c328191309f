# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real polkitd and the real bus, in a private host: default answers, rules, changes, restarts, bus policy."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from virtbus.bus.caller import start_time_of
from virtbus.bus.connection import BUS, BUS_PATH, SystemBus
from virtbus.bus.wire.message import Message
from virtbus.policy import authority as polkit
from virtbus.policy.authority import Authority, Subject
from virtbus.policy.files import SHIPPED_RULES
from virtbus.policy.permissions import PERMISSIONS

pytestmark = pytest.mark.host

NOBODY = 65534
RULES = Path("/etc/polkit-1/rules.d/10-virtbus-test.rules")
NETWORK = ("org.libvirt.network1", "/org/libvirt/network1", "org.libvirt.network1.Manager")
ONLY_X = """
polkit.addRule(function (action, subject) {
    if (action.lookup("network_name") == "x" && subject.user == "nobody") {
        return polkit.Result.NO;
    }
    return polkit.Result.NOT_HANDLED;
});
"""


@pytest.fixture
def process() -> Iterator[Subject]:
    """Give a process of an account without any right."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=NOBODY, group=NOBODY, extra_groups=[]) as child:
        yield Subject(pid=child.pid, start_time=start_time_of(child.pid) or 0, uid=NOBODY)
        child.kill()


@pytest.fixture
async def bus() -> AsyncIterator[SystemBus]:
    """Give a connection to the host's bus."""
    connection = await SystemBus.connect()
    yield connection
    connection.link.close()


class Rules:
    """The test's own rules file; `put` returns once polkit has read it."""

    def __init__(self, bus: SystemBus) -> None:
        self._bus = bus
        self._changed = asyncio.Event()

    async def listen(self) -> None:
        """Begin to hear of changes; polkitd must run for that."""
        await self._bus.request(BUS, BUS_PATH, BUS, "StartServiceByName", "su", (polkit.NAME, 0))
        await self._bus.subscribe(polkit.NAME, polkit.INTERFACE, "Changed", self._heard)

    def _heard(self, _message: Message) -> None:
        self._changed.set()

    async def put(self, text: str | None) -> None:
        """Write the file, or take it away."""
        self._changed.clear()
        if text is None:
            RULES.unlink(missing_ok=True)
        else:
            RULES.write_text(text)
        async with asyncio.timeout(10):
            await self._changed.wait()


@pytest.fixture
async def rules(bus: SystemBus) -> AsyncIterator[Rules]:
    """Give the test's own rules file, which is gone afterwards."""
    RULES.parent.mkdir(parents=True, exist_ok=True)
    found = Rules(bus)
    await found.listen()
    yield found
    if RULES.exists():
        await found.put(None)


async def test_default_answers_are_libvirts(bus: SystemBus, process: Subject) -> None:
    authority = Authority(bus)
    answers = await asyncio.gather(*(authority.allows(process, each.action) for each in PERMISSIONS))
    assert dict(zip(PERMISSIONS, answers, strict=True)) == {each: each.default == "yes" for each in PERMISSIONS}


async def test_an_account_without_a_process_is_judged_by_its_rules(bus: SystemBus, rules: Rules) -> None:
    await rules.put(ONLY_X)
    own = Subject(pid=os.getpid(), start_time=start_time_of(os.getpid()) or 0, uid=NOBODY)
    authority = Authority(bus)
    assert not await authority.allows(own, "org.libvirt.api.network.getattr", {"network_name": "x"})
    assert await authority.allows(own, "org.libvirt.api.network.getattr", {"network_name": "y"})
    assert not await authority.allows(own, "org.libvirt.api.network.start", {"network_name": "y"})


async def test_a_changed_rule_counts_for_the_next_question(bus: SystemBus, rules: Rules, process: Subject) -> None:
    authority = Authority(bus)
    question = (process, "org.libvirt.api.network.getattr", {"network_name": "x"})
    assert await authority.allows(*question)
    await rules.put(ONLY_X)
    assert not await authority.allows(*question)
    await rules.put(None)
    assert await authority.allows(*question)


async def test_polkit_may_end_and_come_back(bus: SystemBus, process: Subject) -> None:
    authority = Authority(bus)
    assert await authority.allows(process, "org.libvirt.api.domain.getattr")
    age = authority.age
    gone = asyncio.Event()
    await bus.watch_owner(polkit.NAME, lambda owner: None if owner else gone.set())
    (pid,) = (await bus.request(BUS, BUS_PATH, BUS, "GetConnectionUnixProcessID", "s", (polkit.NAME,))).values()
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(10):
        await gone.wait()
    assert authority.age > age
    assert await authority.allows(process, "org.libvirt.api.domain.getattr")
    assert not await authority.allows(process, "org.libvirt.api.domain.start")


@pytest.mark.parametrize(
    ("name", "prepared", "action", "details", "expected"),
    [
        ("owner", "", "domain.start", {"domain_name": "nobody-web"}, True),
        ("owner", "", "domain.getattr", {"domain_name": "alice-web"}, False),
        ("operator", "vm-operators", "domain.start", {"domain_name": "a"}, True),
        ("operator", "vm-operators", "domain.write", {"domain_name": "a"}, False),
        ("viewer", "vm-viewers", "domain.screenshot", {"domain_name": "a"}, True),
        ("viewer", "vm-viewers", "domain.stop", {"domain_name": "a"}, False),
        ("monitor", "", "domain.read", {"domain_name": "a"}, False),
    ],
)
async def test_the_example_rules_do_what_they_say(
    bus: SystemBus, rules: Rules, name: str, prepared: str, action: str, details: dict[str, str], expected: bool
) -> None:
    text = (SHIPPED_RULES / f"{name}.rules.example").read_text()
    # The account of the test is in no group: membership is put into its place.
    await rules.put(text.replace(f'subject.isInGroup("{prepared}")', "true") if prepared else text)
    own = Subject(pid=os.getpid(), start_time=start_time_of(os.getpid()) or 0, uid=NOBODY)
    assert await Authority(bus).allows(own, f"org.libvirt.api.{action}", details) is expected


def busctl(*words: str) -> tuple[int, str]:
    """Run busctl as nobody; give its status and words."""
    done = subprocess.run(
        ["busctl", "--system", *words],
        capture_output=True, text=True, check=False, user=NOBODY, group=NOBODY, extra_groups=[],
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["org.libvirt.network1", "org.libvirt.proxy1", "org.libvirt.hypervisor1.qemu"])
def test_nobody_takes_a_name_of_ours(name: str) -> None:
    status, said = busctl("call", BUS, BUS_PATH, BUS, "RequestName", "su", name, "0")
    assert (status != 0, "denied" in said) == (True, True)


def test_the_bus_lets_through_only_what_is_exported() -> None:
    where, path, _ = NETWORK
    status, said = busctl("call", where, path, "org.example.Hidden", "Anything")
    assert status != 0
    assert "denied" in said.lower()


def test_a_daemon_is_activated_and_judges_its_caller() -> None:
    status, said = busctl("call", *NETWORK, "ListAllNetworks", "u", "0")
    assert status == 0, said
    status, said = busctl("call", *NETWORK, "NetworkDefineXML", "s", "<network><name>x</name></network>")
    assert (status != 0, said.strip()) == (True, "Call failed: access denied: 'network' denied access")


def test_an_ordinary_user_speaks_for_himself_alone() -> None:
    status, said = busctl("call", *NETWORK, "OpenPeer", "a{sv}", "1", "transport", "s", "tls")
    assert status != 0
    assert "only the proxy" in said
    assert busctl("call", *NETWORK, "OpenPeer", "a{sv}", "0")[0] == 0
