"""What the pages about the laws say that a test shows, there is a test for."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGES = sorted((ROOT / "docs" / "law").glob("*.md"))
CITED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
LISTED = re.compile(r"^(\d+)\. `tests/", re.MULTILINE)
SHOWN_BY = 6
"""The column of the table that names tests, by their number."""


@cache
def named_in(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = (node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    return frozenset(name for name in names if name.startswith("test_"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_that_is_cited_is_there(page: Path) -> None:
    cited = CITED.findall(page.read_text(encoding="utf-8"))
    assert len(cited) > 2
    missing = [
        f"{file}::{name}"
        for file, name in cited
        if not (ROOT / file).is_file() or (name and name not in named_in(ROOT / file))
    ]
    assert not missing


def test_every_row_has_its_tests_or_says_what_is_not_met() -> None:
    text = (ROOT / "docs" / "law" / "index.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ") and not line.startswith("| duty")
    ]
    assert len(rows) > 25
    assert {len(row) for row in rows} == {8}
    numbers = [int(number) for row in rows for number in re.findall(r"\d+", row[SHOWN_BY])]
    assert {*numbers} == {int(number) for number in LISTED.findall(text)}
    assert not [row[0] for row in rows if not row[SHOWN_BY] and not row[7]]
    assert not [row[0] for row in rows if not any(row[1:5])], "a duty is of some law"
