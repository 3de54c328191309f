# SPDX-License-Identifier: LGPL-2.1-or-later
"""The project's own files, as the style tests see them."""

from __future__ import annotations

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "build/venv/bin"
COPIES = ("tests/bench/dbusbench.py", "tests/bench/rpcbench.py", "tests/compat/twin/", "tests/facts/")
"""What is kept as it came, byte for byte: no rule of the house is for it."""
SOURCES = ("bus", "drivers", "policy", "proxy")


@functools.cache
def files() -> tuple[Path, ...]:
    """Give every file that belongs to the project: what git knows."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    own = (name for name in sorted(set(names)) if not name.startswith(COPIES))
    return tuple(ROOT / name for name in own if (ROOT / name).is_file())


@functools.cache
def python_files() -> tuple[Path, ...]:
    """Give the Python files."""
    return tuple(path for path in files() if path.suffix == ".py")


@functools.cache
def source_files() -> tuple[Path, ...]:
    """Give the Python files that are installed."""
    return tuple(path for path in python_files() if path.relative_to(ROOT).parts[0] in SOURCES)


@functools.cache
def parsed(path: Path) -> ast.Module:
    """Give a file's syntax tree."""
    return ast.parse(path.read_text(), str(path))


def module_name(path: Path) -> str:
    """Give the name under which a source file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("virtbus", *(parts[:-1] if parts[-1] == "__init__" else parts)))


def run(*command: str, **environment: str) -> None:
    """Run a checker of the build environment in the project's folder; its words are the failure's text."""
    settings = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": "build/tree", **environment}
    argv = [str(BIN / command[0]), *command[1:]]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, env=settings)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
