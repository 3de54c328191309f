# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lists of references: the remembered form is the plain one, byte for byte."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtbus.bus.refs import DomainRef, SnapshotRef, VolumeRef
from virtbus.bus.types import Listing, Record
from virtbus.bus.wire import codec, kinds, reflists
from virtbus.bus.wire.codec import Malformed

NAMES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1, max_size=12)
GUESTS = st.builds(DomainRef, NAMES, st.binary(min_size=16, max_size=16), st.integers(-1, 100))
VOLUMES = st.builds(VolumeRef, NAMES, NAMES, NAMES)
GUEST = kinds.of_kind(Record(DomainRef))
REMEMBERING = kinds.of_kind(Listing(Record(DomainRef), 100))


@given(refs=st.lists(GUESTS, max_size=5), before=st.integers(0, 9))
def test_guests_are_written_and_read_as_one_by_one(refs: list[DomainRef], before: int) -> None:
    plain, remembered = bytearray(b"x" * before), bytearray(b"x" * before)
    codec.array(GUEST).encode(plain, refs * 2)
    REMEMBERING.encode(remembered, refs * 2)
    assert remembered == plain
    assert REMEMBERING.decode(bytes(plain), before) == (refs * 2, len(plain))


@given(refs=st.lists(VOLUMES, max_size=4))
def test_volumes_too(refs: list[VolumeRef]) -> None:
    listing = kinds.of_kind(Listing(Record(VolumeRef), 100))
    out = bytearray()
    listing.encode(out, refs)
    assert listing.decode(bytes(out), 0) == (refs, len(out))


@given(data=st.binary(max_size=200))
def test_any_bytes_give_a_list_or_a_refusal(data: bytes) -> None:
    with contextlib.suppress(Malformed, ValueError, IndexError, struct.error):
        REMEMBERING.decode(data, 0)


def test_a_list_over_its_bound_is_refused() -> None:
    out = bytearray()
    codec.array(GUEST).encode(out, [DomainRef("a", b"\0" * 16, -1)] * 101)
    with pytest.raises(Malformed):
        REMEMBERING.decode(bytes(out), 0)


def test_references_within_references_are_left_to_the_plain_codec() -> None:
    assert not reflists.suits(Record(SnapshotRef), "<")
    assert reflists.suits(Record(DomainRef), "<")
