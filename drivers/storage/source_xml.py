# SPDX-License-Identifier: LGPL-2.1-or-later
"""A pool's <source>: what each kind of pool reads of it, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from virtbus.bus.errors import ConfigUnsupported, InternalError, XmlError
from virtbus.drivers.common.xml.parse import Element, parse, text_of
from virtbus.drivers.common.xml.values import to_int
from virtbus.drivers.common.xml.writer import Writer
from virtbus.drivers.storage.formats import PoolType, Source
from virtbus.drivers.storage.model import Adapter, Auth, Host, ParentAddress, PoolSource, SourceDevice

_WWN = re.compile(r"[0-9a-fA-F]{16}\Z")
_FC_WORDS = ("parent", "parent_wwnn", "parent_wwpn", "parent_fabric_wwn", "managed", "wwnn", "wwpn")


def read_specification(text: str, kind: PoolType) -> PoolSource:
    """Give the source that a search is asked to look at."""
    return read_source(parse(text, "storage_source_specification", "source"), kind)


def read_source(element: Element, kind: PoolType) -> PoolSource:
    """Give the source that an element describes."""
    source = PoolSource(
        hosts=[_host(child) for child in element.findall("host") if child.get("name")],
        devices=[_device(child) for child in element.findall("device")],
        name=_text(element, "name"),
        dir=_directory(element),
        initiator=_attribute(element, "initiator/iqn", "name"),
        format=_format(element, kind),
        auth=_auth(element.find("auth")),
        protocol=_protocol(element, kind),
        vendor=_attribute(element, "vendor", "name"),
        product=_attribute(element, "product", "name"),
    )
    adapter = element.find("adapter")
    if adapter is not None and Source.ADAPTER in kind.source:
        source.adapter = _adapter(adapter)
    return source


def _text(element: Element, path: str) -> str:
    child = element.find(path)
    return "" if child is None else text_of(child)


def _attribute(element: Element, path: str, name: str) -> str:
    child = element.find(path)
    return "" if child is None else child.get(name, "")


def _host(element: Element) -> Host:
    port = element.get("port")
    if port is None:
        return Host(element.get("name", ""))
    number = to_int(port, -(2**31), 2**31 - 1)
    if number is None:
        raise XmlError(f"Invalid port number: {port}")
    return Host(element.get("name", ""), number)


def _device(element: Element) -> SourceDevice:
    separator = element.get("part_separator", "")
    if separator not in ("", "yes", "no"):
        raise XmlError(f"invalid part_separator setting '{separator}'")
    return SourceDevice(element.get("path", ""), separator)


def _directory(element: Element) -> str:
    path = _attribute(element, "dir", "path")
    return path if len(path) < 2 else path.rstrip("/") or "/"


def _format(element: Element, kind: PoolType) -> str:
    word = _attribute(element, "format", "type")
    if not kind.formats:
        return ""
    if word and word not in kind.formats:
        raise ConfigUnsupported(f"unknown pool format type {word}")
    return word or kind.default


def _protocol(element: Element, kind: PoolType) -> str:
    version = _attribute(element, "protocol", "ver")
    if version and Source.PROTOCOL in kind.source and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", version):
        raise XmlError("malformed protocol ver")
    return version


def _auth(element: Element | None) -> Auth | None:
    if element is None:
        return None
    username, kind = element.get("username"), element.get("type")
    if username is None:
        raise XmlError("missing username for auth")
    if kind not in ("chap", "ceph"):
        raise XmlError(f"unknown auth type '{kind}'" if kind else "missing auth type")
    secret = element.find("secret")
    if secret is None:
        raise XmlError("Missing <secret> element in auth")
    if (secret.get("uuid") is None) == (secret.get("usage") is None):
        raise XmlError("either secret uuid or usage expected, not both" if secret.get("uuid") else
                       "missing secret uuid or usage attribute")  # fmt: skip
    return Auth(kind, username, secret.get("type", ""), secret.get("uuid", ""), secret.get("usage", ""))


def _adapter(element: Element) -> Adapter:
    kind = element.get("type")
    if kind is None:
        if any(element.get(word) is not None for word in ("wwnn", "wwpn", "parent")):
            raise XmlError("Use of 'wwnn', 'wwpn', and 'parent' attributes requires use of the adapter 'type'")
        kind = "scsi_host"
    if kind == "fc_host":
        return _fc_host(element)
    if kind != "scsi_host":
        raise XmlError(f"Unknown pool adapter type '{kind}'")
    return _scsi_host(element)


def _fc_host(element: Element) -> Adapter:
    words = {word: element.get(word, "") for word in _FC_WORDS if element.get(word)}
    if "wwnn" not in words or "wwpn" not in words:
        raise XmlError("'wwnn' and 'wwpn' must be specified for adapter type 'fchost'")
    for word in ("wwnn", "wwpn"):
        if not _WWN.match(words[word]):
            raise InternalError(f"Malformed wwn: {words[word]}")
    if words.get("managed", "yes") not in ("yes", "no"):
        raise XmlError(f"unknown fc_host managed setting '{words['managed']}'")
    return Adapter("fc_host", words)


def _scsi_host(element: Element) -> Adapter:
    parent = element.find("parentaddr")
    name = element.get("name")
    if parent is None:
        if name is None:
            raise XmlError("Either 'name' or 'parent' must be specified for the 'scsi_host' adapter")
        return Adapter("scsi_host", {"name": name})
    address = parent.find("address")
    if address is None:
        raise XmlError("Missing scsi_host PCI address element")
    if name is not None:
        raise XmlError("'parent' address and 'name' for the 'scsi_host' adapter cannot both be used")
    unique = to_int(parent.get("unique_id", ""), 0, 2**32 - 1)
    if unique is None:
        raise XmlError("Missing or invalid scsi adapter 'unique_id' value")
    domain, bus, slot, function = (_hexadecimal(address, word) for word in ("domain", "bus", "slot", "function"))
    return Adapter("scsi_host", parent=ParentAddress(domain, bus, slot, function, unique))


def _hexadecimal(element: Element, word: str) -> int:
    text = element.get(word, "0")
    if not re.fullmatch(r"(0[xX][0-9a-fA-F]+|[0-9]+)", text):
        raise XmlError(f"Invalid value for attribute '{word}' in element 'address': '{text}'.")
    return int(text, 0) if text.lower().startswith("0x") else int(text)


def write_source(writer: Writer, source: PoolSource, kind: PoolType) -> None:
    """Write the element with what this kind of pool shows."""
    writer.open("source")
    if Source.HOST in kind.source:
        for host in source.hosts:
            writer.empty("host", [("name", host.name), *([("port", str(host.port))] if host.port else [])])
    if Source.DEVICE in kind.source:
        _write_devices(writer, source.devices)
    if Source.DIR in kind.source and source.dir:
        writer.empty("dir", [("path", source.dir)])
    if source.adapter is not None and Source.ADAPTER in kind.source:
        _write_adapter(writer, source.adapter)
    if Source.NAME in kind.source and source.name:
        writer.leaf("name", source.name)
    if source.initiator and Source.INITIATOR in kind.source:
        writer.open("initiator")
        writer.empty("iqn", [("name", source.initiator)])
        writer.close("initiator")
    if kind.formats:
        writer.empty("format", [("type", source.format)])
    if source.auth is not None:
        _write_auth(writer, source.auth)
    _write_words(writer, (("protocol", "ver", source.protocol), ("vendor", "name", source.vendor),
                          ("product", "name", source.product)))  # fmt: skip
    writer.close("source")


def _write_words(writer: Writer, words: Iterable[tuple[str, str, str]]) -> None:
    for tag, attribute, value in words:
        if value:
            writer.empty(tag, [(attribute, value)])


def _write_devices(writer: Writer, devices: list[SourceDevice]) -> None:
    for device in devices:
        words = [("path", device.path)]
        if device.part_separator:
            words.append(("part_separator", device.part_separator))
        if not device.extents:
            writer.empty("device", words)
            continue
        writer.open("device", words)
        for start, end in device.extents:
            writer.empty("freeExtent", [("start", str(start)), ("end", str(end))])
        writer.close("device")


def _write_adapter(writer: Writer, adapter: Adapter) -> None:
    if adapter.parent is None:
        return writer.empty("adapter", [("type", adapter.type), *adapter.words.items()])
    parent = adapter.parent
    writer.open("adapter", [("type", adapter.type)])
    writer.open("parentaddr", [("unique_id", str(parent.unique_id))])
    writer.empty("address", [("domain", f"0x{parent.domain:04x}"), ("bus", f"0x{parent.bus:02x}"),
                             ("slot", f"0x{parent.slot:02x}"), ("function", f"0x{parent.function:x}")])  # fmt: skip
    writer.close("parentaddr")
    return writer.close("adapter")


def _write_auth(writer: Writer, auth: Auth) -> None:
    writer.open("auth", [("type", auth.type), ("username", auth.username)])
    words = [("type", auth.secret_type), ("uuid", auth.secret_uuid), ("usage", auth.secret_usage)]
    writer.empty("secret", [(name, value) for name, value in words if value])
    writer.close("auth")
