# SPDX-License-Identifier: LGPL-2.1-or-later
"""The hypervisor's daemon: libvirt's own driver, hosted in this process and served object by object."""
