# SPDX-License-Identifier: LGPL-2.1-or-later
"""What kinds of pool the daemon knows, as libvirt's storagepoolCapabilities document."""

from __future__ import annotations

from virtbus.drivers.common.xml.writer import Writer
from virtbus.drivers.storage.formats import TYPES, PoolType


def document() -> str:
    """Give the capabilities document."""
    writer = Writer()
    writer.open("storagepoolCapabilities")
    for kind in TYPES:
        _pool(writer, kind)
    writer.close("storagepoolCapabilities")
    return writer.text()


def _pool(writer: Writer, kind: PoolType) -> None:
    attributes = [("type", kind.name), ("supported", "yes" if kind.built else "no")]
    writer.open("pool", attributes)
    if kind.formats:
        _options(writer, "poolOptions", kind.default, "sourceFormatType", kind.formats)
    if kind.volumes is not None:
        _options(writer, "volOptions", kind.volume_default, "targetFormatType", kind.volumes)
    writer.close("pool")


def _options(writer: Writer, tag: str, default: str, name: str, values: tuple[str, ...]) -> None:
    writer.open(tag)
    writer.empty("defaultFormat", [("type", default)])
    writer.open("enum", [("name", name)])
    for value in values:
        writer.leaf("value", value)
    writer.close("enum")
    writer.close(tag)
