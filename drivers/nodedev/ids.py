# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names of PCI and USB vendors and products, from the lists that hwdata ships (pci.ids, usb.ids)."""

from __future__ import annotations

from virtbus.drivers.common.engine.sysfs import Sysfs

PLACES = ("/usr/share/misc", "/usr/share/hwdata")


class Names:
    """One list; it is read once, when it is first asked."""

    def __init__(self, sysfs: Sysfs, file: str) -> None:
        self._sysfs, self._file = sysfs, file
        self._known: dict[str, str] | None = None

    def vendor(self, vendor: int) -> str:
        """Give a vendor's name, "" if the list has none."""
        return self._list().get(f"{vendor:04x}", "")

    def product(self, vendor: int, product: int) -> str:
        """Give a product's name, "" if the list has none."""
        return self._list().get(f"{vendor:04x}:{product:04x}", "")

    def _list(self) -> dict[str, str]:
        if self._known is None:
            texts = (self._sysfs.read(f"{place}/{self._file}") for place in PLACES)
            self._known = parse(next((text for text in texts if text), ""))
        return self._known


def parse(text: str) -> dict[str, str]:
    """Give the names of a list by "vendor" and "vendor:product" in four hex digits each."""
    found: dict[str, str] = {}
    vendor = ""
    for line in text.splitlines():
        key, _, name = line.strip().partition("  ")
        if len(key) != 4 or line.startswith(("#", "\t\t", "C ")):
            continue
        if not line.startswith("\t"):
            vendor = found[key] = key
            found[key] = name
        elif vendor:
            found[f"{vendor}:{key}"] = name
    return found
