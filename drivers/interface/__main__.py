# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start virtinterfaced."""

from virtbus.drivers.common.start import main
from virtbus.drivers.interface.driver import InterfaceDriver

if __name__ == "__main__":
    main("interface", InterfaceDriver)
