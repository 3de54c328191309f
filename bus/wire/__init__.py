# SPDX-License-Identifier: LGPL-2.1-or-later
"""The D-Bus wire format: values, messages and their headers, with no input or output."""
