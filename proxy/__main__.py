# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start the proxy."""

import sys

from virtbus.proxy.app import main

if __name__ == "__main__":
    sys.exit(main())
