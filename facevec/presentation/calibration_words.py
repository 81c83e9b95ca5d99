"""Calibrations and the thresholds in force, in words."""

from __future__ import annotations

from facevec.dates import in_words
from facevec.decision import rates as rates_of
from facevec.decision.point import OperatingPoint, Origin, Parameter
from facevec.decision.promise import is_enough
from facevec.types import Calibration, Evidence
from facevec.usecases.standing import Standing

ORIGINS = {
    Origin.SETTINGS: "set by you",
    Origin.CALIBRATION: "from the calibration",
    Origin.DEFAULT: "by default",
}

EVIDENCE = {
    Evidence.MEASURED: "as measured for the model",
    Evidence.OWN_WORKERS: "as measured for the model on your own workers",
    Evidence.PUBLISHED: "as others published it for the model",
    Evidence.ASSUMED: "assumed for the model",
}


def measured(calibration: Calibration) -> str:
    """The thresholds, and both error rates with their intervals."""
    fpir, fnir = calibration.fpir, calibration.fnir
    missed = (
        "how many workers are missed cannot be said: nobody has two photos"
        if fnir is None
        else f"{fnir.value:.2%} of workers' photos missed ({fnir.low:.2%} to {fnir.high:.2%})"
    )
    return (
        f"match_threshold {calibration.match_threshold:.4f}, min_margin {calibration.min_margin:g}: "
        f"{fpir.value:.2%} of strangers named (95 % interval {fpir.low:.2%} to {fpir.high:.2%}), {missed}, "
        f"in a gallery of {calibration.workers} workers."
    )


def sample(calibration: Calibration) -> str:
    """On how many people it rests, and whether they are enough."""
    needed = rates_of.people_needed(calibration.target_fpir)
    who = "strangers" if calibration.source == "strangers" else "workers, each searched for among the others"
    rests = f"Measured on {calibration.non_mated_people} {who} ({calibration.non_mated_searches} photos)"
    if is_enough(calibration):
        return f"{rests}: enough for a target of {calibration.target_fpir:g}, which needs about {needed}."
    return (
        f"{rests}: too few to be sure of a target of {calibration.target_fpir:g}, which needs about {needed} "
        "(rule of three). Take the upper end of the interval as what may happen, or bring more."
    )


def point_in_words(point: OperatingPoint) -> str:
    """What decides, each value with its origin."""
    evidence = point.scale.match.evidence
    values = (f"{name} {_in_words(parameter, evidence)}" for name, parameter in point.parameters.items())
    return ", ".join(values) + "."


def standing_in_words(standing: Standing | None) -> str:
    """What decides now, where it comes from, what it cannot promise, and when it was calibrated."""
    if standing is None:
        return "No thresholds are in force: nobody is enrolled yet, or the catalogue lacks their model."
    lines = [point_in_words(standing.point)]
    if standing.newest is not None:
        made = standing.newest
        lines.append(
            f"Calibrated {in_words(made.created_at)} for FPIR {made.target_fpir:g}: {measured(made)}"
        )
    if standing.outdated:
        lines.append(f"Outdated: {standing.outdated}")
    lines += (caveat for caveat in standing.caveats if caveat != standing.outdated)
    return "\n".join(lines)


def _in_words(parameter: Parameter, evidence: Evidence) -> str:
    origin = EVIDENCE[evidence] if parameter.origin is Origin.MODEL else ORIGINS[parameter.origin]
    return f"{round(parameter.value, 4):g} ({origin})"
