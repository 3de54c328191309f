# SPDX-License-Identifier: LGPL-2.1-or-later
"""The proxy: libvirt's legacy RPC on every socket, turned into D-Bus calls."""
