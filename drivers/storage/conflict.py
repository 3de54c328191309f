# SPDX-License-Identifier: LGPL-2.1-or-later
"""When two pools would stand on the same storage."""

from __future__ import annotations

from virtbus.drivers.storage.model import PoolModel


def conflicts(one: PoolModel, other: PoolModel) -> bool:
    """Say whether two different pools have the same source."""
    if one.type is not other.type:
        return one.type.name in _BLOCK and other.type.name in _BLOCK and bool(_devices(one) & _devices(other))
    kind = one.type.name
    if kind in ("dir", "mpath"):
        return one.target == other.target
    if kind in ("fs", "disk", "logical"):
        return _same_name(one, other) or bool(_devices(one) & _devices(other))
    if kind == "netfs":
        return one.source.dir == other.source.dir and _hosts(one) == _hosts(other)
    if kind == "iscsi":
        same = _hosts(one) == _hosts(other) and bool(_devices(one) & _devices(other))
        return same and one.source.initiator == other.source.initiator
    return kind == "scsi" and one.source.adapter is not None and one.source.adapter == other.source.adapter


_BLOCK = ("fs", "logical", "disk")


def _devices(model: PoolModel) -> set[str]:
    return {device.path for device in model.source.devices}


def _hosts(model: PoolModel) -> list[str]:
    return [host.name for host in model.source.hosts]


def _same_name(one: PoolModel, other: PoolModel) -> bool:
    return one.type.name == "logical" and one.source.name == other.source.name
