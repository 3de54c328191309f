# SPDX-License-Identifier: LGPL-2.1-or-later
"""Volume documents: what is read, what is written, what is refused."""

from __future__ import annotations

import pytest

from virtbus.bus.errors import LibvirtError
from virtbus.drivers.storage.formats import BY_NAME
from virtbus.drivers.storage.model import Backing, Permissions, Times, VolumeModel
from virtbus.drivers.storage.volume_xml import read_volume, volume_text

DIR = BY_NAME["dir"]


def volume(more: str = "", *, name: str = "v", capacity: str = "<capacity>1</capacity>", attributes: str = "") -> str:
    return f"<volume{attributes}><name>{name}</name>{capacity}{more}</volume>"


def target(more: str) -> str:
    return volume(f"<target>{more}</target>")


MALFORMED = "XML error: malformed capacity element"
REFUSED = {
    volume(name=""): (27, "XML error: missing volume name element"),
    volume(capacity=""): (27, "XML error: missing capacity element"),
    volume(capacity="<capacity>-1</capacity>"): (27, MALFORMED),
    volume("<allocation>x</allocation>"): (27, MALFORMED),
    volume(capacity="<capacity unit='foo'>1</capacity>"): (8, "invalid argument: unknown suffix 'foo'"),
    volume(capacity="<capacity unit='EiB'>8</capacity>"): (82, "numerical overflow: value too large: 8EiB"),
    volume(attributes=" type='foo'"): (67, "unsupported configuration: unknown volume type 'foo'"),
    target("<format type='quux'/>"): (67, "unsupported configuration: unknown volume format type quux"),
    target("<format type='none'/>"): (67, "unsupported configuration: unknown volume format type none"),
    target("<permissions><mode>888</mode></permissions>"): (27, "XML error: malformed octal mode"),
    target("<permissions><mode>04755</mode></permissions>"): (27, "XML error: malformed octal mode"),
    target("<permissions><owner>-2</owner></permissions>"): (27, "XML error: malformed owner element"),
    target("<permissions><group>root</group></permissions>"): (27, "XML error: malformed group element"),
    target("<compat>abc</compat>"): (27, "XML error: forbidden characters in 'compat' attribute"),
    target("<compat>2.1.1</compat>"): (27, "XML error: forbidden characters in 'compat' attribute"),
    target("<features><foo/></features>"): (67, "unsupported configuration: unsupported feature foo"),
    "<vol/>": (27, "XML error: expecting root element of 'volume', not 'vol'"),
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda t: t[8:70])
def test_refusals_are_those_of_libvirt(text: str) -> None:
    with pytest.raises(LibvirtError) as caught:
        read_volume(text, DIR)
    assert (caught.value.code, caught.value.message) == REFUSED[text]


@pytest.mark.parametrize("name", ["a\nb", "a\tb", "\x7f"])
def test_names_with_control_characters_are_refused(name: str) -> None:
    with pytest.raises(LibvirtError) as caught:
        read_volume(volume(name=name), DIR)
    assert caught.value.code in (27, 35)


def test_sizes_take_units_and_allocation_follows_capacity() -> None:
    model = read_volume(volume(capacity="<capacity unit='KiB'>3</capacity>"), DIR)
    assert (model.capacity, model.allocation, model.allocation_given) == (3072, 3072, False)
    model = read_volume(volume("<allocation unit='b'>7</allocation>"), DIR)
    assert (model.allocation, model.allocation_given) == (7, True)


def test_backing_volume_needs_no_capacity() -> None:
    text = volume("<backingStore><path>/b</path><format type='qcow2'/></backingStore>", capacity="")
    model = read_volume(text, DIR)
    assert (model.capacity_given, model.backing) == (False, Backing("/b", "qcow2"))


def test_features_imply_the_level_that_has_them() -> None:
    model = read_volume(target("<format type='qcow2'/><features><lazy_refcounts/></features>"), DIR)
    assert (model.compat, model.features) == ("1.1", frozenset({"lazy_refcounts"}))


def test_minus_one_leaves_the_owner() -> None:
    model = read_volume(target("<permissions><owner>-1</owner><group>-1</group></permissions>"), DIR)
    assert model.permissions == Permissions()


def test_document_has_libvirts_order() -> None:
    model = VolumeModel(
        "v", key="/p/v", path="/p/v", format="qcow2", capacity=4, allocation=2, physical=3, compat="1.1",
        permissions=Permissions(0o640, 1, 2), times=Times((1, 5), (2, 0), (3, 999999999)), cluster_size=65536,
        features=frozenset({"extended_l2", "lazy_refcounts"}), backing=Backing("nbd://h/x", "raw"),
    )  # fmt: skip
    assert volume_text(model, DIR) == (
        "<volume type='file'>\n"
        "  <name>v</name>\n"
        "  <key>/p/v</key>\n"
        "  <capacity unit='bytes'>4</capacity>\n"
        "  <allocation unit='bytes'>2</allocation>\n"
        "  <physical unit='bytes'>3</physical>\n"
        "  <target>\n"
        "    <path>/p/v</path>\n"
        "    <format type='qcow2'/>\n"
        "    <permissions>\n"
        "      <mode>0640</mode>\n"
        "      <owner>1</owner>\n"
        "      <group>2</group>\n"
        "    </permissions>\n"
        "    <timestamps>\n"
        "      <atime>1.000000005</atime>\n"
        "      <mtime>2</mtime>\n"
        "      <ctime>3.999999999</ctime>\n"
        "      <btime>0</btime>\n"
        "    </timestamps>\n"
        "    <compat>1.1</compat>\n"
        "    <clusterSize unit='B'>65536</clusterSize>\n"
        "    <features>\n"
        "      <lazy_refcounts/>\n"
        "      <extended_l2/>\n"
        "    </features>\n"
        "  </target>\n"
        "  <backingStore>\n"
        "    <path>nbd://h/x</path>\n"
        "    <format type='raw'/>\n"
        "  </backingStore>\n"
        "</volume>\n"
    )
