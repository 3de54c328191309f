# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files and functions stay small enough to be read at one go."""

import ast
from pathlib import Path

from tests.style.tree import ROOT, parsed, python_files

FILE_LINES = 500
FUNCTION_LINES = 40
DECLARED = ROOT / "bus/catalogue.py"
"""The decorators there have one argument for each thing that a call can declare."""


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Give a function's lines without its docstring."""
    body = function.body
    documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    docstring = (body[0].end_lineno or 0) - body[0].lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Give the functions of a file."""
    return [node for node in ast.walk(parsed(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def test_no_file_is_long() -> None:
    lines = {path: len(path.read_text().splitlines()) for path in python_files()}
    assert [f"{path.relative_to(ROOT)}: {n} lines" for path, n in lines.items() if n > FILE_LINES] == []


def test_no_function_is_long() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}: {length(function)} lines"
        for path in python_files()
        if path != DECLARED
        for function in functions(path)
        if length(function) > FUNCTION_LINES
    ]
    assert found == []
