# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices of the host, as sysfs and udev show them."""
