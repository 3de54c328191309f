# SPDX-License-Identifier: LGPL-2.1-or-later
"""The log daemon: guests write their consoles and errors to pipes, it writes them to files and rotates these."""
