# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every part of virtbus shares: the catalogue of the API, and how to speak it on D-Bus."""

VERSION = "0.1.0"
