# SPDX-License-Identifier: LGPL-2.1-or-later
"""What only the legacy protocol has: the proxy itself answers these calls."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.catalogue import Api, Form, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import DeviceRef, DomainRef, NetworkRef, PoolRef, SecretRef
from virtbus.bus.types import CharBlob, Flag, Int32, Max, ParamDict, Parameters, UInt32


class SaslStart(NamedTuple):
    """Hold what AuthSaslStart gives."""

    complete: Int32
    nil: Int32
    data: Annotated[bytes, CharBlob(65536)]


class SaslStep(NamedTuple):
    """Hold what AuthSaslStep gives."""

    complete: Int32
    nil: Int32
    data: Annotated[bytes, CharBlob(65536)]


class Session(Api, noun="Connect", daemon="proxy", kind="Session", own=("Auth", "Connect"), wire_only=True):
    """Opening, authentication and event registration, which only the wire has."""

    @call(1, acl="connect:getattr", since="0.0.3", urgent=True, form=Form.SESSION)
    async def connect_open(self, name: str | None, flags: UInt32) -> None:
        """Open the connection to the driver that the URI names.

        No URI lets the daemon choose; flags may ask for read-only access.
        """
        raise NoSupport

    @call(2, since="0.0.3", urgent=True, form=Form.SESSION)
    async def connect_close(self) -> None:
        """End the connection and drop the event registrations it held."""
        raise NoSupport

    @call(66, urgent=True, form=Form.SESSION)
    async def auth_list(self) -> Annotated[list[Int32], Max(20)]:
        """Give the ways of authentication that this connection may use, as numbers."""
        raise NoSupport

    @call(67, urgent=True, form=Form.SESSION)
    async def auth_sasl_init(self) -> str:
        """Begin SASL and give the mechanisms on offer, separated by commas."""
        raise NoSupport

    @call(68, urgent=True, form=Form.SESSION)
    async def auth_sasl_start(self, mech: str, nil: Int32, data: Annotated[bytes, CharBlob(65536)]) -> SaslStart:
        """Choose a SASL mechanism, hand in the first data and get the server's answer.

        complete is non-zero once the client is authenticated.
        """
        raise NoSupport

    @call(69, urgent=True, form=Form.SESSION)
    async def auth_sasl_step(self, nil: Int32, data: Annotated[bytes, CharBlob(65536)]) -> SaslStep:
        """Hand in the next SASL data and get the server's answer.

        complete is non-zero once the client is authenticated.
        """
        raise NoSupport

    @call(70, urgent=True, form=Form.SESSION)
    async def auth_polkit(self) -> Int32:
        """Authenticate the client through polkit by the process at the other end of the socket."""
        raise NoSupport

    @call(105, acl="connect:search_domains", filter="domain:getattr", since="0.5.0", urgent=True, form=Form.SESSION)
    async def connect_domain_event_register(self) -> Int32:
        """Begin to receive the life-cycle events of all guests, the oldest way."""
        raise NoSupport

    @call(106, acl="connect:read", since="0.5.0", urgent=True, form=Form.SESSION)
    async def connect_domain_event_deregister(self) -> Int32:
        """Stop receiving the life-cycle events asked for the oldest way."""
        raise NoSupport

    @call(149, since="0.7.3", urgent=True, form=Form.SESSION)
    async def connect_is_secure(self) -> Flag:
        """Say whether the connection is encrypted or stays on this host."""
        raise NoSupport

    @call(167, acl="connect:search_domains", filter="domain:getattr", since="0.8.0", urgent=True, form=Form.SESSION)
    async def connect_domain_event_register_any(self, event_id: Int32) -> None:
        """Begin to receive one kind of event of all guests.

        eventID is a virDomainEventID number.
        """
        raise NoSupport

    @call(168, acl="connect:read", since="0.8.0", urgent=True, form=Form.SESSION)
    async def connect_domain_event_deregister_any(self, event_id: Int32) -> None:
        """Stop receiving one kind of guest event."""
        raise NoSupport

    @call(313, acl="connect:search_networks", filter="network:getattr", since="1.2.1", urgent=True, form=Form.SESSION)
    async def connect_network_event_register_any(self, event_id: Int32, net: NetworkRef | None) -> Int32:
        """Begin to receive one kind of event of one network or all; give the callback's id.

        eventID is a virNetworkEventID number.
        """
        raise NoSupport

    @call(314, acl="connect:read", since="1.2.1", urgent=True, form=Form.SESSION)
    async def connect_network_event_deregister_any(self, callback_id: Int32) -> None:
        """Stop receiving the network events of this callback id."""
        raise NoSupport

    @call(316, acl="connect:search_domains", filter="domain:getattr", since="0.8.0", urgent=True, form=Form.SESSION)
    async def connect_domain_event_callback_register_any(self, event_id: Int32, dom: DomainRef | None) -> Int32:
        """Begin to receive one kind of event of one guest or all; give the callback's id.

        eventID is a virDomainEventID number.
        """
        raise NoSupport

    @call(317, acl="connect:read", since="0.8.0", urgent=True, form=Form.SESSION)
    async def connect_domain_event_callback_deregister_any(self, callback_id: Int32) -> None:
        """Stop receiving the guest events of this callback id."""
        raise NoSupport

    @call(360, acl="connect:getattr", since="0.10.0", urgent=True, form=Form.SESSION)
    async def connect_register_close_callback(self) -> None:
        """Begin to be told when the daemon loses its connection to the hypervisor."""
        raise NoSupport

    @call(361, acl="connect:getattr", since="0.10.0", urgent=True, form=Form.SESSION)
    async def connect_unregister_close_callback(self) -> None:
        """Stop being told when the daemon loses its connection to the hypervisor."""
        raise NoSupport

    @call(
        368,
        acl="connect:search_storage_pools",
        filter="storage_pool:getattr",
        since="2.0.0",
        urgent=True,
        form=Form.SESSION,
    )
    async def connect_storage_pool_event_register_any(self, event_id: Int32, pool: PoolRef | None) -> Int32:
        """Begin to receive one kind of event of one pool or all; give the callback's id.

        eventID is a virStoragePoolEventID number.
        """
        raise NoSupport

    @call(369, acl="connect:read", since="2.0.0", urgent=True, form=Form.SESSION)
    async def connect_storage_pool_event_deregister_any(self, callback_id: Int32) -> None:
        """Stop receiving the pool events of this callback id."""
        raise NoSupport

    @call(
        374,
        acl="connect:search_node_devices",
        filter="node_device:getattr",
        since="2.2.0",
        urgent=True,
        form=Form.SESSION,
    )
    async def connect_node_device_event_register_any(self, event_id: Int32, dev: DeviceRef | None) -> Int32:
        """Begin to receive one kind of event of one device or all; give the callback's id.

        eventID is a virNodeDeviceEventID number.
        """
        raise NoSupport

    @call(375, acl="connect:read", since="2.2.0", urgent=True, form=Form.SESSION)
    async def connect_node_device_event_deregister_any(self, callback_id: Int32) -> None:
        """Stop receiving the device events of this callback id."""
        raise NoSupport

    @call(380, acl="connect:search_secrets", filter="secret:getattr", since="3.0.0", urgent=True, form=Form.SESSION)
    async def connect_secret_event_register_any(self, event_id: Int32, secret: SecretRef | None) -> Int32:
        """Begin to receive one kind of event of one secret or all; give the callback's id.

        eventID is a virSecretEventID number.
        """
        raise NoSupport

    @call(381, acl="connect:read", since="3.0.0", urgent=True, form=Form.SESSION)
    async def connect_secret_event_deregister_any(self, callback_id: Int32) -> None:
        """Stop receiving the secret events of this callback id."""
        raise NoSupport

    @call(419, acl="connect:write", since="5.8.0", form=Form.SESSION, read_only=True)
    async def connect_set_identity(self, params: Annotated[ParamDict, Parameters(20)], flags: UInt32) -> None:
        """Let a trusted client say on whose behalf it calls, for access checks and logs."""
        raise NoSupport
