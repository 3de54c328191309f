# SPDX-License-Identifier: LGPL-2.1-or-later
"""A pool's model as libvirt's document."""

from __future__ import annotations

from virtbus.drivers.common.xml.writer import Writer
from virtbus.drivers.storage.model import PoolModel
from virtbus.drivers.storage.permissions_xml import write_permissions
from virtbus.drivers.storage.pool_xml import NAMESPACES, namespace
from virtbus.drivers.storage.source_xml import write_source


def pool_text(model: PoolModel) -> str:
    """Give the pool's document."""
    writer = Writer()
    write_pool(writer, model)
    return writer.text()


def state_text(model: PoolModel) -> str:
    """Give the document that remembers a running pool."""
    writer = Writer()
    writer.open("poolstate")
    write_pool(writer, model)
    writer.close("poolstate")
    return writer.text()


def write_pool(writer: Writer, model: PoolModel) -> None:
    """Write the pool's element."""
    words = [("type", model.type.name)]
    if model.options:
        words.append(("xmlns:fs", namespace(NAMESPACES[model.type.name])))
    writer.open("pool", words)
    writer.leaf("name", model.name)
    writer.leaf("uuid", str(model.uuid))
    for tag in ("capacity", "allocation", "available"):
        writer.leaf(tag, str(getattr(model, tag)), [("unit", "bytes")])
    if model.cow:
        writer.open("features")
        writer.empty("cow", [("state", model.cow)])
        writer.close("features")
    write_source(writer, model.source, model.type)
    if model.type.has_target:
        writer.open("target")
        writer.leaf("path", model.target)
        write_permissions(writer, model.permissions)
        writer.close("target")
    if model.refresh:
        writer.open("refresh")
        writer.empty("volume", [("allocation", model.refresh)])
        writer.close("refresh")
    _write_options(writer, model)
    writer.close("pool")


def _write_options(writer: Writer, model: PoolModel) -> None:
    if not model.options:
        return
    writer.open("fs:mount_opts")
    for name, value in model.options:
        writer.empty("fs:option", [("name", name), *([("value", value)] if value else [])])
    writer.close("fs:mount_opts")
