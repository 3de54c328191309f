# SPDX-License-Identifier: LGPL-2.1-or-later
"""Virtual networks: bridges with dnsmasq and rules of their own, and the ports of guests."""
