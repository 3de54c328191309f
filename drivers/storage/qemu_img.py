# SPDX-License-Identifier: LGPL-2.1-or-later
"""What qemu-img would be asked to do: argument lists, as values.

https://www.qemu.org/docs/master/tools/qemu-img.html; the forms are those that libvirt uses, since clients see the
command in the text of an error.
"""

from __future__ import annotations

from dataclasses import dataclass

from virtbus.bus.errors import ConfigUnsupported
from virtbus.drivers.storage.model import VolumeModel

PROGRAM = "/usr/bin/qemu-img"


@dataclass(frozen=True, slots=True)
class Wish:
    """How a volume shall be made beyond its document: `metadata` laid out beforehand, or copied by `reflink`."""

    metadata: bool = False
    reflink: bool = False


def check_options(volume: VolumeModel) -> None:
    """Refuse what the format cannot have."""
    if volume.format != "qcow2":
        if volume.compat or volume.features:
            raise ConfigUnsupported("compatibility option only available with qcow2")
        return
    if volume.compat == "0.10" and volume.features:
        feature = "lazy_refcounts" if "lazy_refcounts" in volume.features else next(iter(volume.features))
        raise ConfigUnsupported(f"{feature} not supported with compat level {volume.compat}")


def create(volume: VolumeModel, path: str, wish: Wish) -> list[str]:
    """Give the command that makes an empty image at `path`."""
    argv = [PROGRAM, "create", "-f", driver(volume.format)]
    if volume.backing is not None:
        argv += ["-b", volume.backing.path]
    argv += _option(volume, wish)
    argv.append(path)
    if volume.capacity_given:
        argv.append(f"{-(-volume.capacity // 1024)}K")
    return argv


def convert(source: VolumeModel, source_path: str, volume: VolumeModel, path: str, wish: Wish) -> list[str]:
    """Give the command that makes an image at `path` with the contents of another one."""
    argv = [PROGRAM, "convert", "-f", driver(source.format), "-O", driver(volume.format)]
    if volume.backing is not None:
        argv += ["-B", volume.backing.path]
    return [*argv, *_option(volume, wish), source_path, path]


def resize(path: str, capacity: int, *, shrink: bool) -> list[str]:
    """Give the command that changes an image's capacity, in bytes."""
    return [PROGRAM, "resize", *(["--shrink"] if shrink else []), path, str(capacity)]


def driver(kind: str) -> str:
    """Give QEMU's name of a format."""
    return "raw" if kind == "iso" else kind


def _option(volume: VolumeModel, wish: Wish) -> list[str]:
    words = ",".join(_words(volume, wish))
    return ["-o", words] if words else []


def _words(volume: VolumeModel, wish: Wish) -> list[str]:
    words = []
    if volume.backing is not None:
        words.append(f"backing_fmt={driver(volume.backing.format)}")
    if wish.metadata:
        words.append("preallocation=falloc" if volume.allocation == volume.capacity else "preallocation=metadata")
    if volume.nocow:
        words.append("nocow=on")
    if volume.compat:
        words.append(f"compat={volume.compat}")
    elif volume.format == "qcow2":
        words.append("compat=0.10")
    if volume.cluster_size:
        words.append(f"cluster_size={volume.cluster_size}")
    features = volume.features or frozenset()
    words += [word for feature, word in _FEATURE_WORDS if feature in features]
    return words


_FEATURE_WORDS = (("lazy_refcounts", "lazy_refcounts"), ("extended_l2", "extended_l2=on"))
