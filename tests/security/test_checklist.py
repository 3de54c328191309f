# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every item of the checklist has tests, and these exist."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.security.checklist import CHECKLIST, Item

ROOT = Path(__file__).resolve().parents[2]
ITEMS = [f"W{n}" for n in range(1, 25)] + [f"X{n}" for n in range(1, 6)] + ["D5"]


def functions(file: str) -> set[str]:
    """Give the names of a file's test functions."""
    tree = ast.parse((ROOT / file).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_")}


def test_no_item_is_missing() -> None:
    assert list(CHECKLIST) == ITEMS


@pytest.mark.parametrize(("name", "item"), CHECKLIST.items(), ids=list(CHECKLIST))
def test_every_item_has_its_tests(name: str, item: Item) -> None:
    assert item.tests or item.open, f"{name} has neither a test nor a reason"
    missing = [test for test in item.tests if test.partition("::")[2] not in functions(test.partition("::")[0])]
    assert missing == [], f"{name} names tests that do not exist"


def test_counts() -> None:
    covered = [name for name, item in CHECKLIST.items() if item.tests]
    partly = [name for name, item in CHECKLIST.items() if item.open]
    named = {test for item in CHECKLIST.values() for test in item.tests}
    print(f"\n{len(covered)} of {len(ITEMS)} items have tests, {len(named)} in all; in part: {', '.join(partly)}")
    assert len(covered) == len(ITEMS)
