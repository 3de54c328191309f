# SPDX-License-Identifier: LGPL-2.1-or-later
"""LUKS volumes: the commands as libvirt's, the value of the secret in no file and no command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.drivers.storage.house import House
from virtbus.bus.errors import LibvirtError, NoSecret
from virtbus.drivers.common.engine.process import Result
from virtbus.drivers.storage.formats import BY_NAME
from virtbus.drivers.storage.model import VolumeModel
from virtbus.drivers.storage.qemu_img import Key, Wish, create, fill, resize_encrypted
from virtbus.drivers.storage.volume_xml import read_volume, volume_text

UUID = "74770000-0000-4000-8000-00000000e001"
BY_UUID = f"<secret type='passphrase' uuid='{UUID}'/>"
PLAIN = f"<encryption format='luks'>{BY_UUID}</encryption>"
FULL = (
    f"<encryption format='luks'>{BY_UUID}<cipher name='aes' size='256' mode='cbc' hash='sha256'/>"
    "<ivgen name='plain64' hash='sha256'/></encryption>"
)
KEY = Key("v_encrypt0", "/s")
OBJECT = "--object secret,id=v_encrypt0,file=/s"


def model(kind: str, encryption: str = PLAIN) -> VolumeModel:
    target = f"<target><format type='{kind}'/>{encryption}</target>"
    return read_volume(f"<volume><name>v</name><capacity>1048576</capacity>{target}</volume>", BY_NAME["dir"])


def words(argv: list[str]) -> str:
    return " ".join(argv[1:])


def test_commands() -> None:
    none = Wish()
    assert words(create(model("qcow2"), "/v", none, KEY)) == (
        f"create -f qcow2 {OBJECT} -o encrypt.format=luks,encrypt.key-secret=v_encrypt0,compat=0.10 /v 1024K"
    )
    assert words(create(model("raw"), "/v", none, KEY)) == f"create -f luks {OBJECT} -o key-secret=v_encrypt0 /v 1024K"
    assert words(create(model("raw", FULL), "/v", none, KEY)) == (
        f"create -f luks {OBJECT} -o key-secret=v_encrypt0,cipher-alg=aes-256,cipher-mode=cbc,hash-alg=sha256,"
        "ivgen-alg=plain64,ivgen-hash-alg=sha256 /v 1024K"
    )
    assert words(resize_encrypted(model("raw"), "/a,b", 7, KEY, shrink=False)) == (
        f"resize {OBJECT} --image-opts driver=luks,key-secret=v_encrypt0,file.filename=/a,,b 7"
    )
    assert words(fill(model("qcow2"), "/a", KEY, model("raw", ""), "/b", None)) == (
        f"convert --image-opts -n --target-image-opts {OBJECT} "
        "driver=qcow2,file.filename=/a,encrypt.key-secret=v_encrypt0 driver=raw,file.filename=/b"
    )


@pytest.mark.parametrize("encryption", [PLAIN, FULL])
def test_document_keeps_the_encryption(encryption: str) -> None:
    volume = model("qcow2", encryption)
    assert read_volume(volume_text(volume, BY_NAME["dir"]), BY_NAME["dir"]).encryption == volume.encryption


class Vault:
    """Secrets of which one has a value."""

    async def by_uuid(self, uuid: str) -> bytes:
        if uuid != UUID:
            raise NoSecret(f"no secret with matching uuid '{uuid}'")
        return b"topsecret"

    async def by_usage(self, usage: int, user: str) -> bytes:
        raise NoSecret(f"no secret with matching usage '{user}'")


class Watching:
    """A runner that looks at what a program could read."""

    def __init__(self) -> None:
        self.argv: list[str] = []
        self.value = b""

    async def run(self, argv: Sequence[str], *, pass_fds: Sequence[int] = (), **given: object) -> Result:
        self.argv = list(argv)
        secret = next(word for word in argv if word.startswith("secret,"))
        self.value = Path(secret.partition("file=")[2]).read_bytes()
        return Result(0, b"", b"")


async def test_value_passes_through_memory_alone(tmp_path: Path) -> None:
    runner = Watching()
    house = House(tmp_path, runner)
    house.driver.secrets = Vault()
    await house.driver.start(house.told)
    await house.volume(await house.running(), "v", f"<target><format type='qcow2'/>{PLAIN}</target>")
    assert runner.value == b"topsecret"
    assert "topsecret" not in " ".join(runner.argv)
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and b"topsecret" in p.read_bytes()]


ONE_SECRET = "invalid argument: A single <secret type='passphrase'...> element is expected in encryption description"
REFUSED = {
    ("vmdk", PLAIN): "unsupported configuration: volume encryption unsupported with format vmdk",
    ("raw", PLAIN.replace("'luks'", "'luks2'")): "internal error: Only luks encryption is supported for raw files",
    ("qcow2", PLAIN.replace("'luks'", "'qcow'")): (
        "unsupported configuration: creation of qcow2 encrypted image is not supported"
    ),
    ("qcow2", "<encryption format='qcow'/>"): ONE_SECRET,
    ("qcow2", "<encryption format='luks'/>"): ONE_SECRET,
    ("raw", "<encryption format='luks'/>"): ONE_SECRET,
    ("raw", PLAIN.replace("e001", "e0ff")): (
        "Secret not found: no secret with matching uuid '74770000-0000-4000-8000-00000000e0ff'"
    ),
    ("raw", PLAIN.replace(f"uuid='{UUID}'", "usage='/x'")): "Secret not found: no secret with matching usage '/x'",
}


@pytest.mark.parametrize("given", REFUSED, ids=str)
async def test_refusals_are_those_of_libvirt_and_leave_nothing(house: House, given: tuple[str, str]) -> None:
    house.driver.secrets = Vault()
    pool = await house.running()
    with pytest.raises(LibvirtError) as caught:
        await house.volume(pool, "v", f"<target><format type='{given[0]}'/>{given[1]}</target>")
    assert caught.value.message == REFUSED[given]
    assert not list((house.folder / "p").iterdir())
