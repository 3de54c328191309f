# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command lines of qemu-img, as libvirt's 9.0 would run them."""

from __future__ import annotations

import pytest

from virtbus.bus.errors import ConfigUnsupported
from virtbus.drivers.storage.formats import BY_NAME
from virtbus.drivers.storage.model import VolumeModel
from virtbus.drivers.storage.qemu_img import Wish, check_options, convert, create, resize
from virtbus.drivers.storage.volume_xml import read_volume


def model(target: str, *, more: str = "", capacity: str = "<capacity unit='MiB'>16</capacity>") -> VolumeModel:
    text = f"<volume><name>v</name>{capacity}{more}<target>{target}</target></volume>"
    return read_volume(text, BY_NAME["dir"])


def words(argv: list[str]) -> str:
    assert argv[0] == "/usr/bin/qemu-img"
    return " ".join(argv[1:])


QCOW2 = "<format type='qcow2'/>"
BACKING = "<backingStore><path>/b</path><format type='qcow2'/></backingStore>"
FULL = (
    f"{QCOW2}<compat>1.1</compat><features><lazy_refcounts/><extended_l2/></features>"
    "<clusterSize unit='KiB'>128</clusterSize><nocow/>"
)
FULL_WORDS = "nocow=on,compat=1.1,cluster_size=131072,lazy_refcounts,extended_l2=on"


def test_create() -> None:
    none = Wish()
    assert words(create(model(QCOW2), "/v", none)) == "create -f qcow2 -o compat=0.10 /v 16384K"
    assert words(create(model("<format type='vmdk'/>"), "/v", none)) == "create -f vmdk /v 16384K"
    assert words(create(model("<format type='iso'/>"), "/v", none)) == "create -f raw /v 16384K"
    assert words(create(model(FULL), "/v", none)) == f"create -f qcow2 -o {FULL_WORDS} /v 16384K"
    small = model(QCOW2, capacity="<capacity>100</capacity>")
    assert words(create(small, "/v", none)) == "create -f qcow2 -o compat=0.10 /v 1K"


def test_create_over_a_backing_file() -> None:
    assert words(create(model(QCOW2, more=BACKING), "/v", Wish())) == (
        "create -f qcow2 -b /b -o backing_fmt=qcow2,compat=0.10 /v 16384K"
    )
    assert words(create(model(QCOW2, more=BACKING, capacity=""), "/v", Wish())) == (
        "create -f qcow2 -b /b -o backing_fmt=qcow2,compat=0.10 /v"
    )


def test_preallocation_depends_on_the_allocation() -> None:
    wish = Wish(metadata=True)
    assert words(create(model(QCOW2), "/v", wish)) == ("create -f qcow2 -o preallocation=falloc,compat=0.10 /v 16384K")
    partly = model(QCOW2, more="<allocation>5</allocation>")
    assert words(create(partly, "/v", wish)) == "create -f qcow2 -o preallocation=metadata,compat=0.10 /v 16384K"


def test_convert_and_resize() -> None:
    source = model("<format type='qed'/>")
    assert words(convert(source, "/s", model("<format type='raw'/>"), "/v", Wish())) == "convert -f qed -O raw /s /v"
    assert words(convert(source, "/s", model(QCOW2), "/v", Wish())) == ("convert -f qed -O qcow2 -o compat=0.10 /s /v")
    assert words(resize("/v", 7, shrink=False)) == "resize /v 7"
    assert words(resize("/v", 7, shrink=True)) == "resize --shrink /v 7"


def test_options_that_the_format_cannot_have() -> None:
    with pytest.raises(ConfigUnsupported, match=r"lazy_refcounts not supported with compat level 0.10"):
        check_options(model(f"{QCOW2}<compat>0.10</compat><features><lazy_refcounts/></features>"))
    with pytest.raises(ConfigUnsupported, match="compatibility option only available with qcow2"):
        check_options(model("<format type='vmdk'/><compat>1.1</compat>"))


def test_names_like_options_stay_behind_a_path() -> None:
    assert create(model(QCOW2), "/pool/-rf", Wish())[-2] == "/pool/-rf"
