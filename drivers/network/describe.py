# SPDX-License-Identifier: LGPL-2.1-or-later
"""A network's document as it is given out and stored."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace

from virtbus.drivers.common.xml.codec import dump, write
from virtbus.drivers.common.xml.writer import Writer
from virtbus.drivers.network.model import Forward, Interface, Nat, Network, Span

FIRST_PORT, LAST_PORT = "1024", "65535"


def describe(network: Network, connections: int = 0, uses: Mapping[str, int] | None = None) -> str:
    """Give the document; `connections` counts the guests on the network, `uses` those on each device of its pool."""
    counted = replace(network, connections=str(connections) if connections else None)
    counted.forward = _forward(network.forward, uses or {})
    return dump(counted, "network")


def status(network: Network) -> str:
    """Give the document of a running network, in which the host's state is kept over restarts."""
    writer = Writer()
    writer.open("networkstatus")
    writer.empty("class_id", [("bitmap", "0-2")])
    writer.empty("floor", [("sum", "0")])
    write(replace(network, forward=_forward(network.forward, {})), "network", writer)
    writer.close("networkstatus")
    return writer.text()


def _forward(forward: Forward | None, uses: Mapping[str, int]) -> Forward | None:
    if forward is None:
        return None
    interfaces = [Interface(i.dev, str(uses[i.dev]) if i.dev and uses.get(i.dev) else None) for i in forward.interfaces]
    return replace(forward, dev=interfaces[0].dev if interfaces else None, interfaces=interfaces)


def running_form(network: Network) -> Network:
    """Give a network as it runs: a copy with what is filled in at the start."""
    live = copy.deepcopy(network)
    six = live.forward is not None and live.forward.nat is not None and live.forward.nat.ipv6 == "yes"
    translated = any(six or not ip.ipv6 for ip in live.ips)
    if live.mode == "nat" and live.forward is not None and translated:
        nat = live.forward.nat = live.forward.nat or Nat()
        nat.port = nat.port or Span(FIRST_PORT, LAST_PORT)
    return live
