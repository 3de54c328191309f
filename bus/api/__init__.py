# SPDX-License-Identifier: LGPL-2.1-or-later
"""The catalogue: every object of the API, one abstract class each."""
