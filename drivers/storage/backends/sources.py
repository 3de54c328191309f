# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where pools could be: the search's own document, and what each search needs to know."""

from __future__ import annotations

from collections.abc import Iterable

from virtbus.bus.errors import ConfigUnsupported, InvalidArg
from virtbus.drivers.common.xml.writer import Writer
from virtbus.drivers.storage.formats import PoolType
from virtbus.drivers.storage.model import PoolSource
from virtbus.drivers.storage.source_xml import read_specification, write_source


def document(sources: Iterable[PoolSource], kind: PoolType) -> str:
    """Give the sources that were found, as XML."""
    writer = Writer()
    writer.open("sources")
    for source in sources:
        write_source(writer, source, kind)
    writer.close("sources")
    return writer.text()


def host_of(spec: str | None, kind: PoolType) -> str:
    """Give the one server that a search is to ask."""
    if spec is None:
        raise InvalidArg(f"hostname must be specified for {kind.name} sources")
    source = read_specification(spec, kind)
    if len(source.hosts) != 1:
        raise ConfigUnsupported("Expected exactly 1 host for the storage pool")
    return source.hosts[0].name
