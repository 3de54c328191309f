# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start virtnetworkd."""

from virtbus.drivers.common.start import main
from virtbus.drivers.network.driver import NetworkDriver

if __name__ == "__main__":
    main("network", NetworkDriver)
