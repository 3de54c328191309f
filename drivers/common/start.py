# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start a driver's daemon from the command line: the one `main` that every driver's `__main__` calls."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable

import uvloop

from virtbus.bus import daemons, introspection, logs
from virtbus.bus.connection import ConnectionFailed, SystemBus
from virtbus.bus.daemon import NameTaken, serve
from virtbus.bus.service import Driver
from virtbus.policy.authorise import Authoriser

log = logging.getLogger("virtbus.start")


def main(name: str, make: Callable[..., Driver], argv: list[str] | None = None) -> None:
    """Run the daemon `name` with the driver that `make` gives, and exit with its status.

    `make` is called without arguments, or with the URI where the descriptor of the daemon has `--uri`.
    """
    parser = argparse.ArgumentParser(description=f"the daemon of virtbus for: {name}")
    parser.add_argument("--bus", metavar="ADDRESS", help="the message bus to serve on (default: the system bus)")
    parser.add_argument("--introspect", action="store_true", help="print the D-Bus interfaces and exit")
    parser.add_argument("--uri", help="the hypervisor driver to host (virthypervisord alone)")
    options = parser.parse_args(argv)
    logs.set_up()
    daemon = next(d for d in daemons.load() if d.module.endswith("." + name) and _meant(d, options.uri))
    driver = make(options.uri) if options.uri else make()
    if options.introspect:
        sys.stdout.write(introspection.node(driver.manager) + "\n")
        return
    try:
        uvloop.run(serve(daemon.bus_name, driver, lambda bus: _judge(bus, daemon), options.bus))
    except (ConnectionFailed, NameTaken) as err:
        log.error("%s", err)
        sys.exit(1)


def _meant(daemon: daemons.Daemon, uri: str | None) -> bool:
    return uri is None or uri in daemon.arguments


def _judge(bus: SystemBus, daemon: daemons.Daemon) -> Authoriser:
    return Authoriser(bus, daemon.driver)
