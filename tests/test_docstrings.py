"""What docstrings speak of is there: a name that was changed in the code is changed in them too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
CODE = ("facevec", "benchmarks", "training", "migrations", "docs", "tests")

ERROR = re.compile(r"[Rr]aises [A-Z]\w+(?:,? (?:and |or )?[A-Z]\w+)*")
NAME = re.compile(r"`([A-Za-z_]\w*(?:\.\w+)*)`")
OF_OTHERS = {"convert_model", "facevec_migrations", "pt"}
"""Last parts of names of other packages, and of files."""


@cache
def trees() -> dict[str, ast.Module]:
    files = [path for room in CODE for path in sorted((ROOT / room).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in files}


def identifiers(tree: ast.AST) -> Iterator[str]:
    """Every name in a module, and every word that is a whole string."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name))
            ):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=other):
                yield from (*name.split("."), other or "")
            case ast.Constant(value=str(text)) if text.isidentifier():
                yield text


@cache
def known() -> frozenset[str]:
    rooms = {part.removesuffix(".py") for path in trees() for part in path.split("/")}
    return frozenset(rooms | {name for tree in trees().values() for name in identifiers(tree)})


def docstrings(tree: ast.AST) -> Iterator[str]:
    """Of modules, classes, functions and values."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield text


def missing(text: str) -> set[str]:
    """Names in a docstring that are nowhere in the code."""
    errors = {
        name for said in ERROR.findall(text) for name in re.findall(r"[A-Z]\w+", said) if name != "Raises"
    }
    names = {name.split(".")[-1] for name in NAME.findall(text)}
    return (errors | names) - known() - OF_OTHERS


def test_names_in_docstrings_are_in_the_code() -> None:
    said = {path: set().union(*map(missing, docstrings(tree))) for path, tree in trees().items()}
    assert len(said) > 300
    assert not {path: names for path, names in said.items() if names}


@pytest.mark.parametrize(
    "text", ["Raises NoFace, " + "GonePhotoError.", "As `see`, then `decide_" + "nothing`."]
)
def test_a_name_that_is_gone_is_seen(text: str) -> None:
    assert len(missing(text)) == 1
