# SPDX-License-Identifier: LGPL-2.1-or-later
"""The hypervisor: its guests as a whole, and what they tell of themselves."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from virtbus.bus.api.connection import Connection, Node
from virtbus.bus.api.domain.events import DomainEvents
from virtbus.bus.catalogue import Direction, Form, call
from virtbus.bus.errors import NoSupport
from virtbus.bus.refs import DomainRef
from virtbus.bus.streams import StreamEnd
from virtbus.bus.types import Blob, Fds, Flag, Int32, Max, ParamDict, Parameters, ParamList, UInt32, UInt64, UuidStr


class StatsRecord(NamedTuple):
    """Hold the statistics of one guest."""

    dom: DomainRef
    params: Annotated[ParamDict, Parameters(262144)]


class MigratePrepare(NamedTuple):
    """Hold what DomainMigratePrepare gives."""

    cookie: Annotated[bytes, Blob(4194304)]
    uri_out: str | None


class MigratePrepare2(NamedTuple):
    """Hold what DomainMigratePrepare2 gives."""

    cookie: Annotated[bytes, Blob(4194304)]
    uri_out: str | None


class MigratePrepare3(NamedTuple):
    """Hold what DomainMigratePrepare3 gives."""

    cookie_out: Annotated[bytes, Blob(4194304)]
    uri_out: str | None


class MigrateFinish3(NamedTuple):
    """Hold what DomainMigrateFinish3 gives."""

    dom: DomainRef
    cookie_out: Annotated[bytes, Blob(4194304)]


class MigratePrepare3Params(NamedTuple):
    """Hold what DomainMigratePrepare3Params gives."""

    cookie_out: Annotated[bytes, Blob(4194304)]
    uri_out: str | None


class MigrateFinish3Params(NamedTuple):
    """Hold what DomainMigrateFinish3Params gives."""

    dom: DomainRef
    cookie_out: Annotated[bytes, Blob(4194304)]


class DomainCreateXMLWithFilesArgs(NamedTuple):
    """Give the wire arguments of DomainCreateXMLWithFiles, after the object."""

    xml_desc: str
    flags: UInt32


class DomainCreateXMLWithFilesRet(NamedTuple):
    """Give the wire results of DomainCreateXMLWithFiles."""

    dom: DomainRef


class Manager(
    Connection, Node, DomainEvents, noun="Connect", daemon="hypervisor", kind="Manager", own=("Domain", "Node")
):
    """The hypervisor and all its guests."""

    @call(10, acl="domain:write domain:start", since="0.5.0")
    async def domain_create_xml(self, xml_desc: str, flags: UInt32) -> DomainRef:
        """Start a guest from the XML, transient unless it is defined already, and give its reference."""
        raise NoSupport

    @call(11, acl="domain:write domain:save", since="0.1.1", urgent=True)
    async def domain_define_xml(self, xml: str) -> DomainRef:
        """Store the guest's persistent configuration from the XML and give its reference."""
        raise NoSupport

    @call(
        21,
        acl="connect:search_domains",
        filter="domain:getattr",
        since="0.1.1",
        urgent=True,
        extra="maxnames",
        form=Form.MAX_NAMES,
    )
    async def list_defined_domains(self) -> Annotated[list[str], Max(16384)]:
        """Give the names of the guests that are defined but not running."""
        raise NoSupport

    @call(22, acl="domain:getattr", since="0.0.3", urgent=True)
    async def domain_lookup_by_id(self, id: Int32) -> DomainRef:
        """Find the running guest that has this id."""
        raise NoSupport

    @call(23, acl="domain:getattr", since="0.0.3", urgent=True)
    async def domain_lookup_by_name(self, name: str) -> DomainRef:
        """Find the guest that has this name."""
        raise NoSupport

    @call(24, acl="domain:getattr", since="0.0.5", urgent=True)
    async def domain_lookup_by_uuid(self, uuid: UuidStr) -> DomainRef:
        """Find the guest that has this UUID."""
        raise NoSupport

    @call(25, acl="connect:search_domains", filter="domain:getattr", since="0.1.5", urgent=True)
    async def num_of_defined_domains(self) -> Int32:
        """Count the guests that are defined but not running."""
        raise NoSupport

    @call(
        37,
        acl="connect:search_domains",
        filter="domain:getattr",
        since="0.0.3",
        urgent=True,
        extra="maxids",
        form=Form.MAX_NAMES,
    )
    async def list_domains(self) -> Annotated[list[Int32], Max(16384)]:
        """Give the ids of the running guests."""
        raise NoSupport

    @call(51, acl="connect:search_domains", filter="domain:getattr", since="0.0.3", urgent=True)
    async def num_of_domains(self) -> Int32:
        """Count the running guests."""
        raise NoSupport

    @call(54, acl="domain:start domain:write", since="0.0.3")
    async def domain_restore(self, from_: str) -> None:
        """Start the guest that was saved to this file where it left off."""
        raise NoSupport

    @call(61, acl="domain:migrate domain:start domain:write")
    async def domain_migrate_prepare(
        self, uri_in: str | None, flags: UInt64, dname: str | None, resource: UInt64
    ) -> MigratePrepare:
        """Make the target host ready to take a guest, first protocol.

        Gives a cookie and the URI to send to; resource is the bandwidth in MiB/s.
        """
        raise NoSupport

    @call(63, acl="domain:migrate")
    async def domain_migrate_finish(
        self, dname: str, cookie: Annotated[bytes, Blob(4194304)], uri: str, flags: UInt64
    ) -> DomainRef:
        """End the migration on the target and give the guest now running there."""
        raise NoSupport

    @call(108, acl="domain:migrate domain:start domain:write")
    async def domain_migrate_prepare2(
        self, uri_in: str | None, flags: UInt64, dname: str | None, resource: UInt64, dom_xml: str
    ) -> MigratePrepare2:
        """Make the target host ready to take a guest, second protocol.

        Takes the guest's XML; gives a cookie and the URI to send to; resource is MiB/s.
        """
        raise NoSupport

    @call(109, acl="domain:migrate")
    async def domain_migrate_finish2(
        self, dname: str, cookie: Annotated[bytes, Blob(4194304)], uri: str, flags: UInt64, retcode: Int32
    ) -> DomainRef:
        """End or call off the migration on the target, second protocol.

        A non-zero retcode says sending failed; gives the guest now running there.
        """
        raise NoSupport

    @call(135, acl="connect:write", since="0.6.4", name="ConnectDomainXMLFromNative")
    async def domain_xml_from_native(self, native_format: str, native_config: str, flags: UInt32) -> str:
        """Turn a hypervisor's own configuration into guest XML."""
        raise NoSupport

    @call(136, acl="connect:write", since="0.6.4", name="ConnectDomainXMLToNative")
    async def domain_xml_to_native(self, native_format: str, domain_xml: str, flags: UInt32) -> str:
        """Turn guest XML into the hypervisor's own configuration, such as a command line."""
        raise NoSupport

    @call(148, acl="domain:migrate domain:start domain:write", form=Form.STREAM, stream=Direction.UPLOAD)
    async def domain_migrate_prepare_tunnel(
        self, flags: UInt64, dname: str | None, resource: UInt64, dom_xml: str
    ) -> StreamEnd:
        """Make the target host ready to take a guest through this stream, second protocol.

        Resource is the bandwidth in MiB/s.
        """
        raise NoSupport

    @call(215, acl="domain:migrate domain:start domain:write", form=Form.STREAM, stream=Direction.UPLOAD)
    async def domain_migrate_prepare_tunnel3(
        self,
        cookie_in: Annotated[bytes, Blob(4194304)],
        flags: UInt64,
        dname: str | None,
        resource: UInt64,
        dom_xml: str,
    ) -> Annotated[StreamEnd, Blob(4194304)]:
        """Make the target host ready to take a guest through this stream, third protocol.

        Gives a cookie for the source; resource is the bandwidth in MiB/s.
        """
        raise NoSupport

    @call(214, acl="domain:migrate domain:start domain:write")
    async def domain_migrate_prepare3(
        self,
        cookie_in: Annotated[bytes, Blob(4194304)],
        uri_in: str | None,
        flags: UInt64,
        dname: str | None,
        resource: UInt64,
        dom_xml: str,
    ) -> MigratePrepare3:
        """Make the target host ready to take a guest, third protocol.

        Gives a cookie for the source and the URI to send to; resource is MiB/s.
        """
        raise NoSupport

    @call(217, acl="domain:migrate")
    async def domain_migrate_finish3(
        self,
        dname: str,
        cookie_in: Annotated[bytes, Blob(4194304)],
        dconnuri: str | None,
        uri: str | None,
        flags: UInt64,
        cancelled: Flag,
    ) -> MigrateFinish3:
        """End or call off the migration on the target, third protocol.

        Gives the guest now running there and a cookie for the source.
        """
        raise NoSupport

    @call(233, acl="domain:start domain:write", since="0.9.4")
    async def domain_restore_flags(self, from_: str, dxml: str | None, flags: UInt32) -> None:
        """Start the guest that was saved to this file, with XML of one's own if given.

        Flags choose how the file is read and whether the guest runs or is paused.
        """
        raise NoSupport

    @call(235, acl="domain:write", since="0.9.4", urgent=True)
    async def domain_save_image_get_xml_desc(self, file: str, flags: UInt32) -> str:
        """Give the XML of the guest that was saved to this file."""
        raise NoSupport

    @call(236, acl="domain:write domain:hibernate", since="0.9.4", urgent=True)
    async def domain_save_image_define_xml(self, file: str, dxml: str, flags: UInt32) -> None:
        """Replace the XML of the guest that was saved to this file.

        Flags choose whether the guest runs when restored.
        """
        raise NoSupport

    @call(
        273, acl="connect:search_domains", filter="domain:getattr", since="0.9.13", urgent=True, form=Form.NEED_RESULTS
    )
    async def list_all_domains(self, flags: UInt32) -> Annotated[list[DomainRef], Max(16384)]:
        """Give the guests.

        Flags choose by running, stored, state, autostart and what belongs to them.
        """
        raise NoSupport

    @call(303, acl="domain:migrate domain:start domain:write")
    async def domain_migrate_prepare3_params(
        self,
        params: Annotated[ParamList, Parameters(64, repeats=True)],
        cookie_in: Annotated[bytes, Blob(4194304)],
        flags: UInt32,
    ) -> MigratePrepare3Params:
        """Make the target host ready to take a guest, third protocol with named values.

        Gives a cookie for the source and the URI to send to.
        """
        raise NoSupport

    @call(304, acl="domain:migrate domain:start domain:write", form=Form.STREAM, stream=Direction.UPLOAD)
    async def domain_migrate_prepare_tunnel3_params(
        self,
        params: Annotated[ParamList, Parameters(64, repeats=True)],
        cookie_in: Annotated[bytes, Blob(4194304)],
        flags: UInt32,
    ) -> Annotated[StreamEnd, Blob(4194304)]:
        """Make the target host ready to take a guest through this stream, with named values.

        Gives a cookie for the source.
        """
        raise NoSupport

    @call(306, acl="domain:migrate")
    async def domain_migrate_finish3_params(
        self,
        params: Annotated[ParamList, Parameters(64, repeats=True)],
        cookie_in: Annotated[bytes, Blob(4194304)],
        flags: UInt32,
        cancelled: Flag,
    ) -> MigrateFinish3Params:
        """End or call off the migration on the target, third protocol with named values.

        Gives the guest now running there and a cookie for the source.
        """
        raise NoSupport

    @call(
        309,
        acl="domain:write domain:start",
        since="1.1.1",
        args=DomainCreateXMLWithFilesArgs,
        ret=DomainCreateXMLWithFilesRet,
        form=Form.SPECIAL,
        fds_in=True,
    )
    async def domain_create_xml_with_files(self, xml_desc: str, flags: UInt32, files: Fds) -> DomainRef:
        """Start a guest from the XML and hand it the caller's open files.

        Only container guests take them; gives the guest's reference.
        """
        raise NoSupport

    @call(342, acl="connect:write", since="1.2.7")
    async def get_domain_capabilities(
        self, emulatorbin: str | None, arch: str | None, machine: str | None, virttype: str | None, flags: UInt32
    ) -> str:
        """Give what guests of this emulator, architecture, machine and type can have, as XML.

        What is left out takes the hypervisor's default.
        """
        raise NoSupport

    @call(344, acl="connect:search_domains", filter="domain:read", since="1.2.8")
    async def get_all_domain_stats(
        self, doms: Annotated[list[DomainRef], Max(16384)], stats: UInt32, flags: UInt32
    ) -> Annotated[list[StatsRecord], Max(16384)]:
        """Give the statistics of the given guests, or of all, as named values.

        stats chooses the groups, 0 for all of them; flags choose guests and demand every group.
        """
        raise NoSupport

    @call(350, acl="domain:write domain:save", since="1.2.12", urgent=True)
    async def domain_define_xml_flags(self, xml: str, flags: UInt32) -> DomainRef:
        """Store the guest's persistent configuration from the XML and give its reference.

        Flags may have the XML checked against the schema.
        """
        raise NoSupport

    @call(393, acl="connect:write", since="4.4.0")
    async def compare_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virttype: str | None,
        xml_cpu: str,
        flags: UInt32,
    ) -> Int32:
        """Compare a CPU given as XML with what the hypervisor can offer on the host.

        The result is a virCPUCompareResult number: incompatible 0, identical 1, superset 2.
        """
        raise NoSupport

    @call(394, acl="connect:write", since="4.4.0")
    async def baseline_hypervisor_cpu(
        self,
        emulator: str | None,
        arch: str | None,
        machine: str | None,
        virttype: str | None,
        xml_cpus: Annotated[list[str], Max(256)],
        flags: UInt32,
    ) -> str:
        """Give the richest CPU that the hypervisor can offer on all the given hosts, as XML."""
        raise NoSupport

    @call(441, acl="domain:start domain:write", since="8.4.0")
    async def domain_restore_params(self, params: Annotated[ParamDict, Parameters(64)], flags: UInt32) -> None:
        """Start the guest from its saved state as the named values say.

        Values: file, parallel channels and XML of one's own.
        """
        raise NoSupport

    @call(2, acl="domain:start domain:write", since="0.9.4", program="qemu")
    async def domain_attach(self, pid_value: UInt32, flags: UInt32) -> DomainRef:
        """Take over a QEMU process that was started by hand and give the guest's reference.

        pid_value is its process id on the host.
        """
        raise NoSupport

    @call(
        4,
        acl="connect:search_domains connect:write",
        filter="domain:getattr",
        since="1.2.3",
        urgent=True,
        program="qemu",
        name="ConnectDomainMonitorEventRegister",
    )
    async def domain_monitor_event_register(self, dom: DomainRef | None, event: str | None, flags: UInt32) -> Int32:
        """Begin to receive QEMU's own events of one guest or all; give the callback's id.

        event is a name to match, all without one; flags make it a pattern or ignore case.
        """
        raise NoSupport

    @call(
        5, acl="connect:write", since="1.2.3", urgent=True, program="qemu", name="ConnectDomainMonitorEventDeregister"
    )
    async def domain_monitor_event_deregister(self, callback_id: Int32) -> None:
        """Stop receiving the monitor events of this callback id."""
        raise NoSupport
