"""What networks are worth stands once, in the catalogue; the first page says the same."""

from __future__ import annotations

import re

import pytest

from facevec.cli.offer import comparison
from facevec.files import MEGABYTE
from facevec.vision.models import pairs
from facevec.vision.weights.catalogue import KNOWN, Catalogue
from tests.conftest import ROOT

NETWORKS = ("casia-webface", "retail-0095")
ROWS = {"while 1 % of strangers are named": 0.01, "while 0.3 % are": 0.003}
MEASURED = [*(KNOWN[name].figures for name in NETWORKS), pairs.FIGURES[frozenset(NETWORKS)]]


def cells(row: str) -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    match = re.search(rf"^\| {re.escape(row)} \|(.*)\|$", text, re.MULTILINE)
    assert match, row
    return [cell.strip() for cell in match[1].split("|")]


@pytest.mark.parametrize("row", ROWS)
def test_the_first_page_tells_the_catalogues_figures(row: str):
    assert cells(row) == [f"{figures.named[ROWS[row]]:.1%}".replace("%", " %") for figures in MEASURED]


def test_the_first_page_tells_the_catalogues_sizes_and_licences():
    expected = []
    for model in (KNOWN[name] for name in NETWORKS):
        size, operations = model.size / MEGABYTE, model.figures.operations / 1e9
        expected.append(f"{size:.0f} MB, {operations:.1f} GFLOP, {model.licence.split(';')[0]}")
    assert cells("size, arithmetic, licence")[:2] == expected


def test_the_best_network_is_told_first():
    assert "are: retail-0095 99.1%, casia-webface 95.7%;" in comparison(Catalogue())
