"""How things are named in the code: by nouns, and spelt as the API is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = ("facevec", "benchmarks", "training", "migrations", "docs", "tests")

PARTICIPLES = {"done", "found", "given", "told", "looked"}
"""Say what happened to a value, not what it is."""

SPELT_ISE = re.compile(r"(?!.*(wise|rais|promis|nois|surpris|iris))[a-z]{2,}is(e|ed|er|es|ing|ation)s?")
"""Words in -ise, but those that everybody spells so."""


def bound(tree: ast.AST) -> Iterator[str]:
    """Every name that a module gives; those of other libraries it only uses."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.arg(arg=name) | ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def faults(code: str) -> set[str]:
    """Names in `code` that break the rules."""
    names = set(bound(ast.parse(code)))
    return {name for name in names if name in PARTICIPLES or any(map(SPELT_ISE.fullmatch, words(name)))}


def words(name: str) -> list[str]:
    """The words of a name, in small letters."""
    return re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())


def test_values_are_nouns_and_identifiers_are_spelt_as_the_api_is() -> None:
    files = [path for room in CODE for path in sorted((ROOT / room).rglob("*.py"))]
    assert len(files) > 300
    broken = {str(path.relative_to(ROOT)): faults(path.read_text(encoding="utf-8")) for path in files}
    assert not {path: names for path, names in broken.items() if names}


@pytest.mark.parametrize(
    "code",
    [
        "done = 1",
        "def read(given): pass",
        "lambda told: 0",
        "class ImageRecognised: pass",
        "self.found = 1",
        "def _normalise(): pass",
        "for looked in []: pass",
        "import json as serialised",
    ],
)
def test_a_broken_rule_is_seen(code: str) -> None:
    assert len(faults(code)) == 1


@pytest.mark.parametrize(
    "code", ["from hypothesis import given", "future.done()", "pairwise = raised = promises = NOISE = 1"]
)
def test_other_libraries_names_and_words_that_end_so_anyway_are_left_alone(code: str) -> None:
    assert not faults(code)
