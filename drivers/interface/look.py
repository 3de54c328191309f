# SPDX-License-Identifier: LGPL-2.1-or-later
"""Look at the host's links in sysfs, anew each time: nothing here can be out of date."""

from __future__ import annotations

import re
from collections.abc import Iterator

from virtbus.drivers.common.engine.sysfs import Sysfs
from virtbus.drivers.common.links import link_attributes
from virtbus.drivers.interface.model import Attributes, Bond, Bridge, LinkModel, Vlan

LINKS = "/sys/class/net"
VLANS = "/proc/net/vlan"
CARRIER = {"0": "ioctl", "1": "netif"}
_VLAN = re.compile(r"VID: (\d+).*?^Device: (\S+)", re.MULTILINE | re.DOTALL)


class Links:
    """The links of a host."""

    def __init__(self, sysfs: Sysfs) -> None:
        self._sysfs = sysfs

    def names(self) -> Iterator[str]:
        """Give the names of the links that count as interfaces: no ports of bridges, no guests' taps."""
        for name in self._sysfs.names(LINKS):
            path = f"{LINKS}/{name}"
            if self._sysfs.exists(path) and not any(self._sysfs.exists(f"{path}/{n}") for n in ("brport", "tun_flags")):
                yield name

    def exists(self, name: str) -> bool:
        """Say whether there is a link of this name, whatever kind."""
        return bool(name) and "/" not in name and self._sysfs.exists(f"{LINKS}/{name}/ifindex")

    def state(self, name: str) -> str:
        """Give whether a link works, in the kernel's word: up, down, unknown …"""
        return self._sysfs.read(f"{LINKS}/{name}/operstate") or ""

    def mac(self, name: str) -> str:
        """Give a link's address, "" where it has none."""
        return self._sysfs.read(f"{LINKS}/{name}/address") or ""

    def describe(self, name: str, *, within: bool = False) -> LinkModel:
        """Describe a link; `within` a bridge or bond, its size of packets is not shown."""
        path = f"{LINKS}/{name}"
        kind = self._kind(name)
        model = LinkModel(name, kind, self.mac(name), None if within else self._sysfs.read(f"{path}/mtu"))
        if kind == "bridge":
            model.bridge = self._bridge(path)
        elif kind == "bond":
            model.bond = self._bond(path)
        elif kind == "vlan":
            model.vlan = self._vlan(name)
        else:
            model.attributes = link_attributes(self._sysfs, path)
        return model

    def _kind(self, name: str) -> str:
        devtype = self._sysfs.properties(f"{LINKS}/{name}").get("DEVTYPE", "")
        return devtype if devtype in ("bridge", "bond", "vlan") else "ethernet"

    def _bridge(self, path: str) -> Bridge:
        stp = self._sysfs.read(f"{path}/bridge/stp_state") not in (None, "0")
        ports = [self.describe(port, within=True) for port in self._sysfs.names(f"{path}/brif")]
        return Bridge(stp, self._sysfs.read(f"{path}/bridge/forward_delay"), ports)

    def _bond(self, path: str) -> Bond:
        def setting(name: str) -> str:
            return (self._sysfs.read(f"{path}/bonding/{name}") or "").partition(" ")[0]

        bond = Bond(setting("mode"))
        if setting("miimon") not in ("", "0"):
            bond.miimon = _miimon(
                setting("miimon"), setting("downdelay"), setting("updelay"), setting("use_carrier")
            )  # fmt: skip
        elif setting("arp_interval") not in ("", "0"):
            bond.arpmon = [("interval", setting("arp_interval"))]
            targets, validate = setting("arp_ip_target"), setting("arp_validate")
            bond.arpmon += [(key, value) for key, value in (("target", targets), ("validate", validate)) if value]
        slaves = (self._sysfs.read(f"{path}/bonding/slaves") or "").split()
        bond.ports = [self.describe(port, within=True) for port in slaves]
        return bond

    def _vlan(self, name: str) -> Vlan:
        found = _VLAN.search(self._sysfs.read(f"{VLANS}/{name}") or "")
        if found is not None:
            return Vlan(found[1], found[2])
        device, _, tag = name.partition(".")
        return Vlan(tag, device or None)


def _miimon(frequency: str, down: str, up: str, carrier: str) -> Attributes:
    delays = [(name, value) for name, value in (("downdelay", down), ("updelay", up)) if value not in ("", "0")]
    return [("freq", frequency), *delays, ("carrier", CARRIER.get(carrier, "netif"))]
