# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest: one file for each side of it."""

from __future__ import annotations

from typing import ClassVar

from virtbus.bus.api.domain.agent import DomainAgent
from virtbus.bus.api.domain.devices import DomainDevices
from virtbus.bus.api.domain.lifecycle import DomainLifecycle
from virtbus.bus.api.domain.migration import DomainMigration
from virtbus.bus.api.domain.saving import DomainSaving
from virtbus.bus.api.domain.snapshots import DomainSnapshots
from virtbus.bus.api.domain.tuning import DomainTuning
from virtbus.bus.catalogue import Prop
from virtbus.bus.refs import DomainRef


class Domain(
    DomainLifecycle,
    DomainTuning,
    DomainDevices,
    DomainAgent,
    DomainSaving,
    DomainSnapshots,
    DomainMigration,
    noun="Domain",
    daemon="hypervisor",
    kind="Domain",
    ref=DomainRef,
):
    """A guest."""

    properties: ClassVar[dict[str, Prop]] = {
        "Name": Prop("name", changes=False, of_reference=True),
        "UUID": Prop("uuid", changes=False, of_reference=True),
        "Id": Prop("id", of_reference=True),
        "Active": Prop("is_active"),
        "Autostart": Prop("get_autostart", "set_autostart"),
        "Persistent": Prop("is_persistent"),
        "State": Prop("get_state"),
        "Updated": Prop("is_updated", changes=False),
        "OSType": Prop("get_os_type", changes=False),
    }
