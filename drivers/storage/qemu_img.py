# SPDX-License-Identifier: LGPL-2.1-or-later
"""What qemu-img would be asked to do: argument lists, as values.

https://www.qemu.org/docs/master/tools/qemu-img.html; the forms are those that libvirt uses, since clients see the
command in the text of an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from virtbus.bus.errors import ConfigUnsupported, InternalError, InvalidArg
from virtbus.drivers.storage.model import VolumeModel

PROGRAM = "/usr/bin/qemu-img"
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")


class Key(NamedTuple):
    """A key for qemu-img: the name of its object, and the file that the value is read from."""

    alias: str
    file: str


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


def check_encryption(volume: VolumeModel) -> None:
    """Refuse an encryption that the format cannot have, or one without its secret."""
    encryption = volume.encryption
    if encryption is None:
        return
    luks = encryption.format == "luks"
    if volume.format == "raw" and not luks:
        raise InternalError("Only luks encryption is supported for raw files")
    if volume.format not in ("raw", "qcow", "qcow2"):
        raise ConfigUnsupported(f"volume encryption unsupported with format {volume.format}")
    if len(encryption.secrets) != 1:
        raise InvalidArg("A single <secret type='passphrase'...> element is expected in encryption description")
    if not luks:
        raise ConfigUnsupported("creation of qcow2 encrypted image is not supported")


def key_of(volume: VolumeModel, file: str) -> Key:
    """Give the name of a volume's key for qemu-img, whose value is in `file`."""
    name = volume.name if _IDENTIFIER.fullmatch(volume.name) else "volume"
    return Key(f"{name}_encrypt0", file)


def create(volume: VolumeModel, path: str, wish: Wish, key: Key | None = None) -> list[str]:
    """Give the command that makes an empty image at `path`."""
    argv = [PROGRAM, "create", "-f", image_driver(volume)]
    if volume.backing is not None:
        argv += ["-b", volume.backing.path]
    argv += _objects(key)
    argv += _option(volume, wish, key)
    argv.append(path)
    if volume.capacity_given:
        argv.append(f"{-(-volume.capacity // 1024)}K")
    return argv


def convert(source: VolumeModel, source_path: str, volume: VolumeModel, path: str, wish: Wish) -> list[str]:
    """Give the command that makes an image at `path` with the contents of another one, neither encrypted."""
    argv = [PROGRAM, "convert", "-f", driver(source.format), "-O", driver(volume.format)]
    if volume.backing is not None:
        argv += ["-B", volume.backing.path]
    return [*argv, *_option(volume, wish, None), source_path, path]


def fill(
    source: VolumeModel, source_path: str, source_key: Key | None, volume: VolumeModel, path: str, key: Key | None
) -> list[str]:
    """Give the command that fills an image, made before, with the contents of another one; either has a key."""
    argv = [PROGRAM, "convert", "--image-opts", "-n", "--target-image-opts", *_objects(key), *_objects(source_key)]
    return [*argv, _image(source, source_path, source_key), _image(volume, path, key)]


def resize(path: str, capacity: int, *, shrink: bool) -> list[str]:
    """Give the command that changes an image's capacity, in bytes."""
    return [PROGRAM, "resize", *(["--shrink"] if shrink else []), path, str(capacity)]


def resize_encrypted(volume: VolumeModel, path: str, capacity: int, key: Key, *, shrink: bool) -> list[str]:
    """Give the command that changes an encrypted image's capacity, in bytes."""
    argv = [PROGRAM, "resize", *(["--shrink"] if shrink else []), *_objects(key), "--image-opts"]
    secret = f"{_prefix(volume)}key-secret={_comma(key.alias)}"
    return [*argv, f"driver={image_driver(volume)},{secret},file.filename={_comma(path)}", str(capacity)]


def driver(kind: str) -> str:
    """Give QEMU's name of a format."""
    return "raw" if kind == "iso" else kind


def image_driver(volume: VolumeModel) -> str:
    """Give QEMU's name of what a volume is, encryption counted in."""
    return "luks" if volume.format == "raw" and volume.encryption is not None else driver(volume.format)


def _prefix(volume: VolumeModel) -> str:
    return "" if volume.format == "raw" else "encrypt."


def _comma(text: str) -> str:
    """Give a value for a list of options, in which a comma stands doubled."""
    return text.replace(",", ",,")


def _objects(key: Key | None) -> list[str]:
    return [] if key is None else ["--object", f"secret,id={_comma(key.alias)},file={_comma(key.file)}"]


def _image(volume: VolumeModel, path: str, key: Key | None) -> str:
    words = f"driver={image_driver(volume)},file.filename={_comma(path)}"
    return words if key is None else f"{words},{_prefix(volume)}key-secret={_comma(key.alias)}"


def _option(volume: VolumeModel, wish: Wish, key: Key | None) -> list[str]:
    words = ",".join(_words(volume, wish, key))
    return ["-o", words] if words else []


def _words(volume: VolumeModel, wish: Wish, key: Key | None) -> list[str]:
    words = []
    if volume.backing is not None:
        words.append(f"backing_fmt={driver(volume.backing.format)}")
    if key is not None:
        words += _encryption_words(volume, key)
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


def _encryption_words(volume: VolumeModel, key: Key) -> list[str]:
    if volume.encryption is None:
        return []
    prefix, cipher, ivgen = _prefix(volume), volume.encryption.cipher, volume.encryption.ivgen
    words = ["encrypt.format=luks"] if prefix else []
    words.append(f"{prefix}key-secret={_comma(key.alias)}")
    if cipher:
        words.append(f"{prefix}cipher-alg={_comma(cipher['name'])}-{_comma(cipher['size'])}")
    named = (("cipher-mode", cipher.get("mode")), ("hash-alg", cipher.get("hash")), ("ivgen-alg", ivgen.get("name")),
             ("ivgen-hash-alg", ivgen.get("hash")))  # fmt: skip
    return words + [f"{prefix}{name}={_comma(value)}" for name, value in named if value]


_FEATURE_WORDS = (("lazy_refcounts", "lazy_refcounts"), ("extended_l2", "extended_l2=on"))
