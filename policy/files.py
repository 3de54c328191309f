# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every system file of the federation, made from the daemons' descriptors and the permissions.

python -m virtbus.policy.files --install PREFIX [--python PROGRAM]     write them below PREFIX (/usr)
python -m virtbus.policy.files --check PREFIX [--python PROGRAM]       say what below PREFIX is missing or differs
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from virtbus.bus import daemons
from virtbus.bus.daemons import Daemon, DescriptorError
from virtbus.policy import actions, busfiles, units

BUS_POLICY = "share/dbus-1/system.d"
ACTIVATION = "share/dbus-1/system-services"
ACTIONS = "share/polkit-1/actions"
RULES = "share/polkit-1/rules.d"
UNITS = "lib/systemd/system"
ACCOUNTS = "lib/sysusers.d/virtbus.conf"
FOLDERS = "lib/tmpfiles.d/virtbus.conf"
SHIPPED_RULES = Path(__file__).parent / "rules"
"""Rules files; those whose name ends in .example are documentation, and are not installed as rules."""


def everything(known: Sequence[Daemon], python: str = sys.executable) -> dict[str, str]:
    """Give every file's text by its path below the prefix."""
    proxy = next((d for d in known if "proxy" in d.serves), None)
    askers = [proxy.user] if proxy is not None and proxy.user != "root" else []
    made = {
        f"{ACTIONS}/{actions.API_FILE}": actions.api_actions(),
        f"{ACTIONS}/{actions.UNIX_FILE}": actions.connect_actions(askers),
        ACCOUNTS: units.accounts(known),
        FOLDERS: units.folders(),
    }
    sockets = dict(units.sockets(known, proxy)) if proxy is not None else {}
    made.update({f"{UNITS}/{name}": text for name, text in sockets.items()})
    for daemon in known:
        inherits = sorted(sockets) if daemon is proxy else []
        made[f"{BUS_POLICY}/{daemon.bus_name}.conf"] = busfiles.policy(daemon)
        made[f"{ACTIVATION}/{daemon.bus_name}.service"] = busfiles.activation(daemon, python)
        made[f"{UNITS}/virtbus-{daemon.name}.service"] = units.service(daemon, python, inherits)
    for path in sorted(SHIPPED_RULES.glob("*.rules")):
        made[f"{RULES}/{path.name}"] = path.read_text()
    return made


def install(files: Mapping[str, str], prefix: Path) -> None:
    """Write the files below the prefix, readable by everybody; a file is never seen half written."""
    for name, text in files.items():
        path = prefix / name
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.new")
        unfinished.write_text(text)
        unfinished.chmod(0o644)
        unfinished.replace(path)


def differences(files: Mapping[str, str], prefix: Path) -> list[str]:
    """Give a line for each file below the prefix that is missing or not as it should be."""
    found = []
    for name, text in sorted(files.items()):
        path = prefix / name
        if not path.is_file():
            found.append(f"{path}: missing")
        elif path.read_text() != text:
            found.append(f"{path}: differs")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check the files, as the command line says; give the exit status."""
    parser = argparse.ArgumentParser(prog="virtbus.policy.files", description="the system files of virtbus")
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--install", metavar="PREFIX", type=Path, help="write the files below this folder (/usr)")
    task.add_argument("--check", metavar="PREFIX", type=Path, help="name the files that are missing or differ")
    parser.add_argument("--python", default=sys.executable, help="the Python that runs the daemons")
    parser.add_argument("--daemons", metavar="FOLDER", help="the folder of descriptors")
    options = parser.parse_args(argv)
    try:
        files = everything(daemons.load(options.daemons), options.python)
    except DescriptorError as error:
        parser.exit(2, f"{error}\n")
    if options.install is not None:
        install(files, options.install)
        return 0
    wrong = differences(files, options.check)
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
