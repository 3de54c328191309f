# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the driver keeps of a volume besides its model."""

from __future__ import annotations

from dataclasses import dataclass

from virtbus.bus.errors import OperationInvalid
from virtbus.drivers.storage.model import VolumeModel


@dataclass
class Entry:
    """A volume of an active pool: being made, or in use by so many uploads, downloads and copies."""

    model: VolumeModel
    building: bool = False
    users: int = 0

    def check_idle(self) -> None:
        """Refuse a change while the volume is used or being made."""
        if self.users:
            raise OperationInvalid(f"volume '{self.model.name}' is still in use.")
        self.check_made()

    def check_made(self) -> None:
        """Refuse a use while the volume is being made."""
        if self.building:
            raise OperationInvalid(f"volume '{self.model.name}' is still being allocated.")
