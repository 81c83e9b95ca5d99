"""Where the figures are kept, and the pages that quote them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.pipeline.report import BRIEF, EVERYTHING, Figures, as_plot, as_table, explained

ROOT = Path(__file__).parents[2]
FIGURES = Path(__file__).with_name("figures.json")
PLOT = ROOT / "docs" / "speed.svg"
DRAWN = "![Milliseconds of each picture by each way, on a logarithmic scale](speed.svg)"
QUOTED = re.compile(r"(<!-- pipeline -->\n).*?(<!-- end -->\n)", re.DOTALL)


def summary(figures: Figures) -> str:
    """All that is known of them."""
    return f"{_occasion(figures)}\n\n{as_table(figures, EVERYTHING)}\n\n{explained(figures)}\n\n{DRAWN}\n"


def brief(figures: Figures) -> str:
    """What somebody asks first."""
    return f"{_occasion(figures)}\n\n{as_table(figures, BRIEF)}\n"


PAGES: Mapping[Path, Callable[[Figures], str]] = {
    ROOT / "README.md": brief,
    ROOT / "docs" / "speed.md": summary,
}


def kept() -> Figures:
    """Those that the pages quote."""
    figures: Figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    return figures


def write(figures: Figures) -> None:
    """Keep the figures, draw them, and quote them."""
    FIGURES.write_text(json.dumps(_rounded(figures)) + "\n", encoding="utf-8")
    as_plot(kept(), PLOT)
    for page, quote in PAGES.items():
        text = quote(kept())
        page.write_text(_quoting(page.read_text(encoding="utf-8"), text), encoding="utf-8")


def _quoting(page: str, text: str) -> str:
    return QUOTED.sub(lambda match: match[1] + text + match[2], page)


def _occasion(figures: Figures) -> str:
    kind = "processor time" if figures["by"] == "cpu" else "time"
    return f"{figures['pictures']} pictures, {kind}, {figures['machine']}:"


def _rounded(value: object) -> object:
    """`value` with its numbers to the fourth place."""
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value
