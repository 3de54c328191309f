# SPDX-License-Identifier: LGPL-2.1-or-later
"""The admin protocol: the proxy's servers, clients, limits and logs."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.catalogue import Api, Form, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import ServerRef
from virtbus.bus.types import Int64, Max, ParamDict, Parameters, UInt32, UInt64


class ClientRecord(NamedTuple):
    """Hold a client of the proxy: its server, id, time of connection and transport."""

    srv: ServerRef
    id: UInt64
    timestamp: Int64
    transport: UInt32


class ListServers(NamedTuple):
    """Hold what ConnectListServers gives."""

    servers: Annotated[list[ServerRef], Max(16384)]
    ret: UInt32


class ServerListClients(NamedTuple):
    """Hold what ServerListClients gives."""

    clients: Annotated[list[ClientRecord], Max(16384)]
    ret: UInt32


class LoggingOutputs(NamedTuple):
    """Hold what ConnectGetLoggingOutputs gives."""

    outputs: str
    noutputs: UInt32


class LoggingFilters(NamedTuple):
    """Hold what ConnectGetLoggingFilters gives."""

    filters: str | None
    nfilters: UInt32


class Admin(Api, noun="", daemon="proxy", kind="Admin", wire_only=True):
    """The calls of the admin program."""

    @call(1, since="2.0.0", program="admin", form=Form.SESSION)
    async def connect_open(self, flags: UInt32) -> None:
        """Open the connection to the daemon's administration."""
        raise NoSupport

    @call(2, since="2.0.0", program="admin", form=Form.SESSION)
    async def connect_close(self) -> None:
        """End the connection to the daemon's administration."""
        raise NoSupport

    @call(3, since="2.0.0", program="admin", form=Form.SESSION)
    async def connect_get_lib_version(self) -> UInt64:
        """Give the version of the library behind the daemon as one number.

        It is major * 1000000 + minor * 1000 + release.
        """
        raise NoSupport

    @call(4, since="2.0.0", program="admin", form=Form.SESSION)
    async def connect_list_servers(self, need_results: UInt32, flags: UInt32) -> ListServers:
        """Give the servers that the daemon runs."""
        raise NoSupport

    @call(5, since="2.0.0", program="admin", form=Form.SESSION)
    async def connect_lookup_server(self, name: str, flags: UInt32) -> ServerRef:
        """Find the daemon's server that has this name."""
        raise NoSupport

    @call(6, since="2.0.0", program="admin", form=Form.SESSION)
    async def server_get_threadpool_parameters(
        self, srv: ServerRef, flags: UInt32
    ) -> Annotated[ParamDict, Parameters(32)]:
        """Give the size and use of the server's worker pool, as named values.

        Least, most, present, free and priority workers, and the calls waiting.
        """
        raise NoSupport

    @call(7, since="2.0.0", program="admin", form=Form.SESSION)
    async def server_set_threadpool_parameters(
        self, srv: ServerRef, params: Annotated[ParamDict, Parameters(32)], flags: UInt32
    ) -> None:
        """Change the least, most and priority workers of the server."""
        raise NoSupport

    @call(8, since="2.0.0", program="admin", form=Form.SESSION)
    async def server_list_clients(self, srv: ServerRef, need_results: UInt32, flags: UInt32) -> ServerListClients:
        """Give the clients connected to the server.

        Each has its id, when it connected in seconds since 1970, and its transport.
        """
        raise NoSupport

    @call(9, since="2.0.0", program="admin", form=Form.SESSION)
    async def server_lookup_client(self, srv: ServerRef, id: UInt64, flags: UInt32) -> ClientRecord:
        """Find the server's client that has this id."""
        raise NoSupport

    @call(10, since="2.0.0", program="admin", form=Form.SESSION)
    async def client_get_info(self, clnt: ClientRecord, flags: UInt32) -> Annotated[ParamDict, Parameters(64)]:
        """Tell who the client is, as named values.

        Read-only or not, socket address, user, group, process, SASL name or certificate.
        """
        raise NoSupport

    @call(11, since="2.0.0", program="admin", form=Form.SESSION)
    async def client_close(self, clnt: ClientRecord, flags: UInt32) -> None:
        """Cut off the client at once."""
        raise NoSupport

    @call(12, since="2.0.0", program="admin", form=Form.SESSION)
    async def server_get_client_limits(self, srv: ServerRef, flags: UInt32) -> Annotated[ParamDict, Parameters(32)]:
        """Give how many clients the server has and may have, in all and unauthenticated."""
        raise NoSupport

    @call(13, since="2.0.0", program="admin", form=Form.SESSION)
    async def server_set_client_limits(
        self, srv: ServerRef, params: Annotated[ParamDict, Parameters(32)], flags: UInt32
    ) -> None:
        """Change how many clients the server may have, in all and unauthenticated."""
        raise NoSupport

    @call(14, since="3.0.0", program="admin", form=Form.SESSION)
    async def connect_get_logging_outputs(self, flags: UInt32) -> LoggingOutputs:
        """Give where the daemon's log goes, as settings separated by blanks, and how many."""
        raise NoSupport

    @call(15, since="3.0.0", program="admin", form=Form.SESSION)
    async def connect_get_logging_filters(self, flags: UInt32) -> LoggingFilters:
        """Give the daemon's log filters, as settings separated by blanks, and how many."""
        raise NoSupport

    @call(16, since="3.0.0", program="admin", form=Form.SESSION)
    async def connect_set_logging_outputs(self, outputs: str | None, flags: UInt32) -> None:
        """Set where the daemon's log goes; none restores the default."""
        raise NoSupport

    @call(17, since="3.0.0", program="admin", form=Form.SESSION)
    async def connect_set_logging_filters(self, filters: str | None, flags: UInt32) -> None:
        """Set the daemon's log filters; none removes them all."""
        raise NoSupport

    @call(18, since="2.0.0", program="admin", form=Form.SESSION, name="ServerUpdateTlsFiles")
    async def server_update_tls_files(self, srv: ServerRef, flags: UInt32) -> None:
        """Have the server read its TLS certificates and keys anew."""
        raise NoSupport

    @call(19, since="8.6.0", program="admin", form=Form.SESSION)
    async def connect_set_daemon_timeout(self, timeout: UInt32, flags: UInt32) -> None:
        """Set after how many idle seconds the daemon ends; 0 keeps it running."""
        raise NoSupport

    @call(20, since="11.2.0", program="admin", form=Form.SESSION)
    async def connect_daemon_shutdown(self, flags: UInt32) -> None:
        """Have the daemon end; a flag has it preserve the guests first."""
        raise NoSupport
