# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ports kept over restarts, in libvirt's place; and the MAC addresses on each bridge, for its NSS module."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

from virtbus.bus.errors import LibvirtError
from virtbus.drivers.common.engine.files import Filesystem
from virtbus.drivers.common.state import banner
from virtbus.drivers.common.xml.codec import dump
from virtbus.drivers.network import dnsmasq
from virtbus.drivers.network.port import Port
from virtbus.drivers.network.port_model import parse_port

if TYPE_CHECKING:
    from virtbus.drivers.network.network import VirtualNetwork

log = logging.getLogger(__name__)


class PortStore:
    """The ports of all networks on disk; `run` is lost at reboot."""

    def __init__(self, files: Filesystem, run: str) -> None:
        self._files = files
        self._run = run

    def _folder(self, network: VirtualNetwork) -> str:
        return f"{self._run}/{network.name}/ports"

    async def save(self, network: VirtualNetwork, port: Port) -> None:
        """Keep a port."""
        text = banner("virsh net-port-create") + dump(port.model, "networkport")

        def work() -> None:
            self._files.make_folder(self._folder(network), 0o755)
            self._files.write(f"{self._folder(network)}/{port.uuid}.xml", text)
            self._write_macs(network)

        await asyncio.to_thread(work)

    async def delete(self, network: VirtualNetwork, port: Port) -> None:
        """Forget a port."""

        def work() -> None:
            self._files.remove(f"{self._folder(network)}/{port.uuid}.xml")
            self._write_macs(network)

        await asyncio.to_thread(work)

    def load(self, network: VirtualNetwork) -> None:
        """Give a running network the ports it had (blocks; for the start)."""
        for name in self._files.names(self._folder(network)):
            text = self._files.read(f"{self._folder(network)}/{name}") if name.endswith(".xml") else None
            if text is None:
                continue
            try:
                port = Port(network, parse_port(text))
            except LibvirtError as error:
                log.warning("a port of network '%s' cannot be read: %s", network.name, error)
                continue
            network.ports[port.uuid] = port

    def _write_macs(self, network: VirtualNetwork) -> None:
        model = network.live
        if model is None or not model.owns_bridge or not model.bridge_name:
            return
        guests: dict[str, list[str]] = {}
        for port in list(network.ports.values()):
            owner, mac = port.model.owner, port.model.mac
            if owner and owner.name and mac and mac.address:
                guests.setdefault(owner.name, []).append(mac.address)
        listed = [{"domain": name, "macs": macs} for name, macs in guests.items()]
        self._files.write(dnsmasq.macs_path(model.bridge_name), json.dumps(listed, indent=2) + "\n", 0o644)
