# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may do what: permissions, polkit, identities, and the system files that carry them."""
