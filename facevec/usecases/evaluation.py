"""What an evaluation measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.decision.point import OperatingPoint
from facevec.decision.rates import Curve, Rate
from facevec.decision.uneven import GroupRates, Lamb
from facevec.types import Estimate, Refusal


@dataclass(frozen=True, slots=True)
class RatePoint:
    """Both error rates at one threshold. tpir: with the threshold's own uncertainty; None in force."""

    threshold: float
    fpir: Rate
    fnir: Rate
    target_fpir: float | None = None
    tpir: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Confusion:
    """A search whose nearest worker is somebody else. named: whether the thresholds in force name them."""

    photo: str
    shows: str
    taken_for: str
    distance: float
    mated: bool
    named: bool


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Somebody whose `photo` was refused at enrolment because the face is another's, at this distance.

    One person under two names, or two who look alike: `--distinct-from` tells production that they are two.
    """

    photo: str
    shows: str
    taken_for: str
    distance: float


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What was measured.

    enrolled: workers in the gallery, of `templates` photos. look_alikes: who was refused as whom, each two
    once, nearest first. not_enrolled: people of whom no photo would do (FTE), with the reason. refused:
    photos not enrolled. not_searched: probes without a usable picture or face; those of workers count as
    missed, those of strangers are left out. nearest_mated, nearest_non_mated: (n,) distance to the nearest
    worker, for histograms; mated only where that is the right one. groups: as `decision.uneven.by_group` has
    them, and lambs: who draws strangers, both at the threshold in force.
    """

    model: str
    point: OperatingPoint
    people: int
    enrolled: int
    templates: int
    enrol_photos: int
    fte: Rate
    rank_one: Rate
    in_force: RatePoint
    points: tuple[RatePoint, ...]
    curve: Curve
    confusions: tuple[Confusion, ...]
    look_alikes: tuple[LookAlike, ...]
    not_enrolled: tuple[Refusal, ...]
    refused: tuple[Refusal, ...]
    not_searched: tuple[Refusal, ...]
    nearest_mated: npt.NDArray[np.float32]
    nearest_non_mated: npt.NDArray[np.float32]
    groups: tuple[GroupRates, ...] = ()
    lambs: tuple[Lamb, ...] = ()
