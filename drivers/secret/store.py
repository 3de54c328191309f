# SPDX-License-Identifier: LGPL-2.1-or-later
"""Secrets on disk, in libvirt's place and form: UUID.xml, and UUID.base64 with the value. Blocking functions."""

from __future__ import annotations

import base64
import binascii
import logging

from virtbus.bus.errors import LibvirtError
from virtbus.drivers.common.engine.files import Filesystem
from virtbus.drivers.secret.model import SecretModel, read_secret, secret_text

log = logging.getLogger(__name__)

FOLDER_MODE, FILE_MODE = 0o700, 0o600


class SecretStore:
    """Read and write the files of one folder; each is replaced as a whole, and waits for the disk."""

    def __init__(self, files: Filesystem, folder: str) -> None:
        self.files = files
        self.folder = folder

    def load(self) -> list[tuple[SecretModel, bytes | None]]:
        """Give the stored secrets with their values; one that is broken is left out, with a word in the log."""
        found = []
        for name in self.files.names(self.folder):
            model = self._model(name) if name.endswith(".xml") else None
            if model is not None:
                found.append((model, self._value(model)))
        return found

    def _model(self, name: str) -> SecretModel | None:
        text = self.files.read(f"{self.folder}/{name}")
        try:
            model = read_secret(text or "")
        except LibvirtError as error:
            log.warning("the stored secret '%s' is not used: %s", name, error)
            return None
        if f"{model.uuid}.xml" != name:
            log.warning("the stored secret '%s' is not used: it names another UUID", name)
            return None
        return model

    def _value(self, model: SecretModel) -> bytes | None:
        text = self.files.read(self._path(model, "base64"))
        if text is None:
            return None
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            log.warning("the value of secret '%s' is not base64", model.uuid)
            return None

    def save(self, model: SecretModel) -> None:
        """Keep a secret's document."""
        self._write(model, "xml", secret_text(model))

    def save_value(self, model: SecretModel, value: bytes) -> None:
        """Keep a secret's value."""
        self._write(model, "base64", base64.b64encode(value).decode("ascii"))

    def delete(self, model: SecretModel) -> None:
        """Forget a secret."""
        self.files.remove(self._path(model, "xml"))
        self.delete_value(model)

    def delete_value(self, model: SecretModel) -> None:
        """Forget a secret's value."""
        self.files.remove(self._path(model, "base64"))

    def _write(self, model: SecretModel, suffix: str, text: str) -> None:
        self.files.make_folder(self.folder, FOLDER_MODE)
        self.files.write(self._path(model, suffix), text, FILE_MODE, durable=True)

    def _path(self, model: SecretModel, suffix: str) -> str:
        return f"{self.folder}/{model.uuid}.{suffix}"
