# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start virtnodedevd."""

from virtbus.drivers.common.start import main
from virtbus.drivers.nodedev.driver import NodeDeviceDriver

if __name__ == "__main__":
    main("nodedev", NodeDeviceDriver)
