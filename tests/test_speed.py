"""What the pages say of speed is what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.pipeline.pages import PAGES, QUOTED, kept


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_quotes_the_figures_that_are_kept(page: Path) -> None:
    (quoted,) = QUOTED.finditer(page.read_text(encoding="utf-8"))
    assert quoted[0] == quoted[1] + PAGES[page](kept()) + quoted[2]
