# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls that libvirt answers from memory, and when they may be made without a thread.

Handing a call to a thread and back costs as much as the whole way of the call otherwise. These take no job on the
guest and ask nobody; what can hold them up is only libvirt's lock on the guest, while another call works on it or
while the guest is ending. So they are made at once when neither is the case, and like all others when it is.
"""

from __future__ import annotations

import libvirt

CALLS = frozenset({
    "ConnectListAllDomains", "ConnectListDefinedDomains", "ConnectListDomains", "ConnectNumOfDefinedDomains",
    "ConnectNumOfDomains", "ConnectGetHostname", "ConnectSupportsFeature",
    "DomainGetAutostart", "DomainGetInfo", "DomainGetMaxMemory", "DomainGetMaxVcpus", "DomainGetOSType",
    "DomainGetState", "DomainGetXMLDesc", "DomainIsActive", "DomainIsPersistent", "DomainIsUpdated",
    "DomainLookupByID", "DomainLookupByName", "DomainLookupByUUID",
})  # fmt: skip
LIFECYCLE = "domain_event_lifecycle"


def note(ending: set[bytes], uuid: bytes, event: int) -> None:
    """Keep `ending` to the guests that have begun to shut down and have not stopped."""
    if event == libvirt.VIR_DOMAIN_EVENT_SHUTDOWN:
        ending.add(uuid)
    else:
        ending.discard(uuid)
