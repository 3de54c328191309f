# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line of `virtbus`: one subcommand a module."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "coverage": ("virtbus.bus.cli.coverage", "list every procedure of the legacy protocol and what answers it"),
    "status": ("virtbus.bus.cli.status", "list the daemons and whether they run"),
    "up": ("virtbus.bus.supervisor", "start all daemons and look after them"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the subcommand that the command line names; give the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="virtbus", description=__doc__, epilog=_overview())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", choices=COMMANDS)
    chosen = parser.parse_args(arguments[:1]).command
    # Loaded only now: the supervisor needs much that the others do not.
    run: int = importlib.import_module(COMMANDS[chosen][0]).main(arguments[1:])
    return run


def _overview() -> str:
    return "commands:\n" + "\n".join(f"  {name:10} {what}" for name, (_, what) in COMMANDS.items())
