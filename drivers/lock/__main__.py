# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start virtlockd."""

from virtbus.drivers.common.start import main
from virtbus.drivers.lock.driver import LockDriver

if __name__ == "__main__":
    main("lock", LockDriver)
