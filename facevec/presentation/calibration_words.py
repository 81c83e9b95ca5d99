"""Calibrations and the thresholds in force, in words."""

from __future__ import annotations

from facevec.types import Calibration
from facevec.usecases import openset
from facevec.usecases.calibrate import ThresholdStatus, is_enough

ORIGINS = {
    "settings": "set by you",
    "calibration": "from the calibration",
    "model": "as measured for the model",
}


def found(done: Calibration) -> str:
    """The thresholds, and both error rates with their intervals."""
    missed = (
        "how many workers are missed cannot be said: nobody has two photos"
        if done.fnir is None or done.fnir_low is None or done.fnir_high is None
        else f"{done.fnir:.2%} of workers' photos missed ({done.fnir_low:.2%} to {done.fnir_high:.2%})"
    )
    return (
        f"match_threshold {done.match_threshold:.4f}, min_margin {done.min_margin:g}: {done.fpir:.2%} of "
        f"strangers named (95 % interval {done.fpir_low:.2%} to {done.fpir_high:.2%}), {missed}, in a "
        f"gallery of {done.workers} workers."
    )


def sample(done: Calibration) -> str:
    """On how many people it rests, and whether they are enough."""
    needed = openset.people_needed(done.target_fpir)
    who = "strangers" if done.source == "strangers" else "workers, each searched for among the others"
    rests = f"Measured on {done.non_mated_people} {who} ({done.non_mated_searches} photos)"
    if is_enough(done):
        return f"{rests}: enough for a target of {done.target_fpir:g}, which needs about {needed}."
    return (
        f"{rests}: too few to be sure of a target of {done.target_fpir:g}, which needs about {needed} "
        "(rule of three). Take the upper end of the interval as what may happen, or bring more."
    )


def status(current: ThresholdStatus | None) -> str:
    """What decides now, where it comes from, and whether it still holds."""
    if current is None:
        return "No thresholds are in force: nobody is enrolled yet, or the catalogue lacks their model."
    line = (
        f"match_threshold {current.match_threshold:.4f} ({ORIGINS[current.threshold_from]}), "
        f"min_margin {current.min_margin:g} ({ORIGINS[current.margin_from]})."
    )
    if current.calibration is None:
        return f"{line}\nNever calibrated; `facevec calibrate` measures them for your workers."
    made = current.calibration
    when = f"Calibrated {made.created_at:%Y-%m-%d %H:%M} UTC for FPIR {made.target_fpir:g}"
    told = f"{line}\n{when}: {found(made)}"
    return f"{told}\nOutdated: {current.outdated}" if current.outdated else told
