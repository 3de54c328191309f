# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compatibility: real clients, and recordings of what the reference answers."""
