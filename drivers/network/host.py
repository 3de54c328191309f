# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bring a network up on the host and take it down: bridge, rules, addresses, dnsmasq, all of them or none."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Mapping
from functools import partial

from virtbus.bus.errors import InternalError, LibvirtError, SystemCallError
from virtbus.drivers.common.engine.daemons import Background, Daemons
from virtbus.drivers.common.engine.files import Files, Filesystem
from virtbus.drivers.common.engine.netlink import DeleteLink, Net, Netlink
from virtbus.drivers.common.engine.nft import Firewall, Nft
from virtbus.drivers.common.engine.process import Processes, Runner, check
from virtbus.drivers.common.transaction import Transaction
from virtbus.drivers.network import bridge, dnsmasq, firewall
from virtbus.drivers.network.bandwidth import shape, unshape
from virtbus.drivers.network.model import Network

log = logging.getLogger(__name__)

HELPERS = ("/usr/libexec/virtbus/leasehelper", os.path.join(os.path.dirname(__file__), "leasehelper.py"),
           "/usr/lib/libvirt/libvirt_leaseshelper", "/usr/libexec/libvirt_leaseshelper")  # fmt: skip
"""Where the lease script may be: installed, beside this file, or libvirt's own, which does the same."""


class Host:
    """The host, for networks."""

    def __init__(
        self,
        *,
        files: Filesystem | None = None,
        processes: Runner | None = None,
        netlink: Net | None = None,
        nft: Firewall | None = None,
        daemons: Background | None = None,
    ) -> None:
        self.files: Filesystem = files or Files()
        self.processes: Runner = processes or Processes()
        self.netlink: Net = netlink or Netlink()
        self.nft: Firewall = nft or Nft(self.processes)
        self.daemons: Background = daemons or Daemons()
        self._ruled: dict[str, Network] = {}
        self._rules = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def check(self, network: Network) -> None:
        """Refuse a network that cannot be made: names, zones and ports that are none, and what the host has already."""
        if not network.owns_bridge:
            return
        name = network.bridge_name or ""
        bridge.check_link_name(name)
        if network.bridge is not None and network.bridge.zone:
            detail = f"zone {network.bridge.zone} requested for network {network.name} but firewalld is not active"
            raise InternalError(detail)
        span = network.forward.nat.port if network.forward and network.forward.nat else None
        if span is not None and int(span.start or 0) >= int(span.end or 0):
            raise InternalError(f"Invalid port range '{span.start}-{span.end}'.")
        await asyncio.to_thread(self._check_free, network, name)

    def _check_free(self, network: Network, name: str) -> None:
        bridge.check_collision(network, self.files.read(bridge.ROUTES_FILE) or "")
        if self.files.exists(f"/sys/class/net/{name}"):
            raise SystemCallError(f"error creating bridge interface {name}: File exists", int1=17)

    async def up(self, network: Network) -> None:
        """Make a network that has a bridge of its own; after an error nothing of it is left."""
        if not network.owns_bridge:
            return
        async with Transaction() as transaction:
            transaction.on_failure(partial(self.drop_rules, network))
            rules = asyncio.ensure_future(self.add_rules(network))
            try:
                await self._make(network, transaction)
            finally:
                await rules

    async def _make(self, network: Network, transaction: Transaction) -> None:
        """Make all but the rules, which come meanwhile: nobody is on the network yet."""
        name = network.bridge_name or ""
        first, *rest = bridge.up(network)
        await transaction.step(self.netlink.apply([first]), partial(self.netlink.apply, [DeleteLink(name)]))
        await self.netlink.apply(rest)
        transaction.on_failure(partial(self.stop_dnsmasq, network))
        await self.start_dnsmasq(network)
        await shape(self.processes, name, network.bandwidth)

    async def down(self, network: Network) -> None:
        """Take a network away; every part is tried, and the first error told."""
        if not network.owns_bridge:
            return
        results = await asyncio.gather(self.drop_rules(network), self._unmake(network), return_exceptions=True)
        for result in results:
            if result is not None:
                raise result

    async def _unmake(self, network: Network) -> None:
        await unshape(self.processes, network.bridge_name or "", network.bandwidth)
        try:
            await self.stop_dnsmasq(network)
        finally:
            await self.netlink.apply(bridge.down(network))

    async def exists(self, network: Network) -> bool:
        """Say whether the bridge of a network is there."""
        if not network.owns_bridge:
            return True
        return network.bridge_name in await self.link_names()

    async def link_names(self) -> set[str]:
        """Give the names of all links of the host."""
        return {link.name for link in await self.netlink.links()}

    # Rules

    def watch(self) -> None:
        """Put rules back that somebody else takes away, from now on."""
        self.nft.watch(firewall.TABLE, self._rules_lost)

    def close(self) -> None:
        """Stop watching."""
        self.nft.close()

    def _rules_lost(self) -> None:
        log.warning("rules of virtual networks were deleted by another program; they are put back")
        task = asyncio.ensure_future(self._restore())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _restore(self) -> None:
        try:
            await self._set_rules(self._ruled)
        except LibvirtError as error:
            log.error("the rules cannot be put back: %s", error)

    async def add_rules(self, network: Network) -> None:
        """Let the rules of a network hold, besides those of the others."""
        await self._set_rules({**self._ruled, network.name: network})

    async def drop_rules(self, network: Network) -> None:
        """Let the rules of a network no longer hold."""
        if network.name in self._ruled:
            await self._set_rules({name: other for name, other in self._ruled.items() if name != network.name})

    async def set_rules(self, networks: list[Network]) -> None:
        """Let the rules of these networks hold and no others."""
        await self._set_rules({network.name: network for network in networks})

    async def _set_rules(self, wanted: Mapping[str, Network]) -> None:
        """Replace the table. What is wanted is noted first: a change meanwhile builds on it."""
        before, self._ruled = self._ruled, dict(wanted)
        async with self._rules:
            try:
                await self.nft.apply(firewall.ruleset(self._ruled.values()))
            except LibvirtError:
                changed = set(before) ^ set(wanted)
                for name in changed:
                    if name in before:
                        self._ruled[name] = before[name]
                    else:
                        self._ruled.pop(name, None)
                raise

    # dnsmasq

    async def start_dnsmasq(self, network: Network) -> None:
        """Write dnsmasq's files and start it, if the network needs one."""
        if not dnsmasq.wanted(network):
            return
        await asyncio.to_thread(self._write_dnsmasq, network)
        command = dnsmasq.argv(network.name, helper())
        environment = {"VIR_BRIDGE_NAME": network.bridge_name or ""}
        check(command, await self.processes.run(command, env=environment, timeout=30))

    async def stop_dnsmasq(self, network: Network) -> None:
        """End a network's dnsmasq, if it runs."""
        pid = self.dnsmasq_pid(network)
        if pid is not None:
            await self.daemons.stop(pid)
        self.files.remove(dnsmasq.pid_path(network.name))

    async def refresh_dnsmasq(self, network: Network, *, restart: bool) -> None:
        """Let dnsmasq serve what the network's document says now; names and hosts it reads again by itself."""
        if restart or self.dnsmasq_pid(network) is None:
            await self.stop_dnsmasq(network)
            await self.start_dnsmasq(network)
            return
        await asyncio.to_thread(self._write_dnsmasq, network)
        pid = self.dnsmasq_pid(network)
        if pid is not None:
            self.daemons.send(pid, signal.SIGHUP)

    def dnsmasq_pid(self, network: Network) -> int | None:
        """Give the process of a network's dnsmasq, None when it does not run."""
        mark = f"--conf-file={dnsmasq.conf_path(network.name)}"
        return self.daemons.find(dnsmasq.pid_path(network.name), mark)

    def forget(self, network: Network) -> None:
        """Remove the files that dnsmasq was given and the leases it had."""
        name, own = network.name, network.bridge_name or ""
        for path in (dnsmasq.conf_path(name), dnsmasq.hosts_path(name), dnsmasq.names_path(name),
                     dnsmasq.pid_path(name), dnsmasq.status_path(own), f"{dnsmasq.status_path(own)}.lock",
                     dnsmasq.macs_path(own)):  # fmt: skip
            self.files.remove(path)

    def _write_dnsmasq(self, network: Network) -> None:
        name, texts = network.name, dnsmasq.files(network)
        self.files.make_folder(dnsmasq.CONF_DIR, 0o755)
        self.files.make_folder(dnsmasq.PID_DIR, 0o755)
        self.files.write(dnsmasq.conf_path(name), texts.conf)
        self.files.write(dnsmasq.hosts_path(name), texts.hosts, 0o644)
        self.files.write(dnsmasq.names_path(name), texts.names, 0o644)
        status = dnsmasq.status_path(network.bridge_name or "")
        if not self.files.exists(status):
            self.files.write(status, "", 0o644)


def helper() -> str:
    """Give the path of the lease script; InternalError when there is none that can be run."""
    for path in HELPERS:
        if os.access(path, os.X_OK):
            return path
    raise InternalError("the lease script of dnsmasq is missing or may not be executed")
