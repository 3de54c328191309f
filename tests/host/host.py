# SPDX-License-Identifier: LGPL-2.1-or-later
"""Start, enter, stop a private host.

python3 -m tests.host.host start NAME [--daemons federation|reference|none]
python3 -m tests.host.host enter NAME [-- COMMAND...]
python3 -m tests.host.host stop NAME
python3 -m tests.host.host status NAME
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from tests.host import groups, services
from tests.host.paths import ROOT, TOOL_PATH, HostError, Place

SYSTEM_PYTHON = "/usr/bin/python3"
NAMESPACES = ["--cgroup", "--mount", "--net", "--pid", "--uts", "--ipc"]
BOOT_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
KEPT = ("TERM", "CI", "COLUMNS", "LINES")


def environment(host: str = "") -> dict[str, str]:
    """Give a clean environment, in or outside a host: nothing of the caller's but the terminal's kind."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    if host:
        kept["VIRTBUS_HOST"] = host
    return {"PATH": TOOL_PATH, "HOME": "/root", "SHELL": "/bin/bash", "LANG": "C.UTF-8", **kept}


def started(pid: int) -> str:
    """Give when a process was started (in the kernel's ticks), "" if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except OSError:
        return ""


def running(place: Place) -> int | None:
    """Give the first process of a host as seen from here, None if it is down."""
    try:
        pid, when = place.process.read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if started(int(pid)) == when else None


def child_of(parent: int) -> int | None:
    """Give the child of a process."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == parent and fields[0] != "Z":
                return int(entry.name)
    return None


def spawn(place: Place, options: list[str], ready: int) -> subprocess.Popen[bytes]:
    """Start the namespaces and the first process in them."""
    boot = [SYSTEM_PYTHON, "-m", "tests.host.boot", place.name, *options]
    init = [SYSTEM_PYTHON, "-E", "-s", str(Path(__file__).with_name("init.py"))]
    with place.log.open("w") as log:
        return subprocess.Popen(
            ["unshare", *NAMESPACES, "--fork", "--kill-child", *init, *boot, "--ready-fd", str(ready)],
            cwd=ROOT,
            env=BOOT_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[ready],
            start_new_session=True,
            preexec_fn=lambda: groups.join(place),
        )


def start(place: Place, daemons: str, hostname: str = "") -> None:
    """Bring a host up; come back when all its services answer. $ONLY names some of virtbus's daemons, with commas."""
    if os.geteuid() != 0:
        raise HostError("a private host needs root")
    if running(place):
        raise HostError(f"the host {place.name} is up already (make down HOST={place.name})")
    place.root.mkdir(parents=True, exist_ok=True)
    groups.make(place)
    reader, writer = os.pipe()
    options = ["--hostname", hostname or f"virtbus-{place.name}", "--daemons", daemons]
    options += ["--only", os.environ.get("ONLY", "")]
    keeper = spawn(place, options, writer)
    os.close(writer)
    first = None
    with os.fdopen(reader) as answer:
        said = answer.readline()
    first = child_of(keeper.pid)
    if first:
        place.process.write_text(f"{first} {started(first)}\n")
    if said != "up\n" or not first:
        stop(place)
        keeper.wait()
        end = "\n".join(place.log.read_text().splitlines()[-30:])
        raise HostError(f"the host {place.name} does not come up; the end of {place.log}:\n{end}")


def wait_ended(pids: list[int], seconds: float) -> None:
    """Wait until processes have ended (also those that nobody reaps)."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if not select.select([descriptor], [], [], seconds)[0]:
                raise HostError(f"the process {pid} does not end")
        finally:
            os.close(descriptor)


def stop(place: Place) -> bool:
    """Take a host down; say whether it was up."""
    first = running(place)
    if first:
        keeper = int(Path(f"/proc/{first}/stat").read_text().rsplit(")", 1)[1].split()[1])
        os.kill(first, signal.SIGKILL)
        wait_ended([first, keeper], 30)
    groups.remove(place)
    place.process.unlink(missing_ok=True)
    return first is not None


def entering(place: Place, command: list[str]) -> list[str]:
    """Give the command that runs a command in a host, for a process that has joined the host's control groups."""
    first = running(place)
    if not first:
        raise HostError(f"the host {place.name} is not up: make up HOST={place.name}")
    target = ["nsenter", "-t", str(first), "-m", "-n", "-p", "-u", "-i", "-C", f"--wdns={ROOT}"]
    return [*target, "--", *command]


def run(place: Place, command: list[str]) -> int:
    """Run a command in a host; give its exit status."""
    argv = entering(place, command)
    return subprocess.run(
        argv,
        env=environment(place.name),
        check=False,
        preexec_fn=lambda: groups.join(place),
    ).returncode


def enter(place: Place, command: list[str]) -> None:
    """Become a command in a host, a shell if none is given."""
    argv = entering(place, command or ["/bin/bash", "-l"])
    groups.join(place)
    os.execvpe(argv[0], argv, environment(place.name))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["start", "enter", "stop", "status"])
    parser.add_argument("name")
    parser.add_argument("--daemons", choices=sorted(services.DAEMONS), default="federation")
    parser.add_argument("--hostname", default="")
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    args = parser.parse_args(sys.argv[1:split])
    args.command = sys.argv[split + 1 :]
    return args


def main() -> int:
    """Do what the command line says; give the exit status."""
    args = parse()
    try:
        place = Place(args.name)
        if args.verb == "start":
            if running(place):
                print(f"the host {place.name} is up already")
                return 0
            start(place, args.daemons, args.hostname)
            print(f"the host {place.name} is up")
        elif args.verb == "stop":
            print(f"the host {place.name} " + ("is down" if stop(place) else "was not up"))
        elif args.verb == "enter":
            enter(place, args.command)
        else:
            first = running(place)
            print(f"the host {place.name} " + (f"is up, its first process is {first}" if first else "is down"))
            return 0 if first else 3
    except HostError as error:
        print(f"host: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
