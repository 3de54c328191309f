# SPDX-License-Identifier: LGPL-2.1-or-later
"""Secrets: documents, values, who sees them, and what is on disk."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.drivers.secret.house import UUID, House
from virtbus.bus.caller import Caller, acting
from virtbus.bus.errors import InternalError, InvalidSecret, LibvirtError, NoSecret
from virtbus.drivers.secret.model import read_secret, secret_text

CEPH = "<usage type='ceph'><name>who</name></usage>"
ROOT = Caller(uid=0, transport="unix")

REFUSED = {
    "<secret><usage/></secret>": "XML error: unknown secret usage type",
    "<secret><usage type='x'/></secret>": "unsupported configuration: unknown secret usage type x",
    "<secret><usage type='ceph'/></secret>": "internal error: Ceph usage specified, but name is missing",
    "<secret><usage type='volume'/></secret>": "internal error: volume usage specified, but volume path is missing",
    "<secret><usage type='iscsi'/></secret>": "internal error: iSCSI usage specified, but target is missing",
    "<secret><usage type='tls'/></secret>": "internal error: TLS usage specified, but name is missing",
    "<secret><usage type='vtpm'/></secret>": "internal error: vTPM usage specified, but name is missing",
    "<secret><uuid>1-2-3</uuid></secret>": "internal error: malformed uuid element",
    "<secret ephemeral='maybe'/>": "XML error: invalid value of 'ephemeral'",
    "<domain/>": "XML error: expecting root element of 'secret', not 'domain'",
}


@pytest.mark.parametrize("text", REFUSED)
def test_refusals_are_those_of_libvirt(text: str) -> None:
    with pytest.raises(LibvirtError) as caught:
        read_secret(text)
    assert caught.value.message == REFUSED[text]


def test_document_is_written_as_libvirt_does() -> None:
    text = (
        "<secret ephemeral='no' private='yes'>\n"
        f"  <uuid>{UUID}1</uuid>\n"
        "  <description>a &lt; b &amp; &apos;c&apos;</description>\n"
        "  <usage type='volume'>\n"
        "    <volume>/v</volume>\n"
        "  </usage>\n"
        "</secret>\n"
    )
    assert secret_text(read_secret(text)) == text


async def test_life(house: House) -> None:
    secret = await house.define(1, CEPH)
    with pytest.raises(NoSecret, match=f"secret '{UUID}1' does not have a value"):
        await secret.get_value(0)
    await secret.set_value(b"\0\1binary\xff", 0)
    assert await secret.get_value(0) == b"\0\1binary\xff"
    assert await house.manager.secret_lookup_by_usage(2, "who") == secret.ref
    await house.define(1, f"<description>d</description>{CEPH}")
    assert "<description>d</description>" in await secret.get_xml_desc(0)
    await secret.undefine()
    assert house.files() == set()
    assert house.driver.find(secret.ref.path()) is None
    assert house.driver.missing(secret.ref.path()).message.endswith(f"no secret with matching uuid '{UUID}1'")
    assert house.events == [
        ("added",), ("lifecycle", 0), ("value_changed",), ("lifecycle", 0), ("removed",), ("lifecycle", 1),
    ]  # fmt: skip


async def test_files_are_for_root_alone(house: House) -> None:
    old = os.umask(0)
    try:
        secret = await house.define()
        await secret.set_value(b"abc", 0)
    finally:
        os.umask(old)
    assert stat.S_IMODE(house.folder.stat().st_mode) == 0o700
    assert house.files() == {"1.xml", "1.base64"}
    for path in house.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (house.folder / f"{UUID}1.base64").read_text() == "YWJj"


async def test_secrets_survive_a_restart(house: House, tmp_path: Path) -> None:
    await (await house.define(1, CEPH)).set_value(b"abc", 0)
    await (await house.define(2, attributes="ephemeral='yes'")).set_value(b"gone", 0)
    (house.folder / "broken.xml").write_text("<secret")
    (house.folder / f"{UUID}3.xml").write_text(f"<secret><uuid>{UUID}4</uuid></secret>")
    again = House(tmp_path)
    await again.driver.start(again)
    assert await again.manager.list_secrets() == [f"{UUID}1"]
    assert await again.driver.secrets[bytes.fromhex(f"{UUID}1".replace("-", ""))].get_value(0) == b"abc"


async def test_private_value_is_not_told(house: House) -> None:
    secret = await house.define(attributes="private='yes'")
    await secret.set_value(b"abc", 0)
    with acting(ROOT), pytest.raises(InvalidSecret, match="secret is private"):
        await secret.get_value(0)
    house.trusted.add(ROOT)
    with acting(ROOT):
        assert await secret.get_value(0) == b"abc"
    with pytest.raises(InternalError, match="cannot change private flag on existing secret"):
        await house.define()


async def test_values_show_nowhere_else(house: House) -> None:
    secret = await house.define()
    await secret.set_value(b"topsecret", 0)
    assert "topsecret" not in f"{secret!r}{secret.ref!r}{secret.model!r}{house.events!r}"


async def test_conflicts(house: House) -> None:
    await house.define(1, CEPH)
    with pytest.raises(InternalError, match=f"a secret with UUID {UUID}1 already defined for use with who"):
        await house.define(2, CEPH)
    with pytest.raises(InternalError, match=f"a secret with UUID {UUID}1 is already defined for use with who"):
        await house.define(1, CEPH.replace("who", "other"))
    await house.define(2)
    with pytest.raises(InternalError, match=r"is already defined for use with \(null\)"):
        await house.define(2, CEPH.replace("who", "other"))


async def test_ephemeral_secret_loses_its_stored_value_and_gains_it_again(house: House) -> None:
    secret = await house.define()
    await secret.set_value(b"abc", 0)
    await house.define(attributes="ephemeral='yes'")
    assert "1.base64" not in house.files()
    assert await secret.get_value(0) == b"abc"
    await house.define()
    assert "1.base64" in house.files()


async def test_lists_are_filtered(house: House) -> None:
    await house.define(1)
    await house.define(2, attributes="ephemeral='yes'")
    await house.define(3, attributes="private='yes'")
    expected = {0: "123", 1: "2", 2: "13", 4: "3", 8: "12", 6: "3", 15: "123"}
    for flags, numbers in expected.items():
        found = sorted(r.uuid.hex()[-1] for r in await house.manager.list_all_secrets(flags))
        assert "".join(found) == numbers, flags
    with pytest.raises(LibvirtError, match="in function secretConnectListAllSecrets"):
        await house.manager.list_all_secrets(0x100)


async def test_empty_value_is_refused(house: House) -> None:
    secret = await house.define()
    with pytest.raises(LibvirtError) as caught:
        await secret.set_value(b"", 0)
    assert caught.value.message == "value in virSecretSetValue must not be NULL"


def test_process_leaves_no_core_dump() -> None:
    code = (
        "import ctypes, resource\n"
        "from virtbus.drivers.common.engine.memory import keep_private\n"
        "keep_private()\n"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE)[0])"
    )
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(root / "build/tree")}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["0", "0"]
