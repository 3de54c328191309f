# SPDX-License-Identifier: LGPL-2.1-or-later
"""The engines, simulated: they record what they were asked and answer what a test laid ready."""
