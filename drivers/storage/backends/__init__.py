# SPDX-License-Identifier: LGPL-2.1-or-later
"""How each kind of pool is run: `base.Backend` is the contract, `table.backend_of` finds the one for a kind."""
