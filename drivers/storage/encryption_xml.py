# SPDX-License-Identifier: LGPL-2.1-or-later
"""<encryption>: how a volume is encrypted, and with which secret.

https://libvirt.org/formatstorageencryption.html
"""

from __future__ import annotations

from virtbus.bus.errors import ConfigUnsupported, XmlError
from virtbus.drivers.common.xml.parse import Element
from virtbus.drivers.common.xml.values import to_uuid
from virtbus.drivers.common.xml.writer import Writer
from virtbus.drivers.storage.model import Encryption, EncryptionSecret

FORMATS = ("default", "qcow", "luks", "luks2")


def read_encryption(element: Element) -> Encryption:
    """Give the encryption that an element describes."""
    word = element.get("format")
    if word is None:
        raise XmlError("unknown volume encryption format")
    if word not in FORMATS:
        raise ConfigUnsupported(f"unknown volume encryption format type {word}")
    encryption = Encryption(word, [_secret(child) for child in element.findall("secret")])
    cipher, ivgen = element.find("cipher"), element.find("ivgen")
    if cipher is not None:
        encryption.cipher = _words(cipher, ("name", "size"), ("mode", "hash"))
    elif ivgen is not None:
        raise XmlError("ivgen element found, but cipher is missing")
    if ivgen is not None:
        encryption.ivgen = _words(ivgen, ("name",), ("hash",))
    return encryption


def _words(element: Element, needed: tuple[str, ...], more: tuple[str, ...]) -> dict[str, str]:
    for word in needed:
        if element.get(word) is None:
            raise XmlError(f"{element.tag} info missing '{word}' attribute")
    return {word: element.get(word, "") for word in (*needed, *more) if element.get(word) is not None}


def _secret(element: Element) -> EncryptionSecret:
    kind = element.get("type")
    if kind is None:
        raise XmlError("unknown volume encryption secret type")
    if kind != "passphrase":
        raise XmlError(f"unknown volume encryption secret type {kind}")
    named, usage = element.get("uuid"), element.get("usage")
    if named is None and usage is None:
        raise XmlError("missing secret uuid or usage attribute")
    if named is not None and usage is not None:
        raise XmlError("either secret uuid or usage expected, not both")
    if named is None:
        return EncryptionSecret(kind, usage=usage or "")
    value = to_uuid(named)
    if value is None:
        raise XmlError(f"invalid secret uuid '{named}'")
    return EncryptionSecret(kind, uuid=str(value))


def write_encryption(writer: Writer, encryption: Encryption) -> None:
    """Write the element."""
    writer.open("encryption", [("format", encryption.format)])
    for secret in encryption.secrets:
        name = ("uuid", secret.uuid) if secret.uuid else ("usage", secret.usage)
        writer.empty("secret", [("type", secret.type), name])
    if encryption.cipher:
        writer.empty("cipher", list(encryption.cipher.items()))
    if encryption.ivgen:
        writer.empty("ivgen", list(encryption.ivgen.items()))
    writer.close("encryption")
