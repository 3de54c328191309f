# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start virtstoraged."""

from virtbus.drivers.common.start import main
from virtbus.drivers.storage.driver import StorageDriver

if __name__ == "__main__":
    main("storage", StorageDriver)
