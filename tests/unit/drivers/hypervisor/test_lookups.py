# SPDX-License-Identifier: LGPL-2.1-or-later
"""Paths lead back to what they were made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtbus.bus.refs import DeviceRef, DomainRef, NetworkRef, PortRef, SnapshotRef, VolumeRef
from virtbus.drivers.hypervisor import embed
from virtbus.drivers.hypervisor.lookups import Place, missing, place

UUID = bytes(range(16))


@pytest.mark.parametrize(
    ("ref", "where"),
    [
        (DomainRef("x", UUID, 3), Place("Domain", (UUID,))),
        (SnapshotRef("ä/b", DomainRef("x", UUID, 3)), Place("DomainSnapshot", (UUID, "ä/b"))),
        (PortRef(NetworkRef("n", UUID), UUID[::-1]), Place("NetworkPort", (UUID, UUID[::-1]))),
        (VolumeRef("p q", "v.img", "/p/v.img"), Place("StorageVol", ("p q", "v.img"))),
        (DeviceRef("pci_0000"), Place("NodeDevice", ("pci_0000",))),
    ],
)
def test_path_leads_back(ref: DomainRef, where: Place) -> None:
    assert place(ref.path()) == where


@pytest.mark.parametrize(
    "path",
    [
        "/", "/org/libvirt", "/org/libvirt/hypervisor1", "/org/libvirt/hypervisor1/domain",
        "/org/libvirt/hypervisor1/domain/12", "/org/libvirt/hypervisor1/domain/" + "z" * 32,
        "/org/libvirt/hypervisor1/domain/" + UUID.hex() + "/other/x", "/com/libvirt/hypervisor1/domain/" + UUID.hex(),
        "/org/libvirt/storage1/volume/only", "/org/libvirt/nodedev1/device/a_zz",
    ],
)  # fmt: skip
def test_other_paths_name_nothing(path: str) -> None:
    assert place(path) is None


def test_missing_is_said_in_libvirts_words() -> None:
    text = "Storage volume not found: no storage vol with matching name 'v'"
    assert missing(VolumeRef("p", "v", "k").path()).message == text
    assert "no node device with matching name 'd'" in missing(DeviceRef("d").path()).message


def test_root_of_links(tmp_path: Path) -> None:
    places = {name: str(tmp_path / "standard" / name) for name in embed.PLACES}
    root = tmp_path / "root"
    embed.make_root(root, places)
    (root / "etc").unlink()
    (root / "etc").symlink_to("/elsewhere")
    embed.make_root(root, places)
    assert {link.name: str(link.readlink()) for link in root.iterdir()} == places
    assert embed.uri_of("qemu", Path("/a b")) == "qemu:///embed?root=/a+b"
