"""An evaluation of identification as one HTML page that needs nothing beside it. It shows no photo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from facevec.presentation import evaluation_figures as figures
from facevec.presentation.emotion_report import STYLE
from facevec.presentation.tables import printable
from facevec.types import Refusal
from facevec.usecases.evaluation import Evaluation

PLAIN = """
svg { max-width: 100%; height: auto; background: white; border-radius: .5rem; }
.headline { font-size: 1.25rem; }
.wide { overflow-x: auto; }
"""

DET = (
    "The DET curve: every threshold is a point. To the left fewer strangers are given a name, lower "
    "down fewer workers are missed. The band is what other people of the same kind might have given."
)
DISTANCES = (
    "How far the nearest worker is. What lies left of the dashed line is named; where the two heaps "
    "overlap, no threshold is right for both."
)
RATES = (
    "Both kinds of error at each threshold: a wider threshold misses fewer workers and names more strangers."
)


def report(done: Evaluation, source: str) -> str:
    """The page. source: what was evaluated, as the reader would recognise it."""
    from facevec.presentation import evaluation_plots as plots

    title = f"Identification with {escape(done.model)} on {escape(printable(source))}"
    facts = "\n".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in figures.facts(done)
    )
    worst = [
        (
            f"{one.distance:.3f}",
            one.shows,
            one.taken_for,
            "a worker" if one.mated else "a stranger",
            "yes" if one.named else "no",
        )
        for one in done.confusions
    ]
    return f"""<!doctype html>
<html lang=en>
<meta charset=utf-8>
<meta name=viewport content="width=device-width">
<title>{title}</title>
<style>{STYLE}{PLAIN}</style>
<h1>{title}</h1>
<p class=headline>{escape(figures.headline(done))}</p>
<p>{escape(figures.METHOD)}</p>
<table>
{facts}
</table>
<h2>Operating points</h2>
{_table(figures.POINT_COLUMNS, figures.points_rows(done))}
<p>FPIR: share of searches for strangers that name somebody. FNIR: share of searches for workers that do
not name the right one. TPIR is 1 - FNIR; at a target FPIR its interval counts that the threshold itself
was found on these strangers.</p>
{_figure(plots.det_picture(done), DET)}
{_figure(plots.distances_picture(done), DISTANCES)}
{_figure(plots.rates_picture(done), RATES)}
<h2>Nearest to a wrong name</h2>
{_table(("distance", "shows", "nearest worker", "who is", "named now"), worst)}
<h2>Could not be enrolled</h2>
{_refusals("person", done.not_enrolled)}
<h2>Photos not enrolled</h2>
{_refusals("photo", done.refused)}
<h2>Photos not searched for</h2>
{_refusals("photo", done.not_searched)}
</html>
"""


def _refusals(what: str, refused: Sequence[Refusal]) -> str:
    return _table((what, "reason"), [(one.source, one.reason) for one in refused])


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["".join(f"<td>{escape(printable(cell))}</td>" for cell in row) for row in rows]
    if not lines:
        return "<p>None.</p>"
    head = "".join(f"<th scope=col>{escape(column)}</th>" for column in columns)
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<div class=wide><table>\n<tr>{head}</tr>\n{body}\n</table></div>"


def _figure(svg: str, caption: str) -> str:
    return f"<figure role=group>{svg}<figcaption>{caption}</figcaption></figure>"
