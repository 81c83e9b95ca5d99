"""What the service answers. Written by `python -m docs.client` from the OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .reading import Answer


@dataclass(frozen=True)
class ApprovalAnswer(Answer):
    """Something that somebody asked for and that takes somebody else, too. By `key:ID` or `user:NAME`."""

    id: int
    deed: str
    worker_id: int | None
    content: dict[str, str]
    whole: bool
    asked_by: str
    asked_at: datetime
    ends_at: datetime
    state: Literal["waiting", "approved", "refused"]
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True)
class ApprovalsAnswer(Answer):
    """What waits, and what was decided and not yet done, oldest first."""

    approvals: tuple[ApprovalAnswer, ...]


@dataclass(frozen=True)
class AuditPlace(Answer):
    """Where a record stands in the audit trail."""

    segment: int
    number: int
    mark: str


@dataclass(frozen=True)
class Box(Answer):
    """Pixels of the upright picture."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float


@dataclass(frozen=True)
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
    created_at: datetime
    enough_people: bool
    people_needed: int


@dataclass(frozen=True)
class CandidateFound(Answer):
    """A worker near a face, whether or not near enough."""

    worker: WorkerIdentity
    distance: float


@dataclass(frozen=True)
class ConsentAnswer(Answer):
    """A worker's agreement."""

    text_version: str
    given_at: datetime
    expires_at: datetime | None
    emotion: bool
    photos: bool
    visits: bool


@dataclass(frozen=True)
class ConsentEntriesAnswer(Answer):
    """What the ledger says of a worker, oldest first."""

    entries: tuple[ConsentEntry, ...]


@dataclass(frozen=True)
class ConsentEntry(Answer):
    """An entry of the ledger. kind: `before` there was a ledger; `expired`, what was kept under it was
    destroyed after its end; `removed`, the worker was. recorded_by: `user:NAME`, `key:ID` or `facevec`."""

    number: int
    worker_id: int
    kind: Literal["before", "recorded", "withdrawn", "expired", "removed"]
    text_version: str
    text_sha256: str | None
    given_at: datetime
    expires_at: datetime | None
    purposes: tuple[Literal["identification", "emotion", "photos", "visits"], ...]
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class ConsentRule(Answer):
    """Whether nobody is recognised without a consent, and how many workers have none recorded."""

    required: bool
    without: int


@dataclass(frozen=True)
class ConsentTextAnswer(Answer):
    """A text that people agree to. sha256: of its UTF-8 bytes."""

    version: str
    text: str
    sha256: str
    added_by: str
    added_at: datetime


@dataclass(frozen=True)
class ConsentTextsAnswer(Answer):
    """Every text, oldest first."""

    texts: tuple[ConsentTextAnswer, ...]


@dataclass(frozen=True)
class DistinctionAnswer(Answer):
    """A look-alike who was decided to be somebody else: by `user:NAME` or `key:ID`, and when."""

    worker_id: int
    name: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True)
class EmotionRead(Answer):
    """The likeliest expression, null when none is likely enough, and all probabilities."""

    top: Literal["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear"] | None
    scores: dict[str, float]


@dataclass(frozen=True)
class EnrolmentAnswer(Answer):
    """What became of a worker's photos. reseeded: whether they said anew who the worker is."""

    name: str
    worker: WorkerAnswer | None
    accepted: tuple[str, ...]
    refused: tuple[Reason, ...]
    reseeded: bool
    turned: tuple[PhotoTurned, ...]


@dataclass(frozen=True)
class ErrorFound(Answer):
    """Why a picture of several could not be used."""

    code: str
    message: str


@dataclass(frozen=True)
class FaceFound(Answer):
    """A face and what was decided about it."""

    box: Box
    detection_score: float
    status: Literal["identified", "unknown", "ambiguous", "low_quality", "unconfirmed"]
    worker: WorkerIdentity | None
    distance: float | None
    margin: float | None
    candidates: tuple[CandidateFound, ...]
    emotion: EmotionRead | None = None
    review: ReviewAsked | None = None


@dataclass(frozen=True)
class FindingAnswer(Answer):
    """Something to look at: whom it is about, a photo of the first of them, how near, until when, and why."""

    workers: tuple[WorkerIdentity, ...]
    photo_id: int | None
    distance: float | None
    at: datetime | None
    reason: str | None


@dataclass(frozen=True)
class Health(Answer):
    """The process answers."""

    status: Literal["ok"]


@dataclass(frozen=True)
class ImageFailed(Answer):
    """A picture that could not be used."""

    path: str | None
    error: ErrorFound


@dataclass(frozen=True)
class ImageRecognized(Answer):
    """A picture and its faces, largest first."""

    path: str | None
    width: int
    height: int
    turned: int
    faces: tuple[FaceFound, ...]
    faces_detected: int
    match_threshold: float
    index_revision: int
    bands: ScoreBands | None


@dataclass(frozen=True)
class IndexAnswer(Answer):
    """The registry beside what the engine keeps of it; what follows `generation` is null where it keeps none.

    engine: as in `gallery.engine`. kind: how it searches. generation: the index on disk; null with another
    engine than faiss, whose references the counts after it are.
    """

    engine: str
    kind: str
    model: str | None
    contract: str | None
    registry_revision: int
    workers: int
    templates: int
    generation: str | None
    generation_revision: int | None
    generation_workers: int | None
    lag: int | None
    created_at: datetime | None
    size: int | None
    fault: str | None
    set_aside: tuple[TemplateSetAside, ...]
    live_revision: int
    thresholds: ThresholdsAnswer | None
    consent: ConsentRule


@dataclass(frozen=True)
class LabelPlace(Answer):
    """The top left corner of a label, in pixels of the picture as it is shown."""

    left: float
    top: float


@dataclass(frozen=True)
class LabelsAnswer(Answer):
    """Where labels go, in the order of the faces."""

    style: int | None
    places: tuple[LabelPlace, ...]
    alone: tuple[LabelPlace, ...]


@dataclass(frozen=True)
class LastNight(Answer):
    """The last night; null before the first."""

    night: NightAnswer | None


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class ModelsAnswer(Answer):
    """The catalogue, and the contract of what is in use."""

    models: tuple[ModelAnswer, ...]
    contract: str


@dataclass(frozen=True)
class NightAnswer(Answer):
    """What the nightly job did and saw, step by step."""

    holder: str
    began_at: datetime
    ended_at: datetime
    seconds: float
    steps: tuple[StepAnswer, ...]


@dataclass(frozen=True)
class PhotoAnswer(Answer):
    """An enrolment photo."""

    id: int
    sha256: str
    source: str
    quality: PhotoQuality
    created_at: datetime
    has_pixels: bool


@dataclass(frozen=True)
class PhotoQuality(Answer):
    """What was measured of the face in a photo."""

    size: float
    sharpness: float
    brightness: float
    contrast: float
    yaw: float
    roll: float


@dataclass(frozen=True)
class PhotoTurned(Answer):
    """A photo that did not lie as it should: by how many degrees, clockwise, it was looked at turned."""

    source: str
    degrees: int


@dataclass(frozen=True)
class ProblemAnswer(Answer):
    """RFC 9457. `code` is stable; `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Readiness(Answer):
    """A recognition would succeed."""

    status: Literal["ready"]
    index_revision: int


@dataclass(frozen=True)
class Reason(Answer):
    """A photo that was refused, or a parameter that is wrong.

    worker_id, distance: whose face it is and how near, where that is the reason.
    """

    source: str
    code: str
    reason: str
    worker_id: int | None = None
    distance: float | None = None


@dataclass(frozen=True)
class ReceiptAnswer(Answer):
    """A receipt: it names nobody, and its mark holds for as it is, to the last letter.

    what: `worker`, all of somebody, or `face`, all that they are told by. revision: of the registry, from
    which on nobody is told by it. destroyed: how much of each kind. identities: keyed hashes, as in the
    ledger of removals. traces: what finds it again, for who has the integrity key.
    """

    format: str
    id: str
    what: Literal["worker", "face", "photos"]
    erased_at: datetime
    registry: str
    revision: int
    integrity_key: str
    destroyed: dict[str, int]
    identities: dict[str, str]
    traces: str
    audit: AuditPlace | None
    mark: str


@dataclass(frozen=True)
class RecognitionAnswer(Answer):
    """Pictures, and what decides now; each says what decided it."""

    images: tuple[ImageRecognized | ImageFailed, ...]
    model: str
    match_threshold: float
    detection_threshold: float
    index_revision: int


@dataclass(frozen=True)
class ReviewAnswer(Answer):
    """An identification, and what people said of it. By `key:ID` or `user:NAME`."""

    id: int
    worker: WorkerIdentity
    state: Literal["pending", "confirmed", "rejected", "expired"]
    persons: int
    ends_at: datetime
    face: int
    distance: float
    match_threshold: float
    contract: str
    index_revision: int
    picture: str
    request_id: str | None
    asked_by: str
    asked_at: datetime
    confirmed_by: tuple[str, ...]
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True)
class ReviewAsked(Answer):
    """That people have to confirm who a face is before it counts."""

    id: int
    worker: WorkerIdentity
    state: Literal["pending", "confirmed", "rejected", "expired"]
    persons: int
    ends_at: datetime


@dataclass(frozen=True)
class ReviewsAnswer(Answer):
    """Identifications that wait for people, oldest first."""

    reviews: tuple[ReviewAnswer, ...]


@dataclass(frozen=True)
class ScoreBands(Answer):
    """The edges between which distances (upper ones) and margins (lower ones) are said, ascending."""

    distance: tuple[float, ...]
    margin: tuple[float, ...]


@dataclass(frozen=True)
class StepAnswer(Answer):
    """One step: what it did, in figures and notes. count: of all findings; the first of them are listed.
    code, reason: of what ended it."""

    name: str
    seconds: float
    figures: dict[str, float]
    notes: dict[str, str]
    count: int
    findings: tuple[FindingAnswer, ...]
    code: str | None
    reason: str | None


@dataclass(frozen=True)
class TemplateSetAside(Answer):
    """A template that is not as facevec wrote it, and is searched by nobody."""

    worker_id: int
    photo_id: int


@dataclass(frozen=True)
class ThresholdsAnswer(Answer):
    """What decides now and where it comes from; `outdated` says why the calibration holds no longer.

    model_evidence: what the model's own distances rest on.
    """

    match_threshold: float
    min_margin: float
    threshold_from: Literal["settings", "calibration", "model", "default"]
    margin_from: Literal["settings", "calibration", "model", "default"]
    calibration: CalibrationAnswer | None
    outdated: str | None
    target_fpir: float | None
    target_from: Literal["settings", "calibration", "model", "default"] | None
    verify_threshold: float
    verify_from: Literal["settings", "calibration", "model", "default"]
    model_evidence: Literal["measured", "own_workers", "published", "assumed"]
    caveats: tuple[str, ...]


@dataclass(frozen=True)
class VerificationAnswer(Answer):
    """Whether two faces are one person."""

    distance: float
    verify_threshold: float
    same: bool
    ambiguous: bool
    model: str
    bands: ScoreBands | None


@dataclass(frozen=True)
class VisitAnswer(Answer):
    """Sightings of a worker at a place, between which no pause was too long; of one day in UTC.

    by, request_id, distance, contract, point: of the first of them, whose picture it was and what decided.
    """

    id: int
    worker_id: int
    place: str
    first_at: datetime
    last_at: datetime
    sightings: int
    by: str
    request_id: str
    distance: float | None
    contract: str
    point: VisitPoint


@dataclass(frozen=True)
class VisitPage(Answer):
    """A part of the list; next_cursor: null after the last."""

    visits: tuple[VisitAnswer, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class VisitPoint(Answer):
    """What decided, with where each value came from."""

    match_threshold: float
    threshold_from: str
    min_margin: float
    margin_from: str


@dataclass(frozen=True)
class WorkerAnswer(Answer):
    """All that the registry says of a worker."""

    id: int
    name: str
    external_id: str | None
    status: Literal["active", "inactive"]
    consent: ConsentAnswer | None
    created_at: datetime
    photo_count: int
    distinct_from: tuple[DistinctionAnswer, ...]


@dataclass(frozen=True)
class WorkerDetails(Answer):
    """A worker with their photos."""

    id: int
    name: str
    external_id: str | None
    status: Literal["active", "inactive"]
    consent: ConsentAnswer | None
    created_at: datetime
    photo_count: int
    distinct_from: tuple[DistinctionAnswer, ...]
    photos: tuple[PhotoAnswer, ...]


@dataclass(frozen=True)
class WorkerIdentity(Answer):
    """Who somebody is."""

    id: int
    name: str
    external_id: str | None


@dataclass(frozen=True)
class WorkerPage(Answer):
    """Part of the workers, by ascending id."""

    workers: tuple[WorkerAnswer, ...]
    next_cursor: str | None
