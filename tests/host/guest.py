# SPDX-License-Identifier: LGPL-2.1-or-later
"""Make the main job's guest: Debian's cloud kernel and an initial file system of busybox."""

from __future__ import annotations

import gzip
import lzma
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.host.packages import FETCHED
from tests.host.paths import CACHE, HostError

FILES = CACHE / "guest"
MODULES = ("virtio_pci", "virtio_net", "virtio_blk", "virtio_console", "evdev", "button")
INIT = Path(__file__).with_name("guest-init.sh")


class Entry(NamedTuple):
    """One file of the initial file system."""

    name: str
    mode: int
    data: bytes = b""


def newc(entries: list[Entry]) -> bytes:
    """Give a cpio archive in the form that the kernel unpacks ("newc")."""
    out = bytearray()
    for number, entry in enumerate([*entries, Entry("TRAILER!!!", 0)], 1):
        name = entry.name.encode() + b"\0"
        fields = (number, entry.mode, 0, 0, 1, 0, len(entry.data), 0, 0, 0, 0, len(name), 0)
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + name
        out += bytes(-len(out) % 4) + entry.data
        out += bytes(-len(out) % 4)
    return bytes(out)


def module_data(path: Path) -> bytes:
    """Give a kernel module unpacked, whichever way it is stored."""
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def with_needed(names: tuple[str, ...], modules: dict[str, Path]) -> Iterator[tuple[str, bytes]]:
    """Give the modules and those that they need, in the order of loading; built-in ones are left out."""
    done: set[str] = set()

    def walk(name: str) -> Iterator[tuple[str, bytes]]:
        if name in done or name not in modules:
            return
        done.add(name)
        data = module_data(modules[name])
        found = re.search(rb"\0depends=([^\0]*)\0", b"\0" + data)
        for need in found[1].decode().split(",") if found else []:
            yield from walk(need.replace("-", "_"))
        yield name, data

    for name in names:
        yield from walk(name)


def initramfs(busybox: bytes, init: bytes, modules: list[tuple[str, bytes]]) -> bytes:
    """Give the guest's packed initial file system."""
    folder, program, plain = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o755, stat.S_IFREG | 0o644
    entries = [Entry(name, folder) for name in ("bin", "dev", "etc", "modules", "proc", "run", "sys", "tmp")]
    entries += [Entry("bin/busybox", program, busybox), Entry("init", program, init)]
    entries += [Entry(f"modules/{at:02}-{name}.ko", plain, data) for at, (name, data) in enumerate(modules)]
    return gzip.compress(newc(entries), 1)


def kernel_package() -> str:
    """Give the package that holds the newest cloud kernel."""
    command = ["apt-cache", "depends", "linux-image-cloud-amd64"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"Depends: (linux-image-\S+-cloud-amd64)", answer.stdout)
    if not found:
        raise HostError("linux-image-cloud-amd64 is not in the package lists: run 'apt-get update'")
    return found[1]


def unpack(package: str, folder: Path) -> None:
    """Fetch a Debian package and unpack it into a folder."""
    get = ["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", package]
    with tempfile.TemporaryDirectory() as place:
        if subprocess.run(get, cwd=place, check=False, stdout=subprocess.DEVNULL).returncode:
            raise HostError(f"the package {package} cannot be fetched: is 'apt-get download {package}' possible?")
        for file in Path(place).glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(file), str(folder)], check=True)


def fetch() -> None:
    """Fetch and unpack the guest's kernel and busybox, unless they are there."""
    if (FILES / "complete").exists():
        return
    if subprocess.run(["apt-cache", "show", "busybox-static"], capture_output=True, check=False).returncode:
        subprocess.run(["apt-get", "-q", "update"], stdout=subprocess.DEVNULL, check=False)
    shutil.rmtree(FILES, ignore_errors=True)
    FILES.mkdir(parents=True)
    print("fetching the guest: " + ", ".join(FETCHED), flush=True)
    for package in (kernel_package(), "busybox-static"):
        unpack(package, FILES / "unpacked")
    shutil.copy(next((FILES / "unpacked/boot").glob("vmlinuz-*")), FILES / "vmlinuz")
    shutil.copy(next((FILES / "unpacked").glob("**/bin/busybox")), FILES / "busybox")
    (FILES / "complete").touch()


def build(folder: Path) -> None:
    """Write `vmlinuz` and `initramfs` of the guest into a folder."""
    found = (FILES / "unpacked").glob("**/modules/**/*.ko*")
    modules = {path.name.split(".")[0].replace("-", "_"): path for path in found}
    loaded = list(with_needed(MODULES, modules))
    (folder / "initramfs").write_bytes(initramfs((FILES / "busybox").read_bytes(), INIT.read_bytes(), loaded))
    shutil.copy(FILES / "vmlinuz", folder / "vmlinuz")
