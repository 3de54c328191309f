# SPDX-License-Identifier: LGPL-2.1-or-later
"""The one place where it is decided who may do what.

Read-only first, then the permissions of the catalogue's entry, each put to polkit as an action on an object with
libvirt's attribute names; afterwards, lists and events without what the caller may not see. Root is not asked. Callers
on the bus are checked at each call; legacy clients, whom the proxy let in, only with `access_drivers = ["polkit"]`,
as libvirt has it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pwd
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from virtbus.bus import daemons
from virtbus.bus.caller import Caller, start_time_of
from virtbus.bus.catalogue import Api, Call, Event, Perm
from virtbus.bus.errors import AccessDenied, ErrorDomain, OperationDenied
from virtbus.policy import details, results, settings
from virtbus.policy.authority import AT_ONCE, CACHE_MAX, Authority, Bus, Details, Subject
from virtbus.policy.identity import IdentityFile, Mapped

log = logging.getLogger("virtbus.policy")

Find = Callable[[str], Api | None]
READERS_DOMAIN = {
    "Snapshot": ErrorDomain.DOMAIN_SNAPSHOT, "Checkpoint": ErrorDomain.DOMAIN_CHECKPOINT,
    "hypervisor": ErrorDomain.DOMAIN, "network": ErrorDomain.NETWORK, "storage": ErrorDomain.STORAGE,
    "nwfilter": ErrorDomain.NWFILTER, "nodedev": ErrorDomain.NODEDEV, "secret": ErrorDomain.SECRET,
    "interface": ErrorDomain.INTERFACE,
}  # fmt: skip
CALLERS_MAX = 1000
SPELT_OTHERWISE = {
    "NodeGetSevInfo": "NodeGetSEVInfo", "DomainOpenGraphicsFd": "DomainOpenGraphicsFD",
    "DomainAuthorizedSshKeysGet": "DomainAuthorizedSSHKeysGet", "DomainFdAssociate": "DomainFDAssociate",
    "DomainAuthorizedSshKeysSet": "DomainAuthorizedSSHKeysSet",
}  # fmt: skip
"""Calls whose function in libvirt's C API has other capitals than the protocol."""
GETATTR = "getattr"


class Authoriser:
    """The judge of one daemon's calls."""

    def __init__(
        self,
        bus: Bus,
        driver: str,
        *,
        access_drivers: Iterable[str] | None = None,
        authority: Authority | None = None,
        identities: IdentityFile | None = None,
        proxy_account: str | None = None,
    ) -> None:
        """Judge for the driver that libvirt's rules know as `driver`; what is not given comes from the host."""
        self._driver = driver
        self._checks = "polkit" in (settings.access_drivers() if access_drivers is None else access_drivers)
        self.authority = authority or Authority(bus)
        self._identities = identities or IdentityFile()
        self._proxy_account = proxy_account
        self._age = 0
        self._seen: OrderedDict[Any, dict[Any, bool]] = OrderedDict()

    # -- what needs no question

    def sees_all(self, caller: Caller) -> bool:
        """Say whether nothing is hidden from the caller and no permission checked."""
        return caller.is_root or (caller.vouched and not self._checks)

    def allowed_at_once(self, caller: Caller, entry: Call, args: tuple[Any, ...], obj: Api | None = None) -> bool:
        """Say whether the call is allowed without a question; OperationDenied where the connection only reads.

        With the object, answers that polkit gave before count too, but for calls whose result must be looked at.
        """
        if caller.read_only:
            refuse_readers(caller, entry, args)
        if self.sees_all(caller):
            return True
        if obj is None or entry.filter or results.is_lookup(entry):
            return False
        who = self._who(caller)
        if not isinstance(who, Subject):
            return False
        asked = self._questions(entry, args, obj, None)
        return all(self.authority.known(who, p.action, self._told(caller, t)) for p, t in asked)

    def may_assert(self, caller: Caller) -> bool:
        """Say whether the caller may say for whom he opens a peer link: root, and the proxy's account."""
        if caller.transport != "bus":
            return False
        return caller.uid == 0 or (caller.uid is not None and caller.uid == self._proxy_uid())

    # -- what does

    async def check(
        self, caller: Caller, entry: Call, args: tuple[Any, ...], obj: Api, *, interactive: bool = False
    ) -> None:
        """Raise AccessDenied where the caller lacks a permission, OperationDenied where he only reads."""
        if self.allowed_at_once(caller, entry, args):
            return
        looked_up = await results.looked_up(entry, args, obj)
        for perm, target in self._questions(entry, args, obj, looked_up):
            if not await self._allows(caller, perm, target, interactive=interactive):
                raise self._denied(caller, perm, target)

    async def filter(
        self,
        caller: Caller,
        entry: Call,
        value: Any,
        find: Find,
        obj: Api | None = None,
        args: tuple[Any, ...] = (),
    ) -> Any:
        """Give a list without the objects that the caller may not see; for a count, that of those he may."""
        if self.sees_all(caller) or not entry.filter:
            return value
        manager = obj or find(f"/org/libvirt/{entry.owner.daemon}1")
        if isinstance(value, list):
            return await self._visible(caller, entry, value, manager, find)
        if results.is_count(entry) and manager is not None:
            names = await results.invoke(manager, results.list_behind(entry), results.list_args(entry, args))
            return len(await self._visible(caller, entry, names, manager, find))
        return value

    async def may_see(self, caller: Caller, event: Event | None, ref: Any) -> bool:
        """Say whether the caller may be told of what happens to the object that `ref` names."""
        if self.sees_all(caller):
            return True
        perms = event.acl if event is not None and event.acl else (Perm(details.permission_object(ref), GETATTR),)
        return await self._all(caller, perms, details.of_reference(ref))

    def _questions(
        self, entry: Call, args: tuple[Any, ...], obj: Api, looked_up: Any
    ) -> list[tuple[Perm, details.Details]]:
        found = []
        for perm in entry.needed(args):
            target = self._target(perm, entry, args, obj, looked_up)
            found.append((perm, target))
            renamed = results.other_name(perm, entry, args)
            if renamed:
                found.append((perm, {**target, **renamed}))
        return found

    def _target(self, perm: Perm, entry: Call, args: tuple[Any, ...], obj: Api, looked_up: Any) -> details.Details:
        """Give the attributes of the object that the permission is about."""
        own = {**details.of_reference(obj.ref), **more_of(obj)}
        if perm.object == "connect" or perm.object == details.permission_object(obj.ref):
            return own
        if looked_up is not None and details.permission_object(looked_up) == perm.object:
            return {**own, **details.of_reference(looked_up)}
        given = results.given(entry, args, perm.object)
        return {**own, **given} if given else own

    async def _visible(
        self, caller: Caller, entry: Call, items: list[Any], manager: Api | None, find: Find
    ) -> list[Any]:
        """Give the items that the caller may see, in order; the answers are remembered object by object."""
        known = self._verdicts(caller, entry.filter)
        before = (self.authority.age, self.authority.doubts)
        refs = [await results.reference(entry, item, manager) for item in items]
        new = [ref for ref in refs if ref is not None and ref not in known]
        found: dict[Any, bool] = {}
        for start in range(0, len(new), AT_ONCE):
            part = new[start : start + AT_ONCE]
            asked = (self._all(caller, entry.filter, listed(r, manager, find)) for r in part)
            answers = await asyncio.gather(*asked)
            found.update(zip(part, answers, strict=True))
        if before == (self.authority.age, self.authority.doubts):
            known.update(found)
        return [item for item, ref in zip(items, refs, strict=True) if found.get(ref) or known.get(ref)]

    def _verdicts(self, caller: Caller, perms: tuple[Perm, ...]) -> dict[Any, bool]:
        """Give what was found out about objects since polkit last said that something changed."""
        if self._age != self.authority.age:
            self._age = self.authority.age
            self._seen.clear()
        known = self._seen.setdefault((self._who(caller), perms), {})
        if len(self._seen) > CALLERS_MAX:
            self._seen.popitem(last=False)
        if len(known) > CACHE_MAX:
            known.clear()
        return known

    async def _all(self, caller: Caller, perms: Iterable[Perm], target: Mapping[str, str]) -> bool:
        for perm in perms:
            if not await self._allows(caller, perm, target):
                return False
        return True

    async def _allows(
        self, caller: Caller, perm: Perm, target: Mapping[str, str], *, interactive: bool = False
    ) -> bool:
        who = self._who(caller)
        if who is None:
            return False
        if isinstance(who, Mapped):
            return who.allows(perm.action)
        return await self.authority.allows(who, perm.action, self._told(caller, target), interactive=interactive)

    def _told(self, caller: Caller, target: Mapping[str, str]) -> Details:
        """Give all that polkit's rules see: the driver, the object, and how the caller came."""
        known = {"connect_driver": self._driver, **target, **dict(_origin(caller))}
        return tuple(sorted(known.items()))

    def _who(self, caller: Caller) -> Subject | Mapped | None:
        """Give whom to ask polkit about, or the role that decides; None for a caller who is nobody."""
        if caller.is_remote:
            return self._mapped(caller)
        if caller.unique_name:
            return Subject(name=caller.unique_name)
        if caller.uid is None or not caller.pid:
            return None
        start = caller.start_time or start_time_of(caller.pid)
        return Subject(pid=caller.pid, start_time=start, uid=caller.uid) if start else None

    def _mapped(self, caller: Caller) -> Subject | Mapped | None:
        mapped = self._identities.find(caller)
        if mapped is None or mapped.uid is None:
            return mapped
        # The account has no process here. This daemon's own stands in: rules go by the account that is named.
        pid = os.getpid()
        return Subject(pid=pid, start_time=start_time_of(pid) or 0, uid=mapped.uid)

    def _denied(self, caller: Caller, perm: Perm, target: Mapping[str, str]) -> AccessDenied:
        log.warning("denied %s on %r to %s", perm.action, dict(target), caller)
        return AccessDenied(f"'{self._driver}' denied access", origin=ErrorDomain.ACCESS)

    def _proxy_uid(self) -> int | None:
        if self._proxy_account is None:
            # The descriptors are read once: this is asked whenever a client opens a connection.
            self._proxy_account = next((d.user for d in daemons.load() if "proxy" in d.serves), "")
        try:
            return pwd.getpwnam(self._proxy_account).pw_uid if self._proxy_account else None
        except KeyError:
            return None


def refuse_readers(caller: Caller, entry: Call, args: tuple[Any, ...]) -> None:
    """Raise OperationDenied, with libvirt's text, where a read-only connection may not make the call."""
    if caller.read_only and entry.denied_to_readers(args):
        origin = READERS_DOMAIN.get(entry.owner.kind) or READERS_DOMAIN.get(entry.owner.daemon)
        function = "vir" + SPELT_OTHERWISE.get(entry.name, entry.name)
        if any(perm.permission == "read_secure" and perm.conditional for perm in entry.needed(args)):
            raise OperationDenied(f"{function} with secure flag", origin=origin)
        raise OperationDenied(f"read only access prevents {function}", origin=origin)


def more_of(obj: Api) -> Mapping[str, str]:
    """Give the attributes that an object adds of its own accord: its owner, a volume's pool_uuid."""
    tell = getattr(obj, "access_details", None)
    return tell() if tell is not None else {}


def listed(ref: Any, holder: Api | None, find: Find) -> details.Details:
    """Give the attributes of an object in a list: its holder's (a volume's pool), its reference's, its own."""
    obj = find(ref.path())
    above = details.of_reference(holder.ref) if holder is not None else {}
    return {**above, **details.of_reference(ref), **(more_of(obj) if obj is not None else {})}


def _origin(caller: Caller) -> Iterator[tuple[str, str]]:
    yield "transport", caller.transport
    if caller.sasl_user:
        yield "sasl_user", caller.sasl_user
    if caller.x509_dname:
        yield "x509_dname", caller.x509_dname
