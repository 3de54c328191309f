# SPDX-License-Identifier: LGPL-2.1-or-later
"""The sockets: UNIX with the kernel's word for who connects, TLS with certificates, and their limits."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.host import certificates
from tests.rpc.client import Client, Refused, call
from tests.rpc.toy import Toy
from virtbus.proxy.auth import Method
from virtbus.proxy.listen import net, unix
from virtbus.proxy.listen.certificates import CertificateError, Files, context_for
from virtbus.proxy.listen.net import Gate, NetListener
from virtbus.proxy.listen.unix import Door, UnixListener
from virtbus.proxy.server import Server


async def dial(path: str) -> Client:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(0)
    await asyncio.get_running_loop().sock_connect(sock, path)
    return Client(sock)


@pytest.fixture
async def door(server: Server, tmp_path: Path) -> AsyncIterator[Door]:
    made = Door(str(tmp_path / "run/libvirt-sock"), False, Method.NONE, 0o600, -1, "test:///default")
    listener = UnixListener(server, unix.bind(made), made)
    yield made
    listener.close()


async def test_unix(door: Door, server: Server, toy: Toy) -> None:
    client = await dial(door.path)
    await client.call("ConnectOpen", name=None, flags=0)
    ((bus_name, identity),) = toy.identities
    assert bus_name == "org.libvirt.hypervisor1.test"
    assert (identity["uid"], identity["pid"], identity["transport"]) == (os.getuid(), os.getpid(), "unix")
    assert Path(door.path).stat().st_mode & 0o777 == 0o600
    unix.bind(door).close()
    client.sock.close()


async def test_too_many_clients_wait(door: Door, server: Server, toy: Toy) -> None:
    server.limits = replace(server.limits, max_clients=2)
    first, second, third = [await dial(door.path) for _ in range(3)]
    for client in (first, second):
        assert await client.call("AuthList") == {"types": [0]}
    await third.send(call("AuthList", 1))
    assert len(server.sessions) == 2
    first.sock.close()
    reply = await third.reply()
    assert reply is not None
    assert reply["body"] == {"types": [0]}


class TlsClient(Client):
    """A client on a TLS stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.serial, self.buffer = 0, b""
        self.events, self.streams, self.fds = [], [], []

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def more(self) -> bool:
        data = await self.reader.read(1 << 16)
        self.buffer += data
        return bool(data)


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    certificates.make(folder)
    certificates.make(folder / "other")
    return folder


def files(pki: Path) -> Files:
    return Files(
        str(pki / "CA/cacert.pem"), str(pki / "libvirt/servercert.pem"), str(pki / "libvirt/private/serverkey.pem")
    )


def client_context(pki: Path, who: str | None = "client", pki_of: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pki / "CA/cacert.pem"))
    if who:
        own = pki_of or pki
        context.load_cert_chain(own / f"libvirt/{who}cert.pem", own / f"libvirt/private/{who}key.pem")
    return context


async def tls(server: Server, pki: Path, names: tuple[str, ...] | None = None) -> tuple[NetListener, int]:
    gate = Gate("127.0.0.1", "0", Method.NONE, tls=True, allowed_names=names)
    sockets = net.bind(gate)
    listener = NetListener(server, gate, context_for(files(pki)))
    await listener.start(sockets)
    return listener, sockets[0].getsockname()[1]


async def test_tls(server: Server, toy: Toy, pki: Path) -> None:
    listener, port = await tls(server, pki)
    reader, writer = await asyncio.open_connection("localhost", port, ssl=client_context(pki))
    assert await reader.readexactly(1) == b"\x01"
    client = TlsClient(reader, writer)
    await client.call("ConnectOpen", name="qemu:///system", flags=0)
    assert await client.call("ConnectIsSecure") == {"secure": 1}
    assert toy.identities[0][1] == {"transport": "tls", "read_only": False, "x509_dname": "O=virtbus,CN=client"}
    with pytest.raises(Refused, match="Library function returned error"):
        await client.call("AuthPolkit")
    writer.close()
    listener.close()


@pytest.mark.parametrize("who", ["nobody", "stranger", "server"])
async def test_tls_refused(server: Server, pki: Path, who: str) -> None:
    """No certificate, one of another authority, one for servers: the end, without the byte."""
    listener, port = await tls(server, pki)
    chosen = {
        "nobody": client_context(pki, None), "stranger": client_context(pki, pki_of=pki / "other"),
        "server": client_context(pki, "server"),
    }[who]  # fmt: skip
    try:
        reader, _writer = await asyncio.open_connection("localhost", port, ssl=chosen)
        assert await reader.read(1) == b""
    except (ssl.SSLError, ConnectionError):
        pass
    assert not server.sessions
    listener.close()


async def test_tls_old(server: Server, pki: Path) -> None:
    listener, port = await tls(server, pki)
    context = client_context(pki)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("localhost", port, ssl=context)
    listener.close()


@pytest.mark.parametrize(("names", "admitted"), [(("O=virtbus,CN=*",), True), (("CN=client",), False), ((), False)])
async def test_tls_names(server: Server, pki: Path, names: tuple[str, ...], admitted: bool) -> None:
    listener, port = await tls(server, pki, names)
    reader, writer = await asyncio.open_connection("localhost", port, ssl=client_context(pki))
    try:
        first = await reader.read(1)
    except ConnectionError:
        first = b""
    assert first == (b"\x01" if admitted else b"")
    writer.close()
    listener.close()


def test_certificates_missing(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=r"cacert.pem"):
        context_for(Files(ca=str(tmp_path / "cacert.pem")))


def test_names() -> None:
    subject = ((("countryName", "GB"),), (("organizationName", "A, B"),), (("commonName", "x"),))
    assert net.distinguished_name({"subject": subject}) == "C=GB,O=A\\, B,CN=x"
    assert net.distinguished_name(None) is None
