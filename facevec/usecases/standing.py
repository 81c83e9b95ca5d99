"""What decides in today's gallery, where it comes from, and what it cannot promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from facevec.decision.point import OperatingPoint
from facevec.decision.promise import caveats, outdated
from facevec.decision.resolve import MatchOverrides, operating_point
from facevec.errors import ModelUnknown
from facevec.ports import Calibrations, TemplateSource
from facevec.types import Calibration, ModelScale


@dataclass(frozen=True, slots=True)
class Standing:
    """The operating point of today's gallery.

    newest: the newest calibration, of whatever model. outdated: why it holds no longer, or None.
    caveats: what the point cannot promise, a sentence each.
    """

    point: OperatingPoint
    newest: Calibration | None
    outdated: str | None
    caveats: tuple[str, ...]


def current_point(
    calibrations: Calibrations, contract: str, overrides: MatchOverrides, scale: ModelScale
) -> OperatingPoint:
    """What decides now: settings, else the newest calibration, else what was measured for the model.

    One small query, so that a calibration counts at once in every process. Raises RegistryError.
    """
    return operating_point(overrides, calibrations.latest(contract), scale)


def standing(
    registry: TemplateSource,
    calibrations: Calibrations,
    overrides: MatchOverrides,
    scale_of: Callable[[str, str], ModelScale],
) -> Standing | None:
    """How things stand now. Raises RegistryError.

    scale_of: the scale of a model under a contract. None before the first enrolment, and for a model that it
    does not know.
    """
    state = registry.state()
    if state.model is None or state.contract is None:
        return None
    try:
        scale = scale_of(state.model, state.contract)
    except ModelUnknown:
        return None
    _, workers, _ = registry.enrolled(state.contract)
    point = current_point(calibrations, state.contract, overrides, scale).for_gallery(workers)
    newest = point.calibration or calibrations.latest()
    return Standing(
        point=point,
        newest=newest,
        outdated=None if newest is None else outdated(newest, state.contract, workers),
        caveats=caveats(point),
    )
