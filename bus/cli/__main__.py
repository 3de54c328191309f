# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start the command `virtbus`."""

import sys

from virtbus.bus.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
