# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the running federation, made from within its private host."""
