# SPDX-License-Identifier: LGPL-2.1-or-later
"""The checkers that others wrote, each over the whole tree."""

import shutil

import pytest

from tests.style import tree
from tests.style.tree import SOURCES, run

OTHERS_NAMES = "trace,watch,exc,exc_type,traceback"
"""Arguments that others' call-backs demand and nobody here needs."""


def test_ruff_finds_nothing() -> None:
    run("ruff", "check", "--quiet", "--output-format=concise", ".")


def test_ruff_would_format_nothing() -> None:
    run("ruff", "format", "--quiet", "--check", ".")


@pytest.mark.timeout(600)
def test_mypy_finds_nothing() -> None:
    run("mypy", "--no-error-summary", "-p", "virtbus", MYPYPATH="build/tree")


def test_layers_hold() -> None:
    run("lint-imports", "--no-cache")


def test_nothing_is_dead() -> None:
    run("vulture", *SOURCES, "--min-confidence", "80", "--exclude", "bus/api", "--ignore-names", OTHERS_NAMES)


def test_words_are_spelt_right() -> None:
    names = [
        str(path.relative_to(tree.ROOT)) for path in tree.files() if path.suffix in (".py", ".md", ".toml", ".rules")
    ]
    run("codespell", "--ignore-words", "tests/style/words.txt", *names)


@pytest.mark.parametrize("tool", ["ruff", "mypy", "lint-imports", "vulture", "codespell"])
def test_the_checker_is_there(tool: str) -> None:
    assert shutil.which(tool, path=str(tree.BIN))
