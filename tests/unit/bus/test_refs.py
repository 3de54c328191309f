# SPDX-License-Identifier: LGPL-2.1-or-later
"""Object paths are pure functions of references, and names survive them."""

import re

from hypothesis import given
from hypothesis import strategies as st

from virtbus.bus import refs
from virtbus.bus.types import Reference

PATH = re.compile(r"(/[A-Za-z0-9_]+)+\Z")
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(NAMES)
def test_a_name_comes_back_from_its_path(name: str) -> None:
    element = refs.escape(name)
    assert re.fullmatch(r"[A-Za-z0-9_]+", element)
    assert refs.unescape(element) == name


@given(NAMES, NAMES)
def test_different_names_have_different_paths(one: str, other: str) -> None:
    assert (refs.escape(one) == refs.escape(other)) == (one == other)


@given(NAMES, st.binary(min_size=16, max_size=16))
def test_every_reference_has_a_valid_path(name: str, uuid: bytes) -> None:
    domain, network = refs.DomainRef(name, uuid, -1), refs.NetworkRef(name, uuid)
    found: list[Reference] = [
        domain, network, refs.SnapshotRef(name, domain), refs.CheckpointRef(name, domain), refs.PortRef(network, uuid),
        refs.PoolRef(name, uuid), refs.VolumeRef(name, name, name), refs.FilterRef(name, uuid),
        refs.BindingRef(name, name), refs.DeviceRef(name), refs.SecretRef(uuid, 0, name), refs.InterfaceRef(name, ""),
    ]  # fmt: skip
    for ref in found:
        assert PATH.match(ref.path()), ref


def test_a_path_stays_when_only_the_id_changes() -> None:
    domain = refs.DomainRef("vm", b"\1" * 16, -1)
    assert domain.path() == domain._replace(id=4).path()
