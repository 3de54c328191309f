# SPDX-License-Identifier: LGPL-2.1-or-later
"""The legacy RPC without input or output: frames, values, and what a connection may do when."""
