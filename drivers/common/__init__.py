# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the drivers share: XML, state on disk, transactions, and the engines that reach the host."""
