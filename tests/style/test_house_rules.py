# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules of the house that no ready-made checker knows."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.style.tree import ROOT, files, module_name, parsed, python_files, source_files

SPDX = "SPDX-License-Identifier: LGPL-2.1-or-later"
TEXT = (".py", ".md", ".toml", ".rules", ".build", ".sh", ".yml", ".yaml", ".cfg")
START_LINES = 12
DRIVERS = ("hypervisor", "network", "storage", "nwfilter", "nodedev", "secret", "interface", "log", "lock")
CORES = ("bus/api", "bus/wire", "proxy/rpc", "drivers/common/xml")
DOES_IO = {"asyncio", "socket", "subprocess", "select", "selectors", "time", "threading", "signal", "os"}
ENGINES = "drivers/common/engine"
ENGINE_ONLY = {"subprocess", "pyroute2", "pyudev"}
FORBIDDEN_CALLS = {"eval", "exec", "compile_command"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve"}
# Put together so that this file does not hold what it forbids.
LEFT_OVER = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX\\b")))
FOREIGN = re.compile("/wo" + "rk/")
SHARED = re.compile(r"\.\./sha" + "red")


def names(paths: tuple[Path, ...]) -> list[str]:
    """Give the paths as seen from the project's folder."""
    return [str(path.relative_to(ROOT)) for path in paths]


def imports(path: Path) -> Iterator[str]:
    """Give the top-level names of the packages that a file imports."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("name", names(python_files()))
def test_every_file_names_its_licence_first(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()[:2]
    assert any(SPDX in line for line in lines[:2]), f"{name} does not begin with '# {SPDX}'"


def test_nothing_is_left_for_later() -> None:
    found = [name for name in names(files()) if name.endswith(TEXT) and LEFT_OVER.search((ROOT / name).read_text())]
    assert found == []


def test_the_project_speaks_of_itself_alone() -> None:
    sources = [path for path in files() if str(path).endswith(TEXT)]
    found = [str(path.relative_to(ROOT)) for path in sources if FOREIGN.search(path.read_text())]
    beside = [
        str(path.relative_to(ROOT))
        for path in sources
        if SHARED.search(path.read_text()) and path.relative_to(ROOT).parts[0] != "tests"
    ]
    assert (found, beside) == ([], [])


@pytest.mark.parametrize("name", DRIVERS)
def test_every_driver_has_the_same_files(name: str) -> None:
    folder = ROOT / "drivers" / name
    missing = [file for file in ("__init__.py", "__main__.py", "driver.py") if not (folder / file).is_file()]
    assert missing == [], f"drivers/{name} lacks {missing}"


@pytest.mark.parametrize("path", sorted(ROOT.glob("drivers/*/__main__.py")), ids=lambda path: path.parent.name)
def test_start_files_hold_no_more_than_a_start(path: Path) -> None:
    code = [line for line in path.read_text().splitlines() if line and not line.startswith(("#", '"""'))]
    assert len(code) < START_LINES


def test_cores_do_no_io() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {each}"
        for path in source_files()
        if str(path.relative_to(ROOT)).startswith(CORES)
        for each in imports(path)
        if each in DOES_IO
    ]
    assert found == []


def test_the_host_is_touched_by_engines_alone() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {each}"
        for path in source_files()
        if not str(path.relative_to(ROOT)).startswith(ENGINES)
        for each in imports(path)
        if each in ENGINE_ONLY
    ]
    assert found == []


def test_nothing_dangerous_is_called() -> None:
    found = []
    for path in source_files():
        found += [f"{path.relative_to(ROOT)}: {each}" for each in imports(path) if each in FORBIDDEN_MODULES]
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                found += [f"{path.relative_to(ROOT)}:{node.lineno}: {why}" for why in dangers(node)]
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: except without a class")
    assert found == []


def dangers(node: ast.Call) -> Iterator[str]:
    """Give what is wrong with a call."""
    if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
        yield node.func.id
    if isinstance(node.func, ast.Attribute) and node.func.attr == "sleep":
        yield "sleep: wait for the event"
    if any(word.arg == "shell" for word in node.keywords):
        yield "shell"


IMPORT_ALL = """
import builtins, importlib, socket, subprocess, sys, threading
def refuse(*args, **kwargs):
    raise AssertionError(f"something happens on import: {args}")
socket.socket.connect = socket.socket.bind = refuse
subprocess.Popen.__init__ = refuse
threading.Thread.start = refuse
for name in sys.argv[1:]:
    importlib.import_module(name)
assert threading.active_count() == 1
"""


def test_nothing_happens_on_import() -> None:
    modules = [module_name(path) for path in source_files() if path.name != "__main__.py"]
    command = [sys.executable, "-c", IMPORT_ALL, *modules]
    environment = {"PYTHONPATH": str(ROOT / "build/tree"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
