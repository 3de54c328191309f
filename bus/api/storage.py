# SPDX-License-Identifier: LGPL-2.1-or-later
"""Storage pools and their volumes."""

from __future__ import annotations

from typing import Annotated, ClassVar, NamedTuple

from virtbus.bus.api.connection import Connection
from virtbus.bus.catalogue import Api, Direction, Form, Prop, call, event
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import PoolRef, VolumeRef
from virtbus.bus.streams import StreamEnd
from virtbus.bus.types import Char, Flag, Int32, Max, UChar, UInt32, UInt64, UuidStr


class PoolInfo(NamedTuple):
    """Hold what StoragePoolGetInfo gives."""

    state: UChar
    capacity: UInt64
    allocation: UInt64
    available: UInt64


class VolumeInfo(NamedTuple):
    """Hold what StorageVolGetInfo gives."""

    type: Char
    capacity: UInt64
    allocation: UInt64


class Manager(Connection, noun="Connect", daemon="storage", kind="Manager", own=("StoragePool", "StorageVol")):
    """All storage pools, and the volumes in them."""

    @call(71, acl="connect:search_storage_pools", filter="storage_pool:getattr", since="0.4.1", urgent=True)
    async def num_of_storage_pools(self) -> Int32:
        """Count the active storage pools."""
        raise NoSupport

    @call(
        72,
        acl="connect:search_storage_pools",
        filter="storage_pool:getattr",
        since="0.4.1",
        urgent=True,
        extra="maxnames",
        form=Form.MAX_NAMES,
    )
    async def list_storage_pools(self) -> Annotated[list[str], Max(16384)]:
        """Give the names of the active storage pools."""
        raise NoSupport

    @call(73, acl="connect:search_storage_pools", filter="storage_pool:getattr", since="0.4.1", urgent=True)
    async def num_of_defined_storage_pools(self) -> Int32:
        """Count the storage pools that are defined but not active."""
        raise NoSupport

    @call(
        74,
        acl="connect:search_storage_pools",
        filter="storage_pool:getattr",
        since="0.4.1",
        urgent=True,
        extra="maxnames",
        form=Form.MAX_NAMES,
    )
    async def list_defined_storage_pools(self) -> Annotated[list[str], Max(16384)]:
        """Give the names of the storage pools that are defined but not active."""
        raise NoSupport

    @call(75, acl="connect:detect_storage_pools", since="0.4.5")
    async def find_storage_pool_sources(self, type: str, src_spec: str | None, flags: UInt32) -> str:
        """Give the sources on which a pool of this type could be built, as XML.

        The optional source XML says where to look, such as the host to ask.
        """
        raise NoSupport

    @call(76, acl="storage_pool:start storage_pool:write", since="0.4.1")
    async def storage_pool_create_xml(self, xml: str, flags: UInt32) -> PoolRef:
        """Start a pool from the XML, transient unless it is defined already, and give its reference.

        Flags may have the pool built first.
        """
        raise NoSupport

    @call(77, acl="storage_pool:write storage_pool:save", since="0.4.1", urgent=True)
    async def storage_pool_define_xml(self, xml: str, flags: UInt32) -> PoolRef:
        """Store the pool's persistent configuration from the XML and give its reference."""
        raise NoSupport

    @call(84, acl="storage_pool:getattr", since="0.4.1", urgent=True)
    async def storage_pool_lookup_by_name(self, name: str) -> PoolRef:
        """Find the storage pool that has this name."""
        raise NoSupport

    @call(85, acl="storage_pool:getattr", since="0.4.1", urgent=True)
    async def storage_pool_lookup_by_uuid(self, uuid: UuidStr) -> PoolRef:
        """Find the storage pool that has this UUID."""
        raise NoSupport

    @call(96, acl="storage_vol:getattr", since="0.4.1", urgent=True)
    async def storage_vol_lookup_by_key(self, key: str) -> VolumeRef:
        """Find the volume that has this key, in whichever pool it is."""
        raise NoSupport

    @call(97, acl="storage_vol:getattr", since="0.4.1", urgent=True)
    async def storage_vol_lookup_by_path(self, path: str) -> VolumeRef:
        """Find the volume that has this path on the host, in whichever pool it is."""
        raise NoSupport

    @call(
        281,
        acl="connect:search_storage_pools",
        filter="storage_pool:getattr",
        since="0.10.2",
        urgent=True,
        form=Form.NEED_RESULTS,
    )
    async def list_all_storage_pools(self, flags: UInt32) -> Annotated[list[PoolRef], Max(16384)]:
        """Give the storage pools.

        Flags choose by active, stored, autostart and type.
        """
        raise NoSupport

    @call(391, acl="storage_pool:getattr", since="4.1.0", urgent=True)
    async def storage_pool_lookup_by_target_path(self, path: str) -> PoolRef:
        """Find the storage pool that has this target path on the host."""
        raise NoSupport

    @call(403, acl="connect:read", since="5.2.0")
    async def get_storage_pool_capabilities(self, flags: UInt32) -> str:
        """Give the kinds of storage pool that the daemon knows and their formats, as XML."""
        raise NoSupport

    @event(0, callback=370, since="2.0.0", acl="storage_pool:getattr")
    def storage_pool_event_lifecycle(self, pool: PoolRef, event: Int32, detail: Int32) -> None:
        """Tell that a pool was defined, undefined, started, stopped, built or deleted.

        event is a virStoragePoolEventLifecycleType number; detail has no meaning yet.
        """

    @event(1, callback=373, since="2.0.0", acl="storage_pool:getattr")
    def storage_pool_event_refresh(self, pool: PoolRef) -> None:
        """Tell that a pool's list of volumes was brought up to date."""


class Pool(Api, noun="StoragePool", daemon="storage", kind="Pool", ref=PoolRef):
    """A storage pool."""

    properties: ClassVar[dict[str, Prop]] = {
        "Name": Prop("name", changes=False, of_reference=True),
        "UUID": Prop("uuid", changes=False, of_reference=True),
        "Active": Prop("is_active"),
        "Autostart": Prop("get_autostart", "set_autostart"),
        "Persistent": Prop("is_persistent"),
    }

    @call(78, acl="storage_pool:start", since="0.4.1")
    async def create(self, flags: UInt32) -> None:
        """Start the defined pool so that its volumes can be used.

        Flags may have the pool built first.
        """
        raise NoSupport

    @call(79, acl="storage_pool:format", since="0.4.1")
    async def build(self, flags: UInt32) -> None:
        """Prepare the storage beneath the pool, such as its directory or file system.

        Flags choose whether data found there is overwritten.
        """
        raise NoSupport

    @call(80, acl="storage_pool:stop", since="0.4.1", urgent=True)
    async def destroy(self) -> None:
        """Stop the pool; its data stay where they are.

        A transient pool is gone afterwards.
        """
        raise NoSupport

    @call(81, acl="storage_pool:format", since="0.4.1")
    async def delete(self, flags: UInt32) -> None:
        """Remove the storage beneath the inactive pool; its data are lost."""
        raise NoSupport

    @call(82, acl="storage_pool:delete", since="0.4.1", urgent=True)
    async def undefine(self) -> None:
        """Remove the stored configuration of the inactive pool."""
        raise NoSupport

    @call(83, acl="storage_pool:refresh", since="0.4.1")
    async def refresh(self, flags: UInt32) -> None:
        """Look for the pool's volumes and sizes anew."""
        raise NoSupport

    @call(87, acl="storage_pool:read", since="0.4.1", urgent=True)
    async def get_info(self) -> PoolInfo:
        """Give the pool's state and its capacity, allocation and free space.

        Sizes are in bytes; the state is a virStoragePoolState number.
        """
        raise NoSupport

    @call(88, acl="storage_pool:read", since="0.4.1", urgent=True)
    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the storage pool as XML.

        Flags may ask for the stored form instead of the live one.
        """
        raise NoSupport

    @call(89, acl="storage_pool:read", since="0.4.1", urgent=True)
    async def get_autostart(self) -> Flag:
        """Say whether the pool starts along with its daemon."""
        raise NoSupport

    @call(90, acl="storage_pool:write", since="0.4.1", urgent=True)
    async def set_autostart(self, autostart: Flag) -> None:
        """Choose whether the pool starts along with its daemon."""
        raise NoSupport

    @call(91, acl="storage_pool:search_storage_vols", filter="storage_vol:getattr", since="0.4.1", urgent=True)
    async def num_of_volumes(self) -> Int32:
        """Count the volumes in the active pool."""
        raise NoSupport

    @call(
        92,
        acl="storage_pool:search_storage_vols",
        filter="storage_vol:getattr",
        since="0.4.1",
        urgent=True,
        extra="maxnames",
        form=Form.MAX_NAMES,
    )
    async def list_volumes(self) -> Annotated[list[str], Max(16384)]:
        """Give the names of the volumes in the active pool."""
        raise NoSupport

    @call(93, acl="storage_vol:create", since="0.4.1", name="StorageVolCreateXML")
    async def storage_vol_create_xml(self, xml: str, flags: UInt32) -> VolumeRef:
        """Make a volume in the pool from the XML and give its reference."""
        raise NoSupport

    @call(95, acl="storage_vol:getattr", since="0.4.1", urgent=True, name="StorageVolLookupByName")
    async def storage_vol_lookup_by_name(self, name: str) -> VolumeRef:
        """Find the volume of the pool that has this name."""
        raise NoSupport

    @call(125, acl="storage_vol:create", since="0.6.4", name="StorageVolCreateXMLFrom")
    async def storage_vol_create_xml_from(self, xml: str, clonevol: VolumeRef, flags: UInt32) -> VolumeRef:
        """Make a volume in the pool with the contents of another volume.

        The clone may be converted to the format in the XML; gives its reference.
        """
        raise NoSupport

    @call(154, acl="storage_pool:read", since="0.7.3", urgent=True)
    async def is_active(self) -> Flag:
        """Say whether the pool is active."""
        raise NoSupport

    @call(155, acl="storage_pool:read", since="0.7.3", urgent=True)
    async def is_persistent(self) -> Flag:
        """Say whether the pool has a stored configuration."""
        raise NoSupport

    @call(
        282,
        acl="storage_pool:search_storage_vols",
        filter="storage_vol:getattr",
        since="0.10.2",
        urgent=True,
        form=Form.NEED_RESULTS,
    )
    async def list_all_volumes(self, flags: UInt32) -> Annotated[list[VolumeRef], Max(16384)]:
        """Give the volumes of the active pool."""
        raise NoSupport


class Volume(Api, noun="StorageVol", daemon="storage", kind="Volume", ref=VolumeRef):
    """A storage volume."""

    properties: ClassVar[dict[str, Prop]] = {
        "Pool": Prop("pool", changes=False, of_reference=True),
        "Name": Prop("name", changes=False, of_reference=True),
        "Key": Prop("key", changes=False, of_reference=True),
        "Path": Prop("get_path", changes=False),
    }

    @call(86, acl="storage_pool:getattr", since="0.4.1", urgent=True, name="StoragePoolLookupByVolume")
    async def storage_pool_lookup_by_volume(self) -> PoolRef:
        """Find the storage pool that the volume belongs to."""
        raise NoSupport

    @call(94, acl="storage_vol:delete", since="0.4.1")
    async def delete(self, flags: UInt32) -> None:
        """Delete the volume from its pool; its data are lost."""
        raise NoSupport

    @call(98, acl="storage_vol:read", since="0.4.1", urgent=True)
    async def get_info(self) -> VolumeInfo:
        """Give the volume's type, capacity and allocation.

        Sizes are in bytes; the type is a virStorageVolType number.
        """
        raise NoSupport

    @call(99, acl="storage_vol:read", since="0.4.1", urgent=True)
    async def get_xml_desc(self, flags: UInt32) -> str:
        """Describe the volume as XML."""
        raise NoSupport

    @call(100, acl="storage_vol:read", since="0.4.1", urgent=True)
    async def get_path(self) -> str:
        """Give the volume's path, as a guest's disk would name it."""
        raise NoSupport

    @call(165, acl="storage_vol:format", since="0.8.0")
    async def wipe(self, flags: UInt32) -> None:
        """Overwrite the volume with zeros so that its old data cannot be read."""
        raise NoSupport

    @call(208, acl="storage_vol:data_write", since="0.9.0", form=Form.STREAM, stream=Direction.UPLOAD, sparse=1)
    async def upload(self, offset: UInt64, length: UInt64, flags: UInt32) -> StreamEnd:
        """Take data for the volume, from `offset` on and at most `length` bytes (0: up to its end).

        A flag says that the data has holes.
        """
        raise NoSupport

    @call(209, acl="storage_vol:data_read", since="0.9.0", form=Form.STREAM, stream=Direction.DOWNLOAD, sparse=1)
    async def download(self, offset: UInt64, length: UInt64, flags: UInt32) -> StreamEnd:
        """Give the volume's data, from `offset` on and at most `length` bytes (0: up to its end).

        A flag asks for holes to be told as such.
        """
        raise NoSupport

    @call(259, acl="storage_vol:format", since="0.9.10")
    async def wipe_pattern(self, algorithm: UInt32, flags: UInt32) -> None:
        """Overwrite the volume by the chosen algorithm so that its old data cannot be read.

        algorithm is a virStorageVolWipeAlgorithm number.
        """
        raise NoSupport

    @call(260, acl="storage_vol:resize", since="0.9.10")
    async def resize(self, capacity: UInt64, flags: UInt32) -> None:
        """Change the volume's capacity, in bytes.

        Flags choose allocation, shrinking and a change relative to the present size.
        """
        raise NoSupport

    @call(378, acl="storage_vol:read", since="3.0.0", urgent=True)
    async def get_info_flags(self, flags: UInt32) -> VolumeInfo:
        """Give the volume's type, capacity and allocation, or its physical size by flag.

        Sizes are in bytes; the type is a virStorageVolType number.
        """
        raise NoSupport
