# SPDX-License-Identifier: LGPL-2.1-or-later
"""The filter driver: which filters there are, which interfaces they are on, and what that means for nftables."""

from __future__ import annotations

import asyncio
import logging
import uuid as _uuid
from collections.abc import Iterator
from typing import Any, Protocol

from virtbus.bus.catalogue import Api
from virtbus.bus.errors import (
    ErrorDomain,
    LibvirtError,
    NoNwfilter,
    NoNwfilterBinding,
    OperationFailed,
    OperationInvalid,
)
from virtbus.bus.refs import BindingRef, FilterRef, unescape
from virtbus.drivers.common.engine.files import Files, Filesystem
from virtbus.drivers.common.engine.nft import Firewall, Nft
from virtbus.drivers.common.engine.process import Processes
from virtbus.drivers.common.registry import Registry
from virtbus.drivers.common.state import Document, Places, Store
from virtbus.drivers.common.transaction import Transaction
from virtbus.drivers.nwfilter.binding import FilterBinding
from virtbus.drivers.nwfilter.binding_xml import read_status, write_status
from virtbus.drivers.nwfilter.enforce import Enforcer
from virtbus.drivers.nwfilter.filter import NetworkFilter
from virtbus.drivers.nwfilter.filter_xml import read_filter, states_uuid, write_filter
from virtbus.drivers.nwfilter.manager import NWFilterManager
from virtbus.drivers.nwfilter.model import BindingModel, FilterModel
from virtbus.drivers.nwfilter.resolve import Find, resolve, uses
from virtbus.drivers.nwfilter.ruleset import Ruleset, translate

log = logging.getLogger(__name__)

ETC, RUN = "/etc/libvirt/nwfilter", "/run/libvirt/nwfilter-binding"
LINKS = "/sys/class/net"
FILTERS = "/org/libvirt/nwfilter1/filter/"
BINDINGS = "/org/libvirt/nwfilter1/binding/"


class Publisher(Protocol):
    """What the driver tells to the world."""

    def added(self, obj: Api) -> None:
        """Tell that an object came."""

    def removed(self, obj: Api) -> None:
        """Tell that an object went."""


class NWFilterDriver:
    """The filters of this host."""

    def __init__(
        self, *, files: Filesystem | None = None, firewall: Firewall | None = None, etc: str = ETC, run: str = RUN
    ) -> None:
        self.origin: ErrorDomain = ErrorDomain.NWFILTER
        self.files = files or Files()
        self.store = Store(self.files, Places(etc, f"{etc}/autostart", run), "virsh nwfilter-edit")
        self.enforcer = Enforcer(firewall or Nft(Processes()), lambda: [b.rules for b in self.bindings.values()])
        self.filters: Registry[NetworkFilter] = Registry()
        self.bindings: dict[str, FilterBinding] = {}
        self.lock = asyncio.Lock()
        self.manager: Api = NWFilterManager(self)
        self.bus: Publisher

    # Objects

    def find(self, path: str) -> Api | None:
        """Give the object at a path."""
        try:
            if path.startswith(FILTERS):
                return self.filters.by_uuid(bytes.fromhex(path.removeprefix(FILTERS)))
            return self.bindings.get(unescape(path.removeprefix(BINDINGS))) if path.startswith(BINDINGS) else None
        except ValueError:
            return None

    def objects(self) -> Iterator[Api]:
        """Give every filter and binding."""
        yield from self.filters
        yield from list(self.bindings.values())

    def missing(self, path: str) -> LibvirtError:
        """Give the error for a path at which nothing is."""
        try:
            if path.startswith(BINDINGS):
                return NoNwfilterBinding(f"no nwfilter binding for port dev '{unescape(path.removeprefix(BINDINGS))}'")
            return NoNwfilter(f"no nwfilter with matching uuid '{_uuid.UUID(hex=path.removeprefix(FILTERS))}'")
        except ValueError:
            return NoNwfilter(f"no nwfilter at '{path}'")

    def model_of(self, name: str) -> FilterModel | None:
        """Give the model of a filter by name."""
        known = self.filters.by_name(name)
        return known.model if known is not None else None

    # Start and stop

    async def start(self, bus: Any) -> None:
        """Load the filters, and put those in force again that were when the driver last ran."""
        self.bus = bus
        for document in await asyncio.to_thread(self.store.load):
            await self._load(document)
        for document in await asyncio.to_thread(self.store.load_status):
            self._resume(document)
        if self.bindings:
            try:
                await self.enforcer.restore()
            except LibvirtError as error:
                # What the last run left in the kernel stays in force.
                log.error("the rules of running guests are left as they are: %s", error)

    async def stop(self) -> None:
        """Leave all rules in force: guests go on."""

    async def _load(self, document: Document) -> None:
        try:
            model = read_filter(document.text)
            self.filters.add(NetworkFilter(self, model))
            if not states_uuid(document.text):
                await self.store.save(model.name, write_filter(model))
        except (LibvirtError, ValueError) as error:
            log.warning("the stored filter '%s' is not used: %s", document.name, error)

    def _resume(self, document: Document) -> None:
        try:
            model = read_status(document.text)
            rules = Ruleset(model.port)
            rules = translate(model.port, resolve(model, self.model_of))
        except LibvirtError as error:
            log.error("the rules of interface '%s' are not as its filter says: %s", document.name, error)
            return
        self.bindings[model.port] = FilterBinding(self, model, rules)

    # Filters

    async def define(self, model: FilterModel) -> FilterRef:
        """Store a filter; interfaces that it is on get its new rules, or all stays as it was."""
        async with self.lock:
            known = self._same(model)
            find = self._with(model)
            if any(uses(include.filter, model.name, find) for include in model.includes):
                raise OperationFailed("filter would introduce a loop")
            async with Transaction() as transaction:
                await self._renew(transaction, model.name, find)
                await self.store.save(model.name, write_filter(model))
            if known is not None:
                known.model = model
                return known.ref
            made = NetworkFilter(self, model)
            self.filters.add(made)
            self.bus.added(made)
            return made.ref

    def _same(self, model: FilterModel) -> NetworkFilter | None:
        """Give the filter that a definition is about, None for a new one; OperationFailed where names clash."""
        known = self.filters.by_uuid(model.uuid.bytes)
        if known is not None and known.name != model.name:
            raise OperationFailed(f"filter with same UUID but different name ('{known.name}') already exists")
        other = self.filters.by_name(model.name)
        if known is None and other is not None:
            raise OperationFailed(f"filter '{model.name}' already exists with uuid {other.model.uuid}")
        return known

    def _with(self, model: FilterModel) -> Find:
        return lambda name: model if name == model.name else self.model_of(name)

    async def _renew(self, transaction: Transaction, name: str, find: Find) -> None:
        """Put the rules in force that the interfaces below a filter get from now on."""
        concerned = [b for b in self.bindings.values() if uses(b.model.filter, name, find)]
        if not concerned:
            return
        before = [b.rules for b in concerned]
        after = [translate(b.model.port, resolve(b.model, find)) for b in concerned]
        await transaction.step(
            self.enforcer.change(after, before), lambda: self.enforcer.change(before, after)
        )  # fmt: skip
        for binding, rules in zip(concerned, after, strict=True):
            transaction.on_failure(_Reset(binding, binding.rules))
            binding.rules = rules

    async def undefine(self, known: NetworkFilter) -> None:
        """Remove a filter that is on no interface."""
        async with self.lock:
            if known not in self.filters:
                raise self.missing(known.ref.path())
            if any(uses(b.model.filter, known.name, self.model_of) for b in self.bindings.values()):
                raise OperationInvalid("nwfilter is in use")
            await self.store.delete(known.name)
            self.filters.remove(known)
            self.bus.removed(known)

    # Bindings

    async def bind(self, model: BindingModel) -> BindingRef:
        """Put a filter in force on an interface, which need not be there yet: its first frame is filtered."""
        async with self.lock:
            if model.port in self.bindings:
                raise OperationFailed(f"binding '{model.port}' already exists")
            rules = translate(model.port, resolve(model, self.model_of))
            if self.files.exists(f"{LINKS}/{model.port}"):
                model.params.setdefault("MAC", [model.mac])
            async with Transaction() as transaction:
                undo = Ruleset(model.port)
                await transaction.step(
                    self.enforcer.change([rules]), lambda: self.enforcer.change([undo], [rules])
                )  # fmt: skip
                await self.store.save_status(model.port, write_status(model))
            made = self.bindings[model.port] = FilterBinding(self, model, rules)
            self.bus.added(made)
            return made.ref

    async def unbind(self, known: FilterBinding) -> None:
        """Take a binding's rules out of force."""
        async with self.lock:
            if self.bindings.get(known.model.port) is not known:
                raise self.missing(known.ref.path())
            await self.enforcer.change([Ruleset(known.model.port)], [known.rules])
            await self.store.delete_status(known.model.port)
            del self.bindings[known.model.port]
            self.bus.removed(known)


class _Reset:
    """Give a binding back the rules that it had."""

    def __init__(self, binding: FilterBinding, rules: Ruleset) -> None:
        self._binding, self._rules = binding, rules

    async def __call__(self) -> None:
        self._binding.rules = self._rules
