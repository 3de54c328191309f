# SPDX-License-Identifier: LGPL-2.1-or-later
"""Make build/tree/virtbus: the import package as links to the four source folders. Argument: the source folder.

Prints the places that may hold compiled Python, which is not to be installed: a line each, relative to its folder.
"""

import sys
from pathlib import Path

FOLDERS = ("bus", "drivers", "policy", "proxy")


def make(source: Path) -> None:
    """Make the links that are missing."""
    tree = source / "build/tree/virtbus"
    tree.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        link = tree / name
        if not link.is_symlink():
            link.symlink_to(f"../../../{name}")


def compiled(folder: Path) -> list[str]:
    """Give where Python may put compiled files below a folder."""
    packages = [path.parent for path in folder.rglob("*.py")]
    return sorted({str(package.relative_to(folder) / "__pycache__") for package in packages})


if __name__ == "__main__":
    root = Path(sys.argv[1])
    make(root)
    print("\n".join(sorted({line for name in FOLDERS for line in compiled(root / name)})))
