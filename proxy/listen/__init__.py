# SPDX-License-Identifier: LGPL-2.1-or-later
"""The sockets that clients connect to."""
