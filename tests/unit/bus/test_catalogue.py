# SPDX-License-Identifier: LGPL-2.1-or-later
"""The catalogue's kit: what follows from an entry."""

import pytest

from virtbus.bus import index
from virtbus.bus.api import network, storage
from virtbus.bus.api.domain import Domain
from virtbus.bus.catalogue import Api, Perm
from virtbus.bus.introspection import property_signature


def test_names_follow_from_the_method() -> None:
    entry = network.Network.calls["get_xml_desc"]
    assert (entry.member, entry.name) == ("GetXMLDesc", "NetworkGetXMLDesc")
    assert network.Network.interface() == "org.libvirt.network1.Network"


@pytest.mark.parametrize(
    ("perm", "value", "needed"),
    [
        (Perm("a", "b"), 0, True),
        (Perm("a", "b", when=2), 0, False),
        (Perm("a", "b", when=2), 3, True),
        (Perm("a", "b", unless=3), 0, True),
        (Perm("a", "b", unless=3), 2, False),
        (Perm("a", "b", equals=4), 4, True),
        (Perm("a", "b", equals=4), 5, False),
    ],
)
def test_a_permission_may_depend_on_flags(perm: Perm, value: int, needed: bool) -> None:
    assert perm.applies(value) is needed


def test_secrets_in_xml_need_more_than_reading() -> None:
    entry = Domain.calls["get_xml_desc"]
    assert not entry.denied_to_readers((0,))
    assert entry.denied_to_readers((1,))


def test_a_driver_inherits_the_entries() -> None:
    class Mine(storage.Pool):
        """A pool of a driver."""

    assert Mine.calls is storage.Pool.calls
    assert Mine.interface() == "org.libvirt.storage1.Pool"


def test_actions_are_polkits() -> None:
    assert Perm("node_device", "read_secure").action == "org.libvirt.api.node-device.read-secure"


@pytest.mark.parametrize("cls", index.on_bus(), ids=lambda cls: cls.interface())
def test_members_are_unique(cls: type[Api]) -> None:
    members = [call.member for call in cls.calls.values() if call.bus]
    assert len(members) == len(set(members))
    for prop in cls.properties.values():
        assert property_signature(cls, prop)
        assert prop.of_reference or prop.getter in cls.calls
        assert prop.writable is None or prop.writable in cls.calls
