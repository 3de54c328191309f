# SPDX-License-Identifier: LGPL-2.1-or-later
"""A secret's document: text to model, model to text, with libvirt's refusals.

https://libvirt.org/formatsecret.html
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import NamedTuple

from virtbus.bus.errors import ConfigUnsupported, InternalError, XmlError
from virtbus.drivers.common.xml.parse import Element, parse, text_of
from virtbus.drivers.common.xml.values import to_uuid
from virtbus.drivers.common.xml.writer import Writer


class Usage(NamedTuple):
    """A kind of use: its word, the element that names the user, and libvirt's refusal where that is missing."""

    word: str
    tag: str = ""
    missing: str = ""


USAGES = (
    Usage("none"),
    Usage("volume", "volume", "volume usage specified, but volume path is missing"),
    Usage("ceph", "name", "Ceph usage specified, but name is missing"),
    Usage("iscsi", "target", "iSCSI usage specified, but target is missing"),
    Usage("tls", "name", "TLS usage specified, but name is missing"),
    Usage("vtpm", "name", "vTPM usage specified, but name is missing"),
)
"""The kinds of use by their number (virSecretUsageType)."""

_NUMBERS = {usage.word: number for number, usage in enumerate(USAGES)}


@dataclass
class SecretModel:
    """A secret without its value. `usage` is a virSecretUsageType number, `usage_id` who uses it."""

    uuid: uuid.UUID = field(default_factory=uuid.uuid4)
    ephemeral: bool = False
    private: bool = False
    description: str = ""
    usage: int = 0
    usage_id: str = ""


def read_secret(text: str, *, validate: bool = False) -> SecretModel:
    """Give the secret that a document describes; XmlError and others with libvirt's texts where it is wrong."""
    root = parse(text, "definition_of_secret", "secret", schema="secret.rng" if validate else "")
    model = SecretModel(ephemeral=_truth(root, "ephemeral"), private=_truth(root, "private"))
    named = _text(root, "uuid")
    if named:
        value = to_uuid(named)
        if value is None:
            raise InternalError("malformed uuid element")
        model.uuid = value
    model.description = _text(root, "description")
    usage = root.find("usage")
    if usage is not None:
        model.usage, model.usage_id = _usage(usage)
    return model


def _text(root: Element, tag: str) -> str:
    child = root.find(tag)
    return "" if child is None else text_of(child)


def _truth(root: Element, attribute: str) -> bool:
    word = root.get(attribute, "no")
    if word not in ("yes", "no"):
        raise XmlError(f"invalid value of '{attribute}'")
    return word == "yes"


def _usage(element: Element) -> tuple[int, str]:
    word = element.get("type")
    if word is None:
        raise XmlError("unknown secret usage type")
    number = _NUMBERS.get(word)
    if number is None:
        raise ConfigUnsupported(f"unknown secret usage type {word}")
    usage = USAGES[number]
    user = _text(element, usage.tag) if usage.tag else ""
    if usage.tag and not user:
        raise InternalError(usage.missing)
    return number, user


def secret_text(model: SecretModel) -> str:
    """Give the secret's document; the value is no part of it."""
    writer = Writer()
    writer.open("secret", [("ephemeral", _word(model.ephemeral)), ("private", _word(model.private))])
    writer.leaf("uuid", str(model.uuid))
    if model.description:
        writer.leaf("description", model.description)
    if model.usage:
        usage = USAGES[model.usage]
        writer.open("usage", [("type", usage.word)])
        writer.leaf(usage.tag, model.usage_id)
        writer.close("usage")
    writer.close("secret")
    return writer.text()


def _word(value: bool) -> str:
    return "yes" if value else "no"
