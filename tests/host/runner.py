# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run the steps of a job: print each command before its output, keep count of what did not work."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import TextIO

from tests.host.terminal import Terminal

BOLD, RED, PLAIN = ("\033[1m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


class Background:
    """A command whose lines are printed as they come, and can be waited for."""

    def __init__(self, job: Job, command: list[str], mark: str) -> None:
        self._job, self._mark = job, mark
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._job.say(f"{self._mark}{line.rstrip()}")
            with self._news:
                self._lines.append(line)
                self._news.notify_all()

    def wait_for(self, pattern: str, seconds: float) -> bool:
        """Wait until a line has matched the pattern; say whether one did in time."""
        with self._news:
            return self._news.wait_for(lambda: any(re.search(pattern, line) for line in self._lines), seconds)

    def end(self) -> None:
        """End the command."""
        self._process.terminate()
        self._process.wait()
        self._reader.join()


class Job:
    """Steps, what they printed, and which failed."""

    def __init__(self, out: TextIO = sys.stdout, seconds: float = 60) -> None:
        self._out, self._seconds = out, seconds
        self._printing = threading.Lock()
        self.failed: list[str] = []
        self.done = 0

    def say(self, text: str = "") -> None:
        """Print a line."""
        with self._printing:
            print(text, file=self._out, flush=True)

    def title(self, text: str) -> None:
        """Print what comes next."""
        self.say(f"\n{BOLD}== {text}{PLAIN}")

    def shown(self, command: Sequence[str]) -> str:
        """Print a command as one would type it; give it."""
        text = shlex.join(command)
        self.say(f"{BOLD}$ {text}{PLAIN}")
        return text

    def check(self, what: str, output: str, expected: Sequence[str]) -> None:
        """Let a step fail if its output lacks one of the expected patterns."""
        for pattern in expected:
            if not re.search(pattern, output, re.MULTILINE):
                self.fail(what, f"the output has nothing like {pattern!r}")
                return

    def fail(self, what: str, why: str) -> None:
        """Note a failed step."""
        self.failed.append(f"{what}: {why}")
        self.say(f"{RED}FAILED: {why}{PLAIN}")

    def run(self, *command: str, expect: Sequence[str] = (), only: int = 0) -> str:
        """Run a command, print it and its output (the first lines only, if a number is given); give the output."""
        what = self.shown(command)
        self.done += 1
        try:
            answer = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                timeout=self._seconds, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            self.fail(what, str(error))
            return ""
        self._show(answer.stdout.strip("\n"), only)
        if answer.returncode:
            self.fail(what, f"exit status {answer.returncode}")
        else:
            self.check(what, answer.stdout, expect)
        return answer.stdout

    def _show(self, output: str, only: int) -> None:
        lines = output.splitlines()
        for line in lines[: only or None]:
            self.say(line)
        if only and len(lines) > only:
            self.say(f"... {len(lines) - only} more lines")

    def talk(self, *command: str, until: str, leave: bytes, expect: Sequence[str] = ()) -> str:
        """Run a command on a terminal, print what it shows until that matches, leave it with a key."""
        what = self.shown(command)
        self.done += 1
        terminal = Terminal(list(command))
        try:
            shown = terminal.read_until(until, self._seconds, self.say)
        finally:
            terminal.leave(leave)
        self.check(what, shown, [until, *expect])
        return shown

    def background(self, *command: str, mark: str) -> Background:
        """Start a command that goes on beside the steps."""
        self.say(f"{BOLD}$ {shlex.join(command)} &{PLAIN}")
        return Background(self, list(command), mark)

    def wait(self, background: Background, pattern: str, seconds: float) -> None:
        """Count the wait for a line of a background command as a step."""
        self.done += 1
        if not background.wait_for(pattern, seconds):
            self.fail("wait", f"no line like {pattern!r} came")
