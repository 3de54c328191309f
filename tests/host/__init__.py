# SPDX-License-Identifier: LGPL-2.1-or-later
"""The private host: a machine within the machine for the main job, the tests and daily work."""
