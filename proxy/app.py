# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run the proxy: bind every socket, give up all power, serve until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import gc
import grp
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import uvloop

from virtbus.bus import daemons, logs, systemd
from virtbus.bus.connection import ConnectionFailed
from virtbus.bus.daemons import Daemon
from virtbus.bus.errors import LibvirtError
from virtbus.proxy import account, config
from virtbus.proxy.auth import Method
from virtbus.proxy.config import ConfigError, Settings
from virtbus.proxy.listen import net, unix
from virtbus.proxy.listen.certificates import CertificateError, Files, context_for
from virtbus.proxy.listen.net import Gate, NetListener
from virtbus.proxy.listen.unix import Door, UnixListener
from virtbus.proxy.objects import BUS_NAME, publish
from virtbus.proxy.peers import BusOpener
from virtbus.proxy.polkit import Polkit
from virtbus.proxy.server import Server

log = logging.getLogger("virtbus.proxy")

SOCKETS = ("libvirt", "virtqemud", "virtnetworkd", "virtstoraged", "virtnwfilterd", "virtnodedevd", "virtsecretd",
           "virtinterfaced")  # fmt: skip
"""The programs of libvirt whose sockets the proxy serves."""


class Bound(NamedTuple):
    """The sockets that were bound while there was the power to do so."""

    doors: list[tuple[socket.socket, Door]]
    gates: list[tuple[list[socket.socket], Gate]]


def options(argv: Sequence[str]) -> argparse.Namespace:
    """Give the command line's options."""
    parser = argparse.ArgumentParser(prog="libvirtd", description="Turn libvirt's RPC into D-Bus calls.")
    parser.add_argument("-l", "--listen", action="store_true", help="listen on TLS, unless the settings say otherwise")
    parser.add_argument("-f", "--config", type=Path, default=Path("/etc/libvirt/libvirtd.conf"), help="the settings")
    parser.add_argument("--user", help="the account to run as (default: as the daemon's descriptor says)")
    parser.add_argument("--socket-dir", help="where the UNIX sockets go (default: unix_sock_dir, or /run/libvirt)")
    parser.add_argument("--daemons", help="the folder with the daemons' descriptors")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")
    return parser.parse_args(argv)


def doors(settings: Settings, folder: str) -> list[Door]:
    """Give the UNIX sockets to listen on."""
    group = grp.getgrnam(settings.unix_sock_group).gr_gid if settings.unix_sock_group else -1
    found = []
    for program in SOCKETS:
        for suffix, read_only in (("", False), ("-ro", True)):
            name = settings.auth_unix_ro if read_only else settings.auth_unix_rw
            perms = settings.unix_sock_ro_perms if read_only else settings.unix_sock_rw_perms
            mode = int(perms, 8) if perms else (0o700 if name == "none" else 0o777)
            path = f"{folder}/{program}-sock{suffix}"
            found.append(Door(path, read_only, config.method(name), mode & 0o666, group, default_uri(program)))
    return found


def default_uri(program: str) -> str:
    """Give the URI that is meant on a program's socket where a client names none."""
    part = program.removeprefix("virt").removesuffix("d")
    return "" if program == "libvirt" else f"{part}:///system"


def gates(settings: Settings, *, listen: bool) -> list[Gate]:
    """Give the TCP ports to listen on."""
    found = []
    if settings.wants("tls", listen=listen):
        names = None if settings.tls_allowed_dn_list is None else tuple(settings.tls_allowed_dn_list)
        found.append(
            Gate(
                settings.listen_addr, settings.tls_port, config.method(settings.auth_tls), tls=True, allowed_names=names
            )
        )
    if settings.wants("tcp", listen=listen):
        found.append(Gate(settings.listen_addr, settings.tcp_port, config.method(settings.auth_tcp), tls=False))
    for gate in found:
        if gate.method is not Method.NONE:
            raise ConfigError(f'{"auth_tls" if gate.tls else "auth_tcp"}: only "none" is known')
        if not gate.tls:
            log.warning("TCP port %s takes anybody in, unencrypted and unauthenticated", gate.port)
    return found


def bind(settings: Settings, folder: str, *, listen: bool) -> Bound:
    """Bind the sockets, those that a supervisor handed over excepted."""
    inherited = systemd.inherited_sockets()
    given = {sock.getsockname(): sock for _name, sock in inherited if sock.family == socket.AF_UNIX}
    bound = []
    for door in doors(settings, folder):
        sock = given.get(door.path)
        if sock is not None or not given:
            bound.append((sock or unix.bind(door), door))
    ports = [sock for _name, sock in inherited if sock.family != socket.AF_UNIX]
    opened = []
    for gate in gates(settings, listen=listen or bool(ports)):
        mine = [sock for sock in ports if str(sock.getsockname()[1]) == gate.port]
        opened.append((mine or net.bind(gate), gate))
    return Bound(bound, opened)


def files(settings: Settings) -> Files:
    """Give where the certificates are."""
    verify = not settings.tls_no_verify_certificate
    return Files(settings.ca_file, settings.cert_file, settings.key_file, settings.crl_file, verify)


async def serve(known: Sequence[Daemon], settings: Settings, bound: Bound, tls: ssl.SSLContext | None) -> None:
    """Serve clients until SIGTERM or SIGINT."""
    opener = BusOpener()
    server = Server(known, opener, Polkit(opener.bus), settings.limits)
    gc.freeze()  # the routes stay for good: the collector need not look at them again
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    try:
        if not await publish(await opener.bus(), server):
            log.error("%s is served by another process already", BUS_NAME)
            return
    except (ConnectionFailed, LibvirtError, OSError) as err:
        log.error("the proxy has no name on the system bus: %s", err)
    listeners: list[UnixListener | NetListener] = [UnixListener(server, sock, door) for sock, door in bound.doors]
    for sockets, gate in bound.gates:
        listener = NetListener(server, gate, tls if gate.tls else None)
        await listener.start(sockets)
        listeners.append(listener)
    systemd.notify("READY=1")
    await over.wait()
    systemd.notify("STOPPING=1")
    for each in listeners:
        each.close()
    server.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the proxy; give its exit status."""
    chosen = options(sys.argv[1:] if argv is None else argv)
    logs.set_up("info" if chosen.verbose else None)
    try:
        known = daemons.load(chosen.daemons)
        settings = config.load(chosen.config)
        bound = bind(settings, chosen.socket_dir or settings.unix_sock_dir, listen=chosen.listen)
        tls = None
        if any(gate.tls for _sockets, gate in bound.gates):
            # Read while it still can be: the key is root's.
            tls = context_for(files(settings))
        account.raise_limits()
        name = chosen.user or next((d.user for d in known if "proxy" in d.serves), account.FALLBACK)
        account.give_up_power(account.find(name))
    except (ConfigError, CertificateError, daemons.DescriptorError, account.AccountError, OSError, KeyError) as err:
        log.error("the proxy cannot start: %s", err)
        return 1
    uvloop.run(serve(known, settings, bound, tls))
    return 0
