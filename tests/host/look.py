# SPDX-License-Identifier: LGPL-2.1-or-later
"""Look at the host through libvirt-python: `python -m tests.host.look URI`."""

from __future__ import annotations

import sys

import libvirt

STATES = ("none", "running", "blocked", "paused", "shutting down", "shut off", "crashed", "suspended")


def main() -> None:
    """Print the guests, networks and pools of a connection."""
    connection = libvirt.open(sys.argv[1])
    print(f"{connection.getURI()} on {connection.getHostname()}, libvirt {connection.getLibVersion()}")
    for guest in connection.listAllDomains():
        print(f"guest {guest.name()} {guest.UUIDString()} is {STATES[guest.state()[0]]}")
    for network in connection.listAllNetworks():
        leases = [(one["ipaddr"], one["hostname"]) for one in network.DHCPLeases()] if network.isActive() else []
        print(f"network {network.name()} on {network.bridgeName()}: {leases}")
    for pool in connection.listAllStoragePools():
        print(f"pool {pool.name()}: {sorted(pool.listVolumes())}")
    connection.close()


if __name__ == "__main__":
    main()
