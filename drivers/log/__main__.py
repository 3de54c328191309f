# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start virtlogd."""

from virtbus.drivers.common.start import main
from virtbus.drivers.log.driver import LogDriver

if __name__ == "__main__":
    main("log", LogDriver)
