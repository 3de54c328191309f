# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turn fresh namespaces into a host: a root folder of its own, then the services.

The root folder is an overlay of the machine's: everything can be read, what is written stays in memory and goes with
the host. Only the checkout is the machine's own.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import uuid
from pathlib import Path

from tests.host import groups, libvirt_files, services
from tests.host.paths import CACHE, ROOT, HostError, Place
from tests.host.system import MS_NODEV, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC, bind, mount, mounts, pivot_root

HIDDEN_DEVICES = ("kvm",)
"""Devices that the host has not: /dev/kvm may exist and yet hang every guest; all hosts emulate, so all are alike."""


def private_root(place: Place) -> Path:
    """Give the folder that becomes the root: an overlay of the machine's root folder."""
    mount("", "/", flags=MS_REC | MS_PRIVATE)
    mount("tmpfs", place.root, "tmpfs", options="mode=755")
    for name in ("up", "work", "new", "dev-up", "dev-work"):
        (place.root / name).mkdir(mode=0o755)
    os.chdir(place.root)  # relative names need no escapes in the options
    mount("overlay", "new", "overlay", options="lowerdir=/,upperdir=up,workdir=work")
    return place.root / "new"


def real_mounts() -> list[str]:
    """Give the mount points of the machine's other file systems on disk (/usr or /home, say)."""
    kinds = {line.split()[-1] for line in Path("/proc/filesystems").read_text().splitlines() if "nodev" not in line}
    return [one.where for one in mounts() if one.kind in kinds and one.where != "/"]


def file_systems(root: Path) -> None:
    """Mount what a running system has besides its disk."""
    mount("proc", root / "proc", "proc")
    mount("sysfs", root / "sys", "sysfs")
    groups.mount_inside(root)
    for where in real_mounts():
        if Path(where).is_dir():
            (root / where[1:]).mkdir(parents=True, exist_ok=True)
            bind(where, root / where[1:], MS_RDONLY)
    mount("tmpfs", root / "run", "tmpfs", MS_NOSUID, "mode=755")
    for name in ("tmp", "var/tmp"):
        mount("tmpfs", root / name, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
    mount("tmpfs", root / "var/tmp/twin", "tmpfs", options="mode=755")
    for name in ("lock", "user", "netns", "dbus"):
        (root / "run" / name).mkdir()
    checkout = root / str(ROOT)[1:]
    checkout.mkdir(parents=True, exist_ok=True)
    bind(ROOT, checkout)


def devices(root: Path) -> None:
    """Give the host its own /dev, in which later devices show up too, with its own terminals."""
    mount("overlay", root / "dev", "overlay", options="lowerdir=/dev,upperdir=dev-up,workdir=dev-work")
    mount("devpts", root / "dev/pts", "devpts", MS_NOSUID, "newinstance,ptmxmode=0666,mode=620,gid=5")
    mount("tmpfs", root / "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
    mount("mqueue", root / "dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV)
    (root / "dev/ptmx").unlink(missing_ok=True)
    (root / "dev/ptmx").symlink_to("pts/ptmx")
    for name in HIDDEN_DEVICES:
        (root / "dev" / name).unlink(missing_ok=True)


def identity(root: Path, name: str) -> None:
    """Give the host a name, an address of itself, and an id."""
    socket.sethostname(name)
    (root / "etc/hostname").write_text(f"{name}\n")
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {name}\n::1 ip6-localhost\n")
    number = uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.virtbus.test").hex + "\n"
    for file in (root / "etc/machine-id", root / "var/lib/dbus/machine-id"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(number)


def capabilities_cache(root: Path) -> None:
    """Keep what libvirt has found out about QEMU between hosts: finding out takes seconds."""
    kept, where = CACHE / "capabilities", root / "var/cache/libvirt/qemu/capabilities"
    kept.mkdir(parents=True, exist_ok=True)
    where.mkdir(parents=True, exist_ok=True)
    bind(kept, where)


def become(place: Place, hostname: str) -> None:
    """Leave the machine's root folder for the host's own."""
    root = private_root(place)
    file_systems(root)
    devices(root)
    libvirt_files.lay(root)
    capabilities_cache(root)
    identity(root, hostname)
    pivot_root(root)
    os.chdir(ROOT)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def main() -> int:
    """Boot the host; tell the one who waits at the descriptor when everything answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--hostname", required=True)
    parser.add_argument("--daemons", choices=sorted(services.DAEMONS), required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--ready-fd", type=int, required=True)
    args = parser.parse_args()
    os.umask(0o022)
    try:
        become(Place(args.name), args.hostname)
        services.start(args.daemons, args.only)
    except HostError as error:
        print(error, file=sys.stderr)
        return 1
    os.write(args.ready_fd, b"up\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
