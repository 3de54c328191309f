# SPDX-License-Identifier: LGPL-2.1-or-later
"""What rules see of objects, from references and from XML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtbus.bus import refs
from virtbus.policy import details, settings

UUID = bytes(range(16))
TEXT = "00010203-0405-0607-0809-0a0b0c0d0e0f"
DOMAIN = refs.DomainRef("vm", UUID, 1)


@pytest.mark.parametrize(
    ("ref", "kind", "expected"),
    [
        (DOMAIN, "domain", {"domain_name": "vm", "domain_uuid": TEXT}),
        (refs.SnapshotRef("s", DOMAIN), "domain", {"domain_name": "vm", "domain_uuid": TEXT}),
        (refs.PoolRef("p", UUID), "storage_pool", {"pool_name": "p", "pool_uuid": TEXT}),
        (refs.VolumeRef("p", "v", "/k"), "storage_vol", {"pool_name": "p", "vol_name": "v", "vol_key": "/k"}),
        (refs.SecretRef(UUID, 2, "c"), "secret", {"secret_uuid": TEXT, "secret_usage_ceph": "c"}),
        (refs.SecretRef(UUID, 0, ""), "secret", {"secret_uuid": TEXT}),
        (refs.InterfaceRef("e", "02:"), "interface", {"interface_name": "e", "interface_macaddr": "02:"}),
        (refs.DeviceRef("d"), "node_device", {"node_device_name": "d"}),
        (None, "connect", {}),
    ],
)
def test_a_reference_has_libvirts_attributes(ref: object, kind: str, expected: dict[str, str]) -> None:
    assert details.permission_object(ref) == kind
    assert details.of_reference(ref) == expected


@pytest.mark.parametrize(
    ("xml", "found"),
    [
        ("<domain><name>a</name><uuid>" + TEXT.upper() + "</uuid></domain>", {"domain_name": "a", "domain_uuid": TEXT}),
        ("<domain><uuid>x</uuid><name>a &amp; b</name></domain>", {"domain_name": "a & b"}),
        ("<domain><name>a</name><oops>", {"domain_name": "a"}),
        ("<domain><name>a", {}),
        ("<domain><devices><name>a</name></devices></domain>", {}),
        ('<!DOCTYPE d [<!ENTITY e "x">]><domain><name>&e;</name></domain>', {}),
        ("", {}),
    ],
)
def test_xml_is_read_as_far_as_needed(xml: str, found: dict[str, str]) -> None:
    assert details.of_xml("domain", xml) == found


def test_names_in_attributes_are_names() -> None:
    assert details.of_xml("nwfilter", "<filter name='f'/>") == {"nwfilter_name": "f"}
    assert details.of_xml("interface", "<interface name='e'/>") == {"interface_name": "e"}


def test_long_xml_is_not_read_to_its_end() -> None:
    assert details.of_xml("domain", "<domain>" + "<a/>" * 300_000 + "<name>late</name></domain>") == {}


@given(st.text(max_size=200))
def test_no_text_breaks_the_look(text: str) -> None:
    details.of_xml("domain", text)
    details.of_xml("domain", "<domain><name>" + text)


@pytest.mark.parametrize(
    ("text", "drivers"),
    [
        ("", ()),
        ('#access_drivers = [ "polkit" ]\n', ()),
        ('access_drivers = [ "polkit" ]\n', ("polkit",)),
        ("  access_drivers=['nop',\n \"polkit\"]", ("nop", "polkit")),
        ('access_drivers = ["polkit"]\naccess_drivers = []\n', ()),
    ],
)
def test_the_switch_is_libvirts(text: str, drivers: tuple[str, ...]) -> None:
    assert settings.parse(text) == drivers
