# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input of every kind, against the running federation; and which test covers which item of the checklist."""
