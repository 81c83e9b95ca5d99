"""What an operating point cannot promise, in sentences, and whether a calibration still holds."""

from __future__ import annotations

from collections.abc import Iterator

from facevec.decision.point import OperatingPoint
from facevec.decision.rates import people_needed
from facevec.types import Calibration, Evidence

GROWN = 2.0
"""Growth of the gallery that outdates a calibration: FPIR grows about as the gallery does."""


def is_enough(calibration: Calibration) -> bool:
    """Whether as many people were searched for as the rule of three asks for at this target."""
    return calibration.non_mated_people >= people_needed(calibration.target_fpir)


def outdated(calibration: Calibration, contract: str | None, workers: int) -> str | None:
    """Why the calibration holds no longer for this contract and gallery, or None when it does."""
    if calibration.contract != contract:
        return "It was made for another embedding model; run `facevec calibrate` again."
    if workers > GROWN * calibration.workers:
        return (
            f"The gallery grew from {calibration.workers} workers to {workers} since, and FPIR grows with "
            "it; run `facevec calibrate` again."
        )
    return None


def caveats(point: OperatingPoint) -> tuple[str, ...]:
    """What the point cannot promise, a sentence each."""
    return tuple(_caveats(point))


def _caveats(point: OperatingPoint) -> Iterator[str]:
    if point.target_fpir is None:
        yield (
            "match.threshold is set by hand, so no rate is promised; `facevec evaluate` measures how often "
            "strangers are named."
        )
        return
    target, table = point.target_fpir.value, point.scale.match
    calibration = point.calibration
    if calibration is None:
        yield from _of_the_model(point)
        return
    if calibration.target_fpir != target:
        yield _moved(
            calibration, target, is_known=table.covers(target) and table.covers(calibration.target_fpir)
        )
    if not is_enough(calibration):
        yield (
            f"The calibration rests on {calibration.non_mated_people} people; to be sure of a rate of "
            f"{calibration.target_fpir:g} it takes about {people_needed(calibration.target_fpir)}."
        )
    if why := outdated(calibration, calibration.contract, point.workers):
        yield why


def _of_the_model(point: OperatingPoint) -> Iterator[str]:
    table = point.scale.match
    target = point.target_fpir.value if point.target_fpir else 0.0
    if table.evidence is Evidence.OWN_WORKERS:
        yield (
            "The distances of this model were measured on your own workers, each searched for among the "
            "others, so the rate may be expected and is not promised; `facevec calibrate` measures it with "
            "strangers, `facevec models measure` on a folder of people."
        )
    elif table.evidence is not Evidence.MEASURED:
        yield _unmeasured(point)
    elif not table.covers(target):
        low, high = table.pairs[0][0], table.pairs[-1][0]
        yield (
            f"A rate of {target:g} was not measured for this model, only {low:g} to {high:g}: the nearest of "
            "these counts. `facevec calibrate` measures yours."
        )
    else:
        yield (
            f"A rate of {target:g} was measured on other people than yours; `facevec calibrate` measures "
            "it on your workers."
        )


def _unmeasured(point: OperatingPoint) -> str:
    published = point.scale.match.evidence is Evidence.PUBLISHED
    origin = "are those that others published" if published else "are assumed"
    doubt = ""
    if point.doubt > point.match_threshold.value:
        doubt = f", and a face between the match threshold and {point.doubt:g} is told to be ambiguous"
    return (
        f"The distances of this model {origin} and were never measured here, so no rate is promised{doubt}; "
        "`facevec calibrate` measures them on your workers."
    )


def _moved(calibration: Calibration, target: float, *, is_known: bool) -> str:
    how = "by what was measured for the model" if is_known else "as far as is known, which promises no rate"
    return (
        f"The calibration was made for a rate of {calibration.target_fpir:g} and moved to {target:g} {how}; "
        f"`facevec calibrate --target-fpir {target:g}` measures it."
    )
