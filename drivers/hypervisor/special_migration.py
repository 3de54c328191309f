# SPDX-License-Identifier: LGPL-2.1-or-later
"""The steps of a migration, as one host's daemon takes them for another's: libvirt-python has only the whole."""

from __future__ import annotations

import ctypes
from typing import Any

from virtbus.bus.api.domain.migration import MigrationBegin
from virtbus.bus.api.hypervisor import MigrateFinish3, MigrateFinish3Params, MigratePrepare3, MigratePrepare3Params
from virtbus.bus.refs import DomainRef
from virtbus.bus.streams import StreamEnd
from virtbus.drivers.hypervisor import errors, params, streams
from virtbus.drivers.hypervisor.ctypes_calls import native
from virtbus.drivers.hypervisor.delegate import Context, Plan
from virtbus.drivers.hypervisor.handles import Handle, families, readers
from virtbus.drivers.hypervisor.special_guest import given


class Out:
    """A cookie that libvirt allocates, and a URI perhaps."""

    def __init__(self) -> None:
        self._cookie, self._size, self._uri = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_void_p()
        self.cookie_args = ctypes.byref(self._cookie), ctypes.byref(self._size)
        self.uri_arg = ctypes.byref(self._uri)

    @property
    def cookie(self) -> bytes:
        """Take the cookie, once."""
        return native().blob(self._cookie.value, self._size.value)

    @property
    def uri(self) -> str | None:
        """Take the URI, once."""
        return native().text(self._uri.value) if self._uri.value else None


def _cookie(data: bytes) -> tuple[bytes | None, int]:
    return (data, len(data)) if data else (None, 0)


def refused(function: str) -> Plan:
    """Give the plan of a step that QEMU's driver dies of when a client takes it alone: it is not done."""

    def plan(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> Any:
        raise errors.unsupported(function)

    return plan


def perform(context: Context, handle: Handle, args: tuple[Any, ...]) -> None:
    """Send the guest, first and second protocol."""
    cookie, uri, flags, dname, resource = args
    native()("virDomainMigratePerform", handle.address, *_cookie(cookie), uri, flags, dname, resource)


def finish(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> DomainRef:
    """End on the target, first protocol."""
    dname, cookie, uri, flags = args
    at = context.connection_address
    return _guest(context, native()("virDomainMigrateFinish", at, dname, *_cookie(cookie), uri, flags))


def finish2(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> DomainRef:
    """End on the target, second protocol."""
    dname, cookie, uri, flags, retcode = args
    at = context.connection_address
    return _guest(context, native()("virDomainMigrateFinish2", at, dname, *_cookie(cookie), uri, flags, retcode))


def begin3(context: Context, handle: Handle, args: tuple[Any, ...]) -> MigrationBegin:
    """Begin on the source."""
    xmlin, flags, dname, resource = args
    out = Out()
    xml = native()("virDomainMigrateBegin3", handle.address, xmlin, *out.cookie_args, flags, dname, resource)
    return MigrationBegin(out.cookie, native().text(xml))


def prepare3(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> MigratePrepare3:
    """Make the target ready."""
    cookie, uri, flags, dname, resource, xml = args
    out, at = Out(), context.connection_address
    end = flags, dname, resource, xml
    native()("virDomainMigratePrepare3", at, *_cookie(cookie), *out.cookie_args, uri, out.uri_arg, *end)
    return MigratePrepare3(out.cookie, out.uri)


def perform3(context: Context, handle: Handle, args: tuple[Any, ...]) -> bytes:
    """Send the guest."""
    xmlin, cookie, dconnuri, uri, flags, dname, resource = args
    out = Out()
    end = dconnuri, uri, flags, dname, resource
    native()("virDomainMigratePerform3", handle.address, xmlin, *_cookie(cookie), *out.cookie_args, *end)
    return out.cookie


def finish3(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> MigrateFinish3:
    """End on the target."""
    dname, cookie, dconnuri, uri, flags, cancelled = args
    out, at = Out(), context.connection_address
    end = dconnuri, uri, flags, int(cancelled)
    address = native()("virDomainMigrateFinish3", at, dname, *_cookie(cookie), *out.cookie_args, *end)
    return MigrateFinish3(_guest(context, address), out.cookie)


def confirm3(context: Context, handle: Handle, args: tuple[Any, ...]) -> None:
    """End on the source."""
    cookie, flags, cancelled = args
    native()("virDomainMigrateConfirm3", handle.address, *_cookie(cookie), flags, int(cancelled))


def prepare_tunnel3(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> StreamEnd:
    """Make the target ready to read the guest from a stream."""
    cookie, flags, dname, resource, xml = args
    at, end = context.connection_address, (flags, dname, resource, xml)

    def start(stream: Any) -> bytes:
        out, st = Out(), readers().pointer(stream, b"virStreamPtr")
        native()("virDomainMigratePrepareTunnel3", at, st, *_cookie(cookie), *out.cookie_args, *end)
        return out.cookie

    return streams.opened(context, start, reads=False)


def begin3_params(context: Context, handle: Handle, args: tuple[Any, ...]) -> MigrationBegin:
    """Begin on the source, with named values."""
    values, flags = args
    out, memory = Out(), params.Memory(values)
    around = memory.buffer, memory.count, *out.cookie_args, flags
    xml = native()("virDomainMigrateBegin3Params", handle.address, *around)
    return MigrationBegin(out.cookie, native().text(xml))


def prepare3_params(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> MigratePrepare3Params:
    """Make the target ready, with named values."""
    values, cookie, flags = args
    out, memory = Out(), params.Memory(values)
    given_ = memory.buffer, memory.count, *_cookie(cookie)
    at = context.connection_address
    native()("virDomainMigratePrepare3Params", at, *given_, *out.cookie_args, out.uri_arg, flags)
    return MigratePrepare3Params(out.cookie, out.uri)


def prepare_tunnel3_params(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> StreamEnd:
    """Make the target ready to read the guest from a stream, with named values."""
    values, cookie, flags = args
    at, memory = context.connection_address, params.Memory(values)

    def start(stream: Any) -> bytes:
        out, st = Out(), readers().pointer(stream, b"virStreamPtr")
        given_ = memory.buffer, memory.count, *_cookie(cookie)
        native()("virDomainMigratePrepareTunnel3Params", at, st, *given_, *out.cookie_args, flags)
        return out.cookie

    return streams.opened(context, start, reads=False)


def perform3_params(context: Context, handle: Handle, args: tuple[Any, ...]) -> bytes:
    """Send the guest, with named values."""
    dconnuri, values, cookie, flags = args
    out, memory = Out(), params.Memory(values)
    given_ = memory.buffer, memory.count, *_cookie(cookie)
    native()("virDomainMigratePerform3Params", handle.address, dconnuri, *given_, *out.cookie_args, flags)
    return out.cookie


def finish3_params(context: Context, handle: Handle | None, args: tuple[Any, ...]) -> MigrateFinish3Params:
    """End on the target, with named values."""
    values, cookie, flags, cancelled = args
    out, memory = Out(), params.Memory(values)
    given_ = memory.buffer, memory.count, *_cookie(cookie)
    at, end = context.connection_address, (flags, int(cancelled))
    address = native()("virDomainMigrateFinish3Params", at, *given_, *out.cookie_args, *end)
    return MigrateFinish3Params(_guest(context, address), out.cookie)


def confirm3_params(context: Context, handle: Handle, args: tuple[Any, ...]) -> None:
    """End on the source, with named values."""
    values, cookie, flags, cancelled = args
    memory = params.Memory(values)
    given_ = memory.buffer, memory.count, *_cookie(cookie)
    native()("virDomainMigrateConfirm3Params", handle.address, *given_, flags, int(cancelled))


def _guest(context: Context, address: int) -> DomainRef:
    return given(context, readers().wrap(address, families()["Domain"].type_name, None))


SPECIAL: dict[str, Plan] = {
    "DomainMigratePrepare": refused("virDomainMigratePrepare"),
    "DomainMigratePrepare2": refused("virDomainMigratePrepare2"),
    "DomainMigratePrepareTunnel": refused("virDomainMigratePrepareTunnel"),
    "DomainMigratePerform": perform,
    "DomainMigrateFinish": finish,
    "DomainMigrateFinish2": finish2,
    "DomainMigrateBegin3": begin3,
    "DomainMigratePrepare3": prepare3,
    "DomainMigratePrepareTunnel3": prepare_tunnel3,
    "DomainMigratePerform3": perform3,
    "DomainMigrateFinish3": finish3,
    "DomainMigrateConfirm3": confirm3,
    "DomainMigrateBegin3Params": begin3_params,
    "DomainMigratePrepare3Params": prepare3_params,
    "DomainMigratePrepareTunnel3Params": prepare_tunnel3_params,
    "DomainMigratePerform3Params": perform3_params,
    "DomainMigrateFinish3Params": finish3_params,
    "DomainMigrateConfirm3Params": confirm3_params,
}
