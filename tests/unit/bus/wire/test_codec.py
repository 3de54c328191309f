# SPDX-License-Identifier: LGPL-2.1-or-later
"""The D-Bus codec against dbus-next's, which was written by others from the same specification."""

from __future__ import annotations

import contextlib
import struct
from typing import Any

import pytest
from dbus_next import Variant as TheirVariant
from dbus_next._private.marshaller import Marshaller
from dbus_next.signature import SignatureTree
from hypothesis import given
from hypothesis import strategies as st

from virtbus.bus.wire.codec import Malformed, Variant, for_signature, for_single

TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=20)
LEAVES: dict[str, st.SearchStrategy[Any]] = {
    "y": st.integers(0, 255), "b": st.booleans(), "n": st.integers(-(2**15), 2**15 - 1), "q": st.integers(0, 2**16 - 1),
    "i": st.integers(-(2**31), 2**31 - 1), "u": st.integers(0, 2**32 - 1), "x": st.integers(-(2**63), 2**63 - 1),
    "t": st.integers(0, 2**64 - 1), "d": st.floats(allow_nan=False), "s": TEXT,
    "o": st.sampled_from(["/", "/a", "/org/libvirt/network1"]), "g": st.sampled_from(["", "s", "a{sv}", "(ii)"]),
}  # fmt: skip


def values_of(signature: str) -> st.SearchStrategy[Any]:
    """Give values of one complete type."""
    if signature in LEAVES:
        return LEAVES[signature]
    if signature == "ay":
        return st.binary(max_size=20)
    if signature == "v":
        return st.sampled_from("iusx").flatmap(lambda s: LEAVES[s].map(lambda v: Variant(s, v)))
    if signature.startswith("a{"):
        key, value = signature[2], signature[3:-1]
        return st.dictionaries(LEAVES[key], values_of(value), max_size=4)
    if signature.startswith("a"):
        return st.lists(values_of(signature[1:]), max_size=4)
    return st.tuples(*(values_of(s.signature) for s in SignatureTree._get(signature).types[0].children))


def theirs(signature: str, value: Any) -> Any:
    """Give our value as dbus-next wants it."""
    if isinstance(value, Variant):
        return TheirVariant(value.signature, theirs(value.signature, value.value))
    if isinstance(value, dict):
        return {k: theirs("", v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [theirs("", v) for v in value]
    return value


SIGNATURES = [
    *LEAVES,
    "v",
    "ay",
    "as",
    "ai",
    "a{sv}",
    "a{us}",
    "(si)",
    "a(osayi)",
    "(yxyt)",
    "aas",
    "a(sa{sv})",
    "(i(xs)b)",
]


@pytest.mark.parametrize("signature", SIGNATURES)
@given(data=st.data())
def test_bytes_equal_those_of_another_implementation(signature: str, data: st.DataObject) -> None:
    value = data.draw(values_of(signature))
    ours = bytearray()
    for_signature("y" + signature).encode(ours, (7, value))
    marshaller = Marshaller("y" + signature, [7, theirs(signature, value)])
    assert bytes(ours) == bytes(marshaller.marshall())
    assert for_signature("y" + signature).decode(bytes(ours), 0) == ((7, value), len(ours))


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_are_read(order: str) -> None:
    out = bytearray()
    for_signature("ui(s)as", order).encode(out, (1, -2, ("x",), ["y", "z"]))
    assert for_signature("ui(s)as", order).decode(bytes(out), 0)[0] == (1, -2, ("x",), ["y", "z"])


@given(data=st.binary(max_size=60), signature=st.sampled_from(SIGNATURES))
def test_any_bytes_give_a_value_or_a_clean_refusal(data: bytes, signature: str) -> None:
    with contextlib.suppress(Malformed, ValueError, IndexError, struct.error):
        for_signature(signature).decode(data, 0)


@pytest.mark.parametrize(
    "signature", ["a", "(", "()", "a{", "a{s}", "a{vs}", "a{(s)s}", "z", "(s", "e", "a" * 200 + "y"]
)
def test_a_malformed_signature_is_refused(signature: str) -> None:
    with pytest.raises(Malformed):
        for_signature(signature)


def test_variants_within_variants_end_somewhere() -> None:
    deep = b"\1v\0" * 200 + b"\1y\0\0"
    with pytest.raises(Malformed):
        for_single("v").decode(deep, 0)


@pytest.mark.parametrize(("signature", "value"), [("u", -1), ("y", 256), ("i", 2**31), ("t", -1), ("s", "a\0b")])
def test_a_value_that_does_not_fit_is_refused(signature: str, value: Any) -> None:
    with pytest.raises(Malformed):
        for_signature(signature).encode(bytearray(), (value,))


def test_an_array_longer_than_the_message_is_refused() -> None:
    with pytest.raises(Malformed):
        for_signature("as").decode(b"\xff\xff\xff\x7f", 0)
