"""What was decided, and by which values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

from facevec.types.people import Worker
from facevec.types.pictures import Emotion, Face, QualityGate


class Status(str, Enum):
    """What facevec decided about one face."""

    IDENTIFIED = "identified"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    LOW_QUALITY = "low_quality"


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome of the identification policy for one probe.

    distance: to the nearest worker, `policy.normalised`; None with an empty gallery.
    margin: how much further the next different worker is, None with fewer than two.
    """

    status: Status
    worker_id: int | None
    distance: float | None
    margin: float | None


@dataclass(frozen=True, slots=True)
class Match:
    """A worker near a face, whether or not near enough to be named; the plain distance."""

    worker: Worker
    distance: float


@dataclass(frozen=True, slots=True)
class Recognition:
    """One face, decided. candidates: the nearest workers, as many as were asked for."""

    face: Face
    status: Status
    worker: Worker | None
    distance: float | None
    margin: float | None
    emotion: Emotion | None
    candidates: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class RecognisedImage:
    """One picture, decided, with the settings that decided it.

    emotions: False where emotions are switched off; then no answer speaks of them at all.
    """

    width: int
    height: int
    faces: tuple[Recognition, ...]
    model: str
    match_threshold: float
    detection_threshold: float
    index_revision: int
    emotions: bool = True


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What decides a recognition, and whether two faces are one person.

    match_threshold: largest distance that still names a worker, 0 to 2.
    min_margin: smallest margin to the next different worker that is not ambiguous, 0 to 2.
    verify_threshold: largest plain distance between two faces of one person (1:1), 0 to 2.
    match_decline: by how much match_threshold falls when the gallery grows e times (see
    `policy.for_gallery`); 0 when the operator set the threshold.
    neighbours: usual mean distance to the workers after the nearest (see `policy.normalised`), 0 to 2;
    0 when nothing is normalised. neighbours_decline: by how much it falls when the gallery grows e times.
    """

    match_threshold: float
    min_margin: float
    verify_threshold: float
    probe_gate: QualityGate
    match_decline: float = 0.0
    neighbours: float = 0.0
    neighbours_decline: float = 0.0


@dataclass(frozen=True, slots=True)
class Distances:
    """The distances that suit one embedding model, 0 to 2; what settings of 0 stand for.

    match: as `match_threshold`, in a gallery of `policy.REFERENCE_GALLERY` workers; decline: as
    `match_decline`. same_person, other_person: as `same_person_threshold` and
    `other_person_threshold`. margin: as `min_margin`. verify: as `verify_threshold`. neighbours,
    neighbours_decline: as in `Thresholds`, the former in that gallery.
    """

    match: float
    margin: float
    verify: float
    same_person: float
    other_person: float
    decline: float = 0.0
    neighbours: float = 0.0
    neighbours_decline: float = 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """A threshold and margin measured for a target FPIR, and what they were measured on.

    match_threshold: in a gallery of `workers`. source: whether strangers' photos were searched for, or
    each worker in the gallery of the others. fpir, fnir: as measured, each with its 95 % interval;
    fnir is None when no worker has two photos. non_mated_searches: of `non_mated_people` people.
    """

    model: str
    contract: str
    match_threshold: float
    min_margin: float
    target_fpir: float
    source: Literal["strangers", "workers"]
    workers: int
    fpir: float
    fpir_low: float
    fpir_high: float
    non_mated_searches: int
    non_mated_people: int
    fnir: float | None
    fnir_low: float | None
    fnir_high: float | None
    mated_searches: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EnrolmentRules:
    """What a photo must satisfy to become a template.

    same_person_threshold: largest distance to the worker's other photos, 0 to 2.
    other_person_threshold: at or below this distance to another worker the face is theirs, 0 to 2.
    neighbours: as `Thresholds.neighbours`, for that distance.
    """

    gate: QualityGate
    same_person_threshold: float
    other_person_threshold: float
    keep_photos: bool
    neighbours: float = 0.0


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether two faces are one person. distance: 0 (same picture) to 2; same: at or below the threshold."""

    distance: float
    threshold: float
    same: bool
    model: str
