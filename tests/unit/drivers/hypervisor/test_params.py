# SPDX-License-Identifier: LGPL-2.1-or-later
"""Typed parameters survive the way through C memory, types and all."""

from __future__ import annotations

import ctypes

from hypothesis import given
from hypothesis import strategies as st

from virtbus.bus.types import LLong, ParamValue, UInt, ULLong
from virtbus.drivers.hypervisor import params

VALUES: st.SearchStrategy[ParamValue] = st.one_of(
    st.integers(-(2**31), 2**31 - 1),
    st.integers(0, 2**32 - 1).map(UInt),
    st.integers(-(2**63), 2**63 - 1).map(LLong),
    st.integers(0, 2**64 - 1).map(ULLong),
    st.floats(allow_nan=False),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_characters="\0")),
)
NAMES = st.text("abc.d0", min_size=1, max_size=79)


@given(st.lists(st.tuples(NAMES, VALUES)))
def test_what_is_written_is_read(pairs: list[tuple[str, ParamValue]]) -> None:
    memory = params.Memory(pairs)
    found = params.read(ctypes.addressof(memory.buffer), memory.count)
    assert found == pairs
    assert [type(v) for _, v in found] == [type(v) for _, v in pairs]


def test_nothing_is_nothing() -> None:
    memory = params.Memory({})
    assert memory.count == 0
    assert params.read(None, 5) == []
