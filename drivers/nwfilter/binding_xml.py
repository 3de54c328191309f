# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bindings as XML: read with libvirt's refusals, written in its form."""

from __future__ import annotations

import re

from virtbus.bus.errors import InternalError, XmlError
from virtbus.drivers.common.xml.parse import Element, parse
from virtbus.drivers.common.xml.values import to_mac, to_uuid
from virtbus.drivers.common.xml.writer import Writer
from virtbus.drivers.nwfilter.filter_xml import read_params, write_reference
from virtbus.drivers.nwfilter.model import BindingModel

PORT_MAX = 15
_PORT = re.compile(r"[^\s/:\x00-\x1f\x7f]{1,15}\Z")
STATUS = "filterbindingstatus"


def read_binding(text: str, *, validate: bool = False) -> BindingModel:
    """Give the binding that a document describes."""
    schema = "nwfilterbinding.rng" if validate else ""
    return _read(parse(text, "nwfilterbinding_definition", "filterbinding", schema=schema))


def read_status(text: str) -> BindingModel:
    """Give the binding that a file of the running state describes."""
    inner = parse(text, "nwfilterbinding_status", STATUS).find("filterbinding")
    if inner is None:
        raise InternalError("filter binding status has no binding")
    return _read(inner)


def _read(root: Element) -> BindingModel:
    port = _attribute(root, "portdev", "name", "filter binding has no port dev name")
    if not _PORT.match(port) or port in (".", ".."):
        raise XmlError(f"'{port}' is no name of a network device")
    owner = root.findtext("owner/name")
    if not owner:
        raise InternalError("filter binding has no owner name")
    stated = root.findtext("owner/uuid")
    if not stated:
        raise InternalError("filter binding has no owner UUID")
    uuid = to_uuid(stated)
    if uuid is None:
        raise InternalError(f"Unable to parse UUID '{stated}'")
    address = _attribute(root, "mac", "address", "filter binding has no MAC address")
    mac = to_mac(address)
    if mac is None:
        raise InternalError(f"Unable to parse MAC '{address}'")
    name = _attribute(root, "filterref", "filter", "filter binding has no filter reference")
    reference = root.find("filterref")
    params = read_params(reference) if reference is not None else {}
    link = root.find("linkdev")
    return BindingModel(owner, uuid, port, link.get("name") if link is not None else None, mac, name, params)


def _attribute(root: Element, tag: str, name: str, missing: str) -> str:
    child = root.find(tag)
    value = child.get(name) if child is not None else None
    if not value:
        raise InternalError(missing)
    return value


def write_binding(model: BindingModel) -> str:
    """Give a binding's document."""
    writer = Writer()
    _write(writer, model)
    return writer.text()


def write_status(model: BindingModel) -> str:
    """Give the document of a binding in force."""
    writer = Writer()
    writer.open(STATUS)
    _write(writer, model)
    writer.close(STATUS)
    return writer.text()


def _write(writer: Writer, model: BindingModel) -> None:
    writer.open("filterbinding")
    writer.open("owner")
    writer.leaf("name", model.owner)
    writer.leaf("uuid", str(model.owner_uuid))
    writer.close("owner")
    writer.empty("portdev", [("name", model.port)])
    if model.link is not None:
        writer.empty("linkdev", [("name", model.link)])
    writer.empty("mac", [("address", model.mac)])
    write_reference(writer, model.filter, model.params)
    writer.close("filterbinding")
