# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which objects a call is about: those it looks up, those its arguments describe, those its result lists."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from virtbus.bus.caller import ITSELF, acting
from virtbus.bus.catalogue import Api, Call, Perm
from virtbus.bus.errors import LibvirtError
from virtbus.bus.refs import DeviceRef
from virtbus.bus.types import Record
from virtbus.policy import details

XML_ARGUMENTS = ("xml", "xml_desc", "dom_xml", "dxml")
NEW_NAME = {"rename": "new_name", "domain_migrate_prepare2": "dname", "domain_migrate_prepare3": "dname"}
"""Calls that give an object a second name: what may be done to the old one must be allowed for the new one too."""

LOOKUPS = {
    "list_domains": "domain_lookup_by_id",
    "list_defined_domains": "domain_lookup_by_name",
    "list_networks": "network_lookup_by_name",
    "list_defined_networks": "network_lookup_by_name",
    "list_storage_pools": "storage_pool_lookup_by_name",
    "list_defined_storage_pools": "storage_pool_lookup_by_name",
    "list_volumes": "storage_vol_lookup_by_name",
    "list_nwfilters": "nwfilter_lookup_by_name",
    "list_secrets": "secret_lookup_by_uuid",
    "list_interfaces": "interface_lookup_by_name",
    "list_defined_interfaces": "interface_lookup_by_name",
    "node_list_devices": "node_device_lookup_by_name",
}
"""Lists of names or numbers, and the call that gives the reference of one."""


def is_lookup(entry: Call) -> bool:
    """Say whether a call only finds an object, so that it may be made before the permission is known."""
    return "lookup" in entry.method.split("_") and isinstance(entry.result, Record)


def is_count(entry: Call) -> bool:
    """Say whether a call counts what another one lists."""
    return "num_of" in entry.method and list_behind(entry) in LOOKUPS


def list_behind(entry: Call) -> str:
    """Give the call that lists what a call counts, or the call itself if it lists."""
    return "node_list_devices" if entry.method == "node_num_of_devices" else entry.method.replace("num_of_", "list_")


def list_args(entry: Call, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give the arguments of the list behind a count."""
    return args or tuple(None if param.name == "cap" else 0 for param in entry.params)


async def invoke(obj: Api, method: str, args: tuple[Any, ...]) -> Any:
    """Make one of the object's calls on the daemon's own behalf; the driver may make it in a thread of its own."""
    submit = getattr(obj, "submit", None)
    if submit is None:
        with acting(ITSELF):
            return await getattr(obj, method)(*args)
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Any] = loop.create_future()

    def settle(value: Any, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(value)
        else:
            answer.set_exception(error)

    submit(obj.calls[method], args, lambda value, error: loop.call_soon_threadsafe(settle, value, error))
    return await answer


async def looked_up(entry: Call, args: tuple[Any, ...], obj: Api) -> Any:
    """Give the reference that a look-up will find, None for another call; what the look-up raises where it fails."""
    return await invoke(obj, entry.method, args) if is_lookup(entry) else None


def given(entry: Call, args: tuple[Any, ...], kind: str) -> details.Details:
    """Give the attributes of the object of this kind that the arguments name or describe; {} if they do not."""
    by_name = {param.name: value for param, value in zip(entry.params, args, strict=False)}
    for value in by_name.values():
        if hasattr(value, "path") and details.permission_object(value) == kind:
            return details.of_reference(value)
    for name in XML_ARGUMENTS:
        if isinstance(by_name.get(name), str):
            return details.of_xml(kind, by_name[name])
    return _migrated(by_name) if kind == "domain" else {}


def _migrated(by_name: dict[str, Any]) -> details.Details:
    params = by_name.get("params")
    if isinstance(params, dict) and isinstance(params.get("destination_xml"), str):
        found = details.of_xml("domain", params["destination_xml"])
    else:
        found = {}
    name = by_name.get("dname") or (params.get("destination_name") if isinstance(params, dict) else None)
    return {**found, "domain_name": str(name)} if name else found


def other_name(perm: Perm, entry: Call, args: tuple[Any, ...]) -> details.Details:
    """Give the attribute that a call changes about its object: the guest's new name."""
    argument = NEW_NAME.get(entry.method)
    if argument is None or perm.object != "domain":
        return {}
    by_name = {param.name: value for param, value in zip(entry.params, args, strict=False)}
    return {"domain_name": str(by_name[argument])} if by_name.get(argument) else {}


async def reference(entry: Call, item: Any, manager: Api | None) -> Any:
    """Give the reference of one item of a list: itself, its member, or what its name stands for; None if gone."""
    if hasattr(item, "path"):
        return item
    if isinstance(item, tuple):
        return next((member for member in item if hasattr(member, "path")), None)
    lookup = LOOKUPS.get(list_behind(entry))
    if lookup == "node_device_lookup_by_name":
        return DeviceRef(item)
    if lookup is None or manager is None:
        return None
    with contextlib.suppress(LibvirtError):  # gone since it was listed
        return await invoke(manager, lookup, (item,))
    return None
