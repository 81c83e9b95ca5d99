"""Where the figures are kept, and the pages that quote them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.pipeline.report import BRIEF, EVERYTHING, Figures, as_plot, as_table, explained

ROOT = Path(__file__).parents[2]
FIGURES = Path(__file__).with_name("figures.json")
PLOT = ROOT / "docs" / "speed.svg"
DRAWN = "![Milliseconds of each picture by each way, on a logarithmic scale](speed.svg)"
QUOTED = re.compile(r"(<!-- pipeline -->\n).*?(<!-- end -->\n)", re.DOTALL)


Kept = Sequence[Figures]
"""The newest of each processor, the newest of all first."""


def summary(kept: Kept) -> str:
    """All that is known of them. The plot is of the newest."""
    newest, *others = (
        f"{_occasion(figures)}\n\n{as_table(figures, EVERYTHING)}\n\n{explained(figures)}\n"
        for figures in kept
    )
    return "\n".join([newest, f"{DRAWN}\n", *others])


def brief(kept: Kept) -> str:
    """What somebody asks first, of the newest."""
    return f"{_occasion(kept[0])}\n\n{as_table(kept[0], BRIEF)}\n"


PAGES: Mapping[Path, Callable[[Kept], str]] = {
    ROOT / "README.md": brief,
    ROOT / "docs" / "speed.md": summary,
}


def kept() -> Kept:
    """Those that the pages quote."""
    figures: Kept = json.loads(FIGURES.read_text(encoding="utf-8"))
    return figures


def write(figures: Figures) -> None:
    """Keep the figures instead of this processor's of before, draw them, and quote them."""
    others = [one for one in kept() if one["machine"] != figures["machine"]]
    text = ",\n".join(json.dumps(_rounded(one)) for one in (figures, *others))
    FIGURES.write_text(f"[{text}]\n", encoding="utf-8")
    as_plot(kept()[0], PLOT)
    for page, quote in PAGES.items():
        page.write_text(_quoting(page.read_text(encoding="utf-8"), quote(kept())), encoding="utf-8")


def _quoting(page: str, text: str) -> str:
    return QUOTED.sub(lambda match: match[1] + text + match[2], page)


def _occasion(figures: Figures) -> str:
    kind = "processor time" if figures["by"] == "cpu" else "time"
    return f"{figures['pictures']} pictures, {kind}, {figures['machine']}, {figures['date']}:"


def _rounded(value: object) -> object:
    """`value` with its numbers to the fourth place."""
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value
