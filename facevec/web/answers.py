"""What answers look like, for OpenAPI; `presentation.payload` makes them."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from facevec.types import EMOTIONS

Distance = Field(ge=0, le=2.0001, description="Euclidean between unit vectors: 0 is the same picture.")


class Answer(BaseModel):
    """Anything the service sends; only what is described here is in it."""

    model_config = ConfigDict(extra="forbid")


class Box(Answer):
    """Pixels of the upright picture."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float


class WorkerIdentity(Answer):
    """Who somebody is."""

    id: int
    name: str
    external_id: str | None


class EmotionRead(Answer):
    """The likeliest expression, null when none is likely enough, and all probabilities."""

    top: Literal[EMOTIONS] | None  # type: ignore[valid-type]  # a constant tuple of strings
    scores: dict[str, float]


class CandidateFound(Answer):
    """A worker near a face, whether or not near enough."""

    worker: WorkerIdentity
    distance: float = Distance


class FaceFound(Answer):
    """A face and what was decided about it."""

    box: Box
    detection_score: float
    status: Literal["identified", "unknown", "ambiguous", "low_quality"]
    worker: WorkerIdentity | None
    distance: float | None
    margin: float | None
    emotion: EmotionRead | None = Field(
        None,
        description=(
            "null when it was not asked for, or the settings want a worker's consent and there is none. "
            "Left out where the operator has switched emotions off."
        ),
    )
    candidates: list[CandidateFound]


class ErrorFound(Answer):
    """Why a picture of several could not be used."""

    code: str
    message: str


class ImageRecognised(Answer):
    """A picture and its faces, largest first."""

    path: str | None
    width: int
    height: int
    faces: list[FaceFound]


class ImageFailed(Answer):
    """A picture that could not be used."""

    path: str | None
    error: ErrorFound


class RecognitionAnswer(Answer):
    """Pictures, and the settings that decided."""

    images: list[ImageRecognised | ImageFailed]
    model: str
    match_threshold: float
    detection_threshold: float
    index_revision: int


class VerificationAnswer(Answer):
    """Whether two faces are one person."""

    distance: float = Distance
    match_threshold: float = Field(description="What the distance is compared with, match.verify_threshold.")
    same: bool
    model: str


class ConsentAnswer(Answer):
    """A worker's agreement."""

    text_version: str
    given_at: AwareDatetime
    expires_at: AwareDatetime | None
    emotion: bool


class WorkerAnswer(WorkerIdentity):
    """All that the registry says of a worker."""

    status: Literal["active", "inactive"]
    consent: ConsentAnswer | None
    created_at: AwareDatetime
    photo_count: int


class PhotoAnswer(Answer):
    """An enrolment photo."""

    id: int
    sha256: str
    source: str
    quality: dict[str, float]
    created_at: AwareDatetime
    has_pixels: bool


class WorkerDetails(WorkerAnswer):
    """A worker with their photos."""

    photos: list[PhotoAnswer]


class WorkerPage(Answer):
    """Part of the workers, by ascending id."""

    workers: list[WorkerAnswer]
    next_cursor: str | None


class Reason(Answer):
    """A photo that was refused, or a parameter that is wrong."""

    source: str
    code: str
    reason: str


class EnrolmentAnswer(Answer):
    """What became of a worker's photos."""

    name: str
    worker: WorkerAnswer | None
    accepted: list[str]
    refused: list[Reason]


class CalibrationAnswer(Answer):
    """Thresholds measured here for a target FPIR, on what, and with which 95 % intervals."""

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
    created_at: AwareDatetime
    enough_people: bool
    people_needed: int


class ThresholdsAnswer(Answer):
    """What decides now and where it comes from; `outdated` says why the calibration holds no longer."""

    match_threshold: float
    min_margin: float
    threshold_from: Literal["settings", "calibration", "model"]
    margin_from: Literal["settings", "calibration", "model"]
    calibration: CalibrationAnswer | None
    outdated: str | None


class IndexAnswer(Answer):
    """The registry beside the index on disk; what follows `generation` is null without one."""

    model: str | None
    contract: str | None
    registry_revision: int
    live_revision: int
    workers: int
    templates: int
    generation: str | None
    generation_revision: int | None
    generation_workers: int | None
    lag: int | None
    created_at: AwareDatetime | None
    size: int | None
    fault: str | None
    thresholds: ThresholdsAnswer | None


class ModelAnswer(Answer):
    """A model of the catalogue."""

    name: str
    task: str
    description: str
    licence: str
    source: str
    dimension: int
    here: bool
    in_use: bool
    sha256: str | None


class ModelsAnswer(Answer):
    """The catalogue, and the contract of what is in use."""

    models: list[ModelAnswer]
    contract: str


class Health(Answer):
    """The process answers."""

    status: Literal["ok"]


class Readiness(Answer):
    """A recognition would succeed."""

    status: Literal["ready"]
    index_revision: int


class ProblemAnswer(Answer):
    """RFC 9457. `code` is stable; `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    reasons: list[Reason] = []
