# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command `virtbus`: look at the federation and at what it covers of the API."""
