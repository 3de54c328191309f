# SPDX-License-Identifier: LGPL-2.1-or-later
"""Benchmarks: virtbus and Debian's libvirtd side by side."""
