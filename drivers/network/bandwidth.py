# SPDX-License-Identifier: LGPL-2.1-or-later
"""Limits on a network's traffic, as commands of `tc` (tc-htb(8), tc-police(8)).

What guests receive leaves through the bridge and is shaped there by a class; what they send arrives at it and is
policed. KiB a second become kilobytes ("kbps" is tc's word for them).
"""

from __future__ import annotations

from virtbus.drivers.common.engine.process import Runner, check
from virtbus.drivers.network.model import Bandwidth, Rate

Argv = list[str]


def shaping(device: str, bandwidth: Bandwidth | None) -> list[Argv]:
    """Give the commands that put limits on a device."""
    if bandwidth is None:
        return []
    commands: list[Argv] = []
    if bandwidth.inbound is not None:
        commands += _inbound(device, bandwidth.inbound)
    if bandwidth.outbound is not None:
        commands += _outbound(device, bandwidth.outbound)
    return commands


def _inbound(device: str, rate: Rate) -> list[Argv]:
    average, peak = f"{rate.average}kbps", f"{rate.peak or rate.average}kbps"
    burst = ["burst", f"{rate.burst}kb"] if rate.burst else []
    return [
        ["tc", "qdisc", "add", "dev", device, "root", "handle", "1:", "htb", "default", "2"],
        ["tc", "class", "add", "dev", device, "parent", "1:", "classid", "1:1", "htb", "rate", average, "ceil", peak,
         *burst, "quantum", quantum(rate)],
        ["tc", "class", "add", "dev", device, "parent", "1:1", "classid", "1:2", "htb", "rate", "1kbps", "ceil", peak,
         "quantum", quantum(rate)],
        ["tc", "qdisc", "add", "dev", device, "parent", "1:2", "handle", "2:", "sfq", "perturb", "10"],
        ["tc", "filter", "add", "dev", device, "parent", "1:0", "protocol", "all", "prio", "1", "handle", "1", "fw",
         "flowid", "1"],
    ]  # fmt: skip


def quantum(rate: Rate) -> str:
    """Give how many bytes a class may send at a turn: 1,500 for each 10 Mbit/s, at least one packet."""
    return str(max(1, int(rate.average or 0) * 8 // 10_000) * 1500)


def _outbound(device: str, rate: Rate) -> list[Argv]:
    average, burst = f"{rate.average}kbps", f"{rate.burst or rate.average}kb"
    return [
        ["tc", "qdisc", "add", "dev", device, "ingress"],
        ["tc", "filter", "add", "dev", device, "parent", "ffff:", "protocol", "all", "u32", "match", "u32", "0", "0",
         "police", "rate", average, "burst", burst, "mtu", "64kb", "drop", "flowid", ":1"],
    ]  # fmt: skip


def clearing(device: str, bandwidth: Bandwidth | None) -> list[Argv]:
    """Give the commands that lift the limits of a device."""
    if bandwidth is None:
        return []
    return [["tc", "qdisc", "del", "dev", device, kind] for kind in ("root", "ingress")]


async def shape(runner: Runner, device: str, bandwidth: Bandwidth | None) -> None:
    """Put limits on a device."""
    for argv in shaping(device, bandwidth):
        check(argv, await runner.run(argv, timeout=30))


async def unshape(runner: Runner, device: str, bandwidth: Bandwidth | None) -> None:
    """Lift the limits of a device; it may have none."""
    for argv in clearing(device, bandwidth):
        await runner.run(argv, timeout=30)
