# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lay libvirt's folders as they are right after its packages are installed, whatever the machine has in them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.host.paths import HostError
from tests.host.system import mount

FOLDERS = ("etc/libvirt", "var/lib/libvirt", "var/log/libvirt", "var/cache/libvirt", "var/log/swtpm")
SETTINGS = """
# the private host: both ports, on its own loopback only
listen_tls = 1
listen_tcp = 1
auth_tcp = "none"
auth_tls = "none"
listen_addr = "127.0.0.1"
"""


def packaged() -> list[Path]:
    """Give the files and folders that Debian's packages have put into libvirt's folders."""
    found: set[str] = set()
    for listing in Path("/var/lib/dpkg/info").glob("*.list"):
        if listing.name.startswith(("libvirt", "swtpm")):
            found.update(listing.read_text().splitlines())
    wanted = tuple(f"/{name}" for name in FOLDERS)
    paths = [Path(name) for name in sorted(found) if name.startswith(wanted)]
    if not paths:
        raise HostError("libvirt's packages are not installed: make install")
    return [path for path in paths if path.exists()]


def copy(path: Path, root: Path) -> None:
    """Copy one packaged file or folder, without what the folder holds."""
    target = root / str(path)[1:]
    if path.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copystat(path, target)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    status = path.stat()
    os.chown(target, status.st_uid, status.st_gid)


def lay(root: Path) -> None:
    """Mount fresh folders below the root and fill them."""
    paths = packaged()
    for name in FOLDERS:
        mount("tmpfs", root / name, "tmpfs", options="mode=755")
        if (Path("/") / name).is_dir():
            copy(Path("/") / name, root)
    for path in paths:
        copy(path, root)
    secrets = root / "etc/libvirt/secrets"
    secrets.mkdir(mode=0o700)
    for source in Path("/usr/share/libvirt/nwfilter").glob("*.xml"):
        target = root / "etc/libvirt/nwfilter" / source.name
        shutil.copy(source, target)
        target.chmod(0o600)
    with (root / "etc/libvirt/libvirtd.conf").open("a") as file:
        file.write(SETTINGS)
