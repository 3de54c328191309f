# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's XML documents as dataclasses: parse, write, values. No I/O but reading schemas."""
