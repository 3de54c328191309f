# SPDX-License-Identifier: LGPL-2.1-or-later
"""A volume's document: text to model, model to text, with libvirt's refusals.

https://libvirt.org/formatstorage.html#storage-volume-xml
"""

from __future__ import annotations

import re

from virtbus.bus.errors import ConfigUnsupported, XmlError
from virtbus.drivers.common.xml.parse import Element, parse, text_of
from virtbus.drivers.common.xml.units import scale
from virtbus.drivers.common.xml.values import check_name, control_characters, to_int
from virtbus.drivers.common.xml.writer import Writer
from virtbus.drivers.storage.encryption_xml import read_encryption, write_encryption
from virtbus.drivers.storage.formats import PoolType
from virtbus.drivers.storage.model import FILE, VOLUME_TYPES, Backing, VolumeModel
from virtbus.drivers.storage.permissions_xml import read_permissions, write_permissions, write_times

FEATURES = ("lazy_refcounts", "extended_l2")
SIZE_MAX = 2**63 - 1
_VERSION = re.compile(r"[0-9]+\.[0-9]+")


def read_volume(text: str, kind: PoolType, *, clone: bool = False, validate: bool = False) -> VolumeModel:
    """Give the volume that a document describes, in a pool of this kind.

    A `clone` need not say its capacity. Errors: XmlError and others with libvirt's texts.
    """
    root = parse(text, "storage_volume_definition", "volume", schema="storagevol.rng" if validate else "")
    volume = VolumeModel(_name(root), type=_type(root))
    volume.backing = _backing(root.find("backingStore"), kind)
    _read_sizes(root, volume, clone=clone)
    volume.format = _format(root.find("target/format"), kind)
    volume.permissions = read_permissions(root.find("target/permissions"))
    encryption = root.find("target/encryption")
    volume.encryption = None if encryption is None else read_encryption(encryption)
    _read_image(root, volume)
    return volume


def _name(root: Element) -> str:
    name = _text(root, "name")
    if not name:
        raise XmlError("missing volume name element")
    if control_characters(name):
        check_name(name, invalid="".join(char for char in name if control_characters(char)))
    return name


def _text(root: Element, path: str) -> str:
    child = root.find(path)
    return "" if child is None else text_of(child)


def _type(root: Element) -> int:
    word = root.get("type")
    if word is None:
        return FILE
    if word not in VOLUME_TYPES:
        raise ConfigUnsupported(f"unknown volume type '{word}'")
    return VOLUME_TYPES.index(word)


def _format(element: Element | None, kind: PoolType) -> str:
    word = "" if element is None else element.get("type", "")
    if not kind.takes_formats:
        return kind.volume_default
    if not word:
        return kind.volume_default
    known = kind.volumes or ()
    if word not in known or (word == "none" and kind.name != "disk"):
        raise ConfigUnsupported(f"unknown volume format type {word}")
    return word


def _backing(element: Element | None, kind: PoolType) -> Backing | None:
    path = "" if element is None else _text(element, "path")
    if element is None or not path:
        return None
    backing = Backing(path, _format(element.find("format"), kind))
    backing.permissions = read_permissions(element.find("permissions"))
    return backing


def _read_sizes(root: Element, volume: VolumeModel, *, clone: bool) -> None:
    capacity, allocation = root.find("capacity"), root.find("allocation")
    if capacity is not None and text_of(capacity):
        volume.capacity = size_of(capacity)
    elif clone or volume.backing is not None:
        volume.capacity_given = False
    else:
        raise XmlError("missing capacity element")
    if allocation is not None and text_of(allocation):
        volume.allocation, volume.allocation_given = size_of(allocation), True
    else:
        volume.allocation = volume.capacity


def size_of(element: Element) -> int:
    """Give the bytes that a size element says, with its unit."""
    value = to_int(text_of(element), 0, 2**64 - 1)
    if value is None:
        raise XmlError("malformed capacity element")
    return scale(value, element.get("unit"), 1, SIZE_MAX)


def _read_image(root: Element, volume: VolumeModel) -> None:
    compat = _text(root, "target/compat")
    if compat and not _VERSION.fullmatch(compat):
        raise XmlError("forbidden characters in 'compat' attribute")
    volume.compat = compat
    features = root.find("target/features")
    if features is not None:
        volume.compat = volume.compat or "1.1"
        volume.features = frozenset(_feature(child) for child in features if isinstance(child.tag, str))
    cluster = root.find("target/clusterSize")
    if cluster is not None and text_of(cluster):
        volume.cluster_size = size_of(cluster)
    volume.nocow = root.find("target/nocow") is not None


def _feature(element: Element) -> str:
    if element.tag not in FEATURES:
        raise ConfigUnsupported(f"unsupported feature {element.tag}")
    return str(element.tag)


def volume_text(volume: VolumeModel, kind: PoolType) -> str:
    """Give the volume's document."""
    writer = Writer()
    writer.open("volume", [("type", VOLUME_TYPES[volume.type])])
    writer.leaf("name", volume.name)
    writer.leaf("key", volume.key)
    _write_extents(writer, volume)
    for tag in ("capacity", "allocation", "physical"):
        if tag != "physical" or volume.physical:
            writer.leaf(tag, str(getattr(volume, tag)), [("unit", "bytes")])
    _write_target(writer, volume, kind)
    if volume.backing is not None:
        _write_backing(writer, volume.backing, kind)
    writer.close("volume")
    return writer.text()


def _write_extents(writer: Writer, volume: VolumeModel) -> None:
    if not volume.extents:
        return
    writer.open("source")
    path = ""
    for device, start, end in volume.extents:
        if device != path:
            if path:
                writer.close("device")
            writer.open("device", [("path", device)])
            path = device
        writer.empty("extent", [("start", str(start)), ("end", str(end))])
    writer.close("device")
    writer.close("source")


def _write_target(writer: Writer, volume: VolumeModel, kind: PoolType) -> None:
    writer.open("target")
    writer.leaf("path", volume.path)
    if kind.takes_formats:
        writer.empty("format", [("type", volume.format)])
    write_permissions(writer, volume.permissions)
    write_times(writer, volume.times)
    if volume.encryption is not None:
        write_encryption(writer, volume.encryption)
    if volume.compat:
        writer.leaf("compat", volume.compat)
    if volume.cluster_size:
        writer.leaf("clusterSize", str(volume.cluster_size), [("unit", "B")])
    if volume.features is not None:
        _write_features(writer, volume.features)
    writer.close("target")


def _write_features(writer: Writer, features: frozenset[str]) -> None:
    if not features:
        return writer.empty("features")
    writer.open("features")
    for feature in FEATURES:
        if feature in features:
            writer.empty(feature)
    return writer.close("features")


def _write_backing(writer: Writer, backing: Backing, kind: PoolType) -> None:
    writer.open("backingStore")
    writer.leaf("path", backing.path)
    if kind.takes_formats:
        writer.empty("format", [("type", backing.format)])
    write_permissions(writer, backing.permissions)
    write_times(writer, backing.times)
    writer.close("backingStore")
