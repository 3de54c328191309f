# SPDX-License-Identifier: LGPL-2.1-or-later
"""Secrets: passphrases and keys that volumes, pools and guests need."""
