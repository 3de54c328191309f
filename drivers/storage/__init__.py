# SPDX-License-Identifier: LGPL-2.1-or-later
"""Storage pools and volumes: directories, file systems, volume groups, disks, remote ones."""
