# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules between the spellings of one name.

    get_xml_desc  ↔  GetXMLDesc  ↔  DomainGetXMLDesc  ↔  virDomainGetXMLDesc

Python's form is the source; the others follow mechanically from it with a list of the words that libvirt writes in
capitals.
"""

from __future__ import annotations

ACRONYMS = {
    "xml": "XML", "uuid": "UUID", "os": "OS", "fs": "FS", "io": "IO", "cpu": "CPU", "id": "ID", "uri": "URI",
    "nmi": "NMI", "mac": "MAC", "dhcp": "DHCP", "pm": "PM", "iothread": "IOThread", "nwfilter": "NWFilter",
    "nwfilters": "NWFilters", "scsi": "SCSI", "wwn": "WWN", "fsinfo": "FSInfo", "fsfreeze": "FSFreeze",
    "fsthaw": "FSThaw", "fstrim": "FSTrim", "tls": "TLS", "numofnwfilters": "NumOfNWFilters",
}  # fmt: skip


def camel(name: str) -> str:
    """Give the CamelCase form of a snake_case name: get_xml_desc becomes GetXMLDesc."""
    return "".join(ACRONYMS.get(word, word[:1].upper() + word[1:]) for word in name.split("_"))


def rpc_name(noun: str, member: str, own: tuple[str, ...] = ()) -> str:
    """Give the legacy protocol's name of a member of the object `noun`.

    A manager's members carry "Connect" in front unless they begin with a noun of its own (NodeGetInfo,
    NetworkLookupByName): those nouns are `own`.
    """
    if own and member.startswith(own):
        return member
    return noun + member
