# SPDX-License-Identifier: LGPL-2.1-or-later
"""Network filters: rules for guests' interfaces, put in force by nftables."""
