# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules between the spellings of a name."""

import pytest

from virtbus.bus.introspection import argument_name
from virtbus.bus.names import camel, rpc_name


@pytest.mark.parametrize(
    ("python", "bus"),
    [("get_xml_desc", "GetXMLDesc"), ("lookup_by_uuid", "LookupByUUID"), ("num_of_nwfilters", "NumOfNWFilters")],
)
def test_camel_knows_libvirts_capitals(python: str, bus: str) -> None:
    assert camel(python) == bus


@pytest.mark.parametrize(
    ("noun", "member", "own", "name"),
    [
        ("Domain", "GetXMLDesc", (), "DomainGetXMLDesc"),
        ("Connect", "GetHostname", ("Network",), "ConnectGetHostname"),
        ("Connect", "NetworkLookupByName", ("Network",), "NetworkLookupByName"),
    ],
)
def test_a_managers_own_nouns_stand_alone(noun: str, member: str, own: tuple[str, ...], name: str) -> None:
    assert rpc_name(noun, member, own) == name


def test_arguments_begin_small() -> None:
    assert [argument_name(name) for name in ("xml_desc", "event_id", "from_")] == ["xmlDesc", "eventID", "from"]
