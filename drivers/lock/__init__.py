# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lock daemon: it holds locks on disks and leases for as long as the guests that asked for them live."""
