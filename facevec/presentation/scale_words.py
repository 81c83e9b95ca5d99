"""A measured scale as a table and in words."""

from __future__ import annotations

from collections.abc import Iterator

from facevec.dates import in_words
from facevec.presentation.writable import Table
from facevec.types import Estimate, Evidence, MeasuredScale, ModelScale

NAMES = {
    "margin": "margin to the next worker",
    "look_alike_margin": "margin to a look-alike",
    "verify": "two faces, one person (1:1)",
    "same_person": "a worker's photos, at enrolment",
    "other_person": "somebody else's face, at enrolment",
}
"""What the distances of a scale beside its match table are called."""


def rows(measured: MeasuredScale, before: ModelScale) -> Iterator[tuple[str, ...]]:
    """What it is, the value, its interval, and what it was before."""
    scale = measured.scale
    for fpir, distance in scale.match.pairs:
        was = f"{before.match.distance(fpir):.3f}" if before.match.covers(fpir) else "-"
        yield f"match, FPIR {fpir:g}", f"{distance:.3f}", _interval(measured, f"match {fpir:g}"), was
    yield "match falls by", f"{scale.match.decline:.3f}", "", f"{before.match.decline:.3f}"
    for name, words in NAMES.items():
        value, was = getattr(scale, name), getattr(before, name)
        yield words, f"{value:.3f}", _interval(measured, name), f"{was:.3f}"
    now, then = scale.cohort, before.cohort
    if now is not None:
        yield "neighbours", f"{now.distance:.3f}", "", f"{then.distance:.3f}" if then else "-"
        yield "neighbours fall by", f"{now.decline:.3f}", "", f"{then.decline:.3f}" if then else "-"


def table(measured: MeasuredScale, before: ModelScale) -> Table:
    """The rows, with a head."""
    drawn = Table("distance", "measured", "95 %", "before", box=None, pad_edge=False, header_style="bold")
    for row in rows(measured, before):
        drawn.add_row(*row)
    return drawn


def provenance(measured: MeasuredScale) -> str:
    """On whom it was measured, and when."""
    searched = "everybody, each among all others" if measured.everybody_searched else "strangers"
    return (
        f"Measured {in_words(measured.measured_at)} on {measured.people:,} people who may be enrolled and "
        f"{measured.strangers:,} {searched}, {measured.photos:,} photos, under embedding contract "
        f"{measured.contract}."
    )


EVIDENCE = {
    Evidence.MEASURED: "measured by facevec",
    Evidence.OWN_WORKERS: "measured on your workers",
    Evidence.PUBLISHED: "published by others",
    Evidence.ASSUMED: "assumed",
}


def origin(known: ModelScale, measured: MeasuredScale | None) -> str:
    """Where the distances of a model come from, in a few words."""
    if measured is None:
        return EVIDENCE[known.match.evidence]
    return f"measured here, {measured.measured_at:%Y-%m-%d}, {measured.people:,} people"


def _interval(measured: MeasuredScale, name: str) -> str:
    estimate: Estimate | None = measured.intervals.get(name)
    if estimate is None:
        return "not measured: too few photos" if name in measured.left else ""
    return f"{estimate.low:.3f} to {estimate.high:.3f}"
