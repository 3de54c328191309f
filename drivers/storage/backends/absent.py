# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kinds of pool that can be stored and shown but not started here: each says so in libvirt's way."""

from __future__ import annotations

import os

from virtbus.bus.errors import ConfigUnsupported, InternalError, LibvirtError, NoSupport
from virtbus.drivers.common.engine.process import Runner, check
from virtbus.drivers.common.flags import check_flags
from virtbus.drivers.storage.backends import sources
from virtbus.drivers.storage.backends.base import Backend, Site
from virtbus.drivers.storage.checks import system_error
from virtbus.drivers.storage.formats import PoolType
from virtbus.drivers.storage.model import Host, PoolModel, PoolSource, SourceDevice

PVS, ISCSIADM = "/sbin/pvs", "/usr/bin/iscsiadm"
MISSING_PROGRAM = 127


class AbsentBackend(Backend):
    """A kind of pool that is never up."""

    accounts = False

    async def is_active(self, site: Site) -> bool:
        """Say no."""
        return False

    async def start(self, site: Site) -> None:
        """Refuse, with the reason that the host gives if there is one."""
        raise NoSupport(f"pool type '{site.model.type.name}' cannot be started by this daemon")


class ScsiBackend(AbsentBackend):
    """Pools of type scsi."""

    async def start(self, site: Site) -> None:
        """Name the host bus adapter that is not there."""
        await site.run(_check_host, site.model)
        await super().start(site)


def _check_host(model: PoolModel) -> None:
    adapter = model.source.adapter
    name = adapter.words.get("name", "") if adapter is not None else ""
    number = name.removeprefix("scsi_").removeprefix("host")
    path = f"/sys/class/scsi_host/host{number}/scan"
    try:
        os.stat(path)
    except OSError as error:
        raise system_error(error, f"Could not open '{path}' to trigger host scan") from None


class IscsiBackend(AbsentBackend):
    """Pools of type iscsi."""

    async def start(self, site: Site) -> None:
        """Name the program that is not there."""
        if not await site.run(os.path.exists, ISCSIADM):
            target = site.model.source.devices[0].path if site.model.source.devices else ""
            text = f"{ISCSIADM} failed new mode for target '{target}' with status '{MISSING_PROGRAM}'"
            raise InternalError(text)
        await super().start(site)

    async def find_sources(self, kind: PoolType, spec: str | None, flags: int, processes: Runner) -> str:
        """Ask a server for its targets."""
        host = sources.host_of(spec, kind)
        argv = [ISCSIADM, "--mode", "discovery", "--type", "sendtargets", "--portal", f"{host}:3260,1", "--op",
                "nonpersistent"]  # fmt: skip
        listed = check(argv, await processes.run(argv))
        targets = [words[1] for line in listed.text.splitlines() if len(words := line.split()) > 1]
        return sources.document([_target(host, target) for target in targets], kind)


def _target(host: str, target: str) -> PoolSource:
    return PoolSource(hosts=[Host(host, 3260)], devices=[SourceDevice(target)])


class LogicalBackend(AbsentBackend):
    """Pools of type logical."""

    async def start(self, site: Site) -> None:
        """Name the volume group that is not there."""
        name = site.model.source.name
        if not any(source.name == name for source in await groups(site.processes)):
            raise ConfigUnsupported(f"cannot find logical volume group name '{name}'")
        await super().start(site)

    async def find_sources(self, kind: PoolType, spec: str | None, flags: int, processes: Runner) -> str:
        """Look for volume groups."""
        check_flags(flags, 0, "virStorageBackendLogicalFindPoolSources")
        return sources.document(await groups(processes), kind)


def scan() -> list[str]:
    """Give the command that lists physical volumes with their groups."""
    return [PVS, "--noheadings", "-o", "pv_name,vg_name"]


async def groups(processes: Runner) -> list[PoolSource]:
    """Give the volume groups of the host; none where LVM cannot say."""
    try:
        listed = await processes.run(scan())
    except LibvirtError:
        return []
    found: dict[str, PoolSource] = {}
    for line in listed.text.splitlines():
        words = line.split()
        if len(words) == 2:
            source = found.setdefault(words[1], PoolSource(name=words[1], format="lvm2"))
            source.devices.append(SourceDevice(words[0]))
    return list(found.values())
