# SPDX-License-Identifier: LGPL-2.1-or-later
"""Documents on disk: the same for the real file system and the simulated one."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtbus.bus.errors import SystemCallError
from virtbus.drivers.common.engine.files import Files, Filesystem
from virtbus.drivers.common.fake.files import Files as FakeFiles
from virtbus.drivers.common.state import Places, Store
from virtbus.drivers.common.xml.parse import parse


@pytest.fixture(params=[Files, FakeFiles])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    files: Filesystem = request.param()
    return Store(files, Places(f"{tmp_path}/etc", f"{tmp_path}/etc/autostart", f"{tmp_path}/run"), "virsh net-edit")


async def test_documents_come_back(store: Store) -> None:
    await store.save("b--x", "<n/>\n")
    await store.save("a", "<n/>\n")
    await store.save_status("a", "<s/>\n")
    assert [d.name for d in store.load()] == ["a", "b--x"]
    assert [parse(d.text, "n").tag for d in store.load()] == ["n", "n"]
    assert [d.name for d in store.load_status()] == ["a"]
    await store.delete_status("a")
    await store.delete("a")
    await store.delete("a")
    assert [d.name for d in store.load()] == ["b--x"]
    assert store.load_status() == []


async def test_autostart_is_a_link(store: Store) -> None:
    await store.save("a", "<n/>\n")
    assert not store.autostarts("a")
    await store.set_autostart("a", True)
    await store.set_autostart("a", True)
    assert store.autostarts("a")
    await store.set_autostart("a", False)
    assert not store.autostarts("a")
    await store.set_autostart("a", True)
    await store.delete("a")
    assert not store.autostarts("a")


def test_a_failed_write_leaves_the_old_file_and_says_why(tmp_path: Path) -> None:
    files = Files()
    files.write(f"{tmp_path}/x", "old")
    with pytest.raises(SystemCallError, match=r"Failed to create file '/.*/no/x': No such file or directory"):
        files.write(f"{tmp_path}/no/x", "new")
    name = "n" * 300
    with pytest.raises(SystemCallError, match="File name too long"):
        files.write(f"{tmp_path}/{name}", "new")
    assert files.names(str(tmp_path)) == ["x"]
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600
