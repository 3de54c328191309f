# SPDX-License-Identifier: LGPL-2.1-or-later
"""How the drivers reach the host; `drivers.common.fake` has a simulated twin of each."""
