# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start virthypervisord."""

from virtbus.drivers.common.start import main
from virtbus.drivers.hypervisor.driver import HypervisorDriver

if __name__ == "__main__":
    main("hypervisor", HypervisorDriver)
