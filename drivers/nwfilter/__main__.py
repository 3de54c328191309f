# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start virtnwfilterd."""

from virtbus.drivers.common.start import main
from virtbus.drivers.nwfilter.driver import NWFilterDriver

if __name__ == "__main__":
    main("nwfilter", NWFilterDriver)
