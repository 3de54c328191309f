# SPDX-License-Identifier: LGPL-2.1-or-later
"""Network links of the host as interfaces: looked at, not configured."""
