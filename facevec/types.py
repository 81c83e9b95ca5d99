"""The values that travel through facevec. All are frozen; arrays in them are read-only by agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Literal

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""(height, width, 3) uint8, RGB, upright."""

Vectors = npt.NDArray[np.float32]
"""(n, dimension) float32; every row of unit length unless said otherwise."""

EMBEDDING_DIMENSION = 512
"""Length of an embedding of InceptionResnetV1."""

Probabilities = npt.NDArray[np.float64]
"""(n, 7) float64, a column for each of `EMOTIONS`; every row sums to one."""

EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")
"""Class order of every emotion model, as in fer-pytorch."""


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """A decoded picture: RGB, upright, within the limits of the decoder."""

    pixels: Pixels

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright picture, inside its borders."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    @property
    def width(self) -> float:
        return self.x_max - self.x_min

    @property
    def height(self) -> float:
        return self.y_max - self.y_min

    @property
    def area(self) -> float:
        return self.width * self.height


Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Five points in pixels; left and right as the viewer sees them."""

    left_eye: Point
    right_eye: Point
    nose: Point
    mouth_left: Point
    mouth_right: Point

    def points(self) -> tuple[Point, ...]:
        return (self.left_eye, self.right_eye, self.nose, self.mouth_left, self.mouth_right)


@dataclass(frozen=True, slots=True)
class Quality:
    """What can be said of a face crop before it is recognised.

    size: shorter side of the detector's box, pixels.
    sharpness: variance of the Laplacian of the grey crop at 112 x 112, >= 0.
    brightness: mean grey level, 0 to 255.
    contrast: standard deviation of the grey level, 0 to 127.5.
    yaw: nose off the middle of the eyes, in eye distances; 0 is frontal, about 0.5 is a half profile.
    roll: slope of the line of the eyes, degrees; 0 is level.
    """

    size: float
    sharpness: float
    brightness: float
    contrast: float
    yaw: float
    roll: float


@dataclass(frozen=True, slots=True)
class Face:
    """A detected face. `detection_score` is the detector's, 0 to 1."""

    box: Box
    landmarks: Landmarks
    detection_score: float
    quality: Quality


@dataclass(frozen=True, slots=True)
class Emotion:
    """Seven probabilities that sum to one, in the order of `EMOTIONS`.

    top: the most likely, or None when none is likely enough to be said.
    """

    scores: Mapping[str, float]
    top: str | None


class Looks(Enum):
    """How a face is looked at before its embedding is taken: the mean of one view or more.

    ONCE: as it is. MIRRORED: and its mirror image, for a template. AGAIN: as it is, and mirrored in a
    tighter and in a wider crop, for a probe where one view is not sure enough.
    """

    ONCE = "once"
    MIRRORED = "mirrored"
    AGAIN = "again"


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedFace:
    """A face with its embedding and, unless switched off, its emotion.

    embedding: (dimension,) float32, unit length.
    """

    face: Face
    embedding: npt.NDArray[np.float32]
    emotion: Emotion | None


@dataclass(frozen=True, slots=True, eq=False)
class AnalysedImage:
    """A picture and all its faces, largest first."""

    image: Image
    faces: tuple[AnalysedFace, ...]

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height

    @property
    def embeddings(self) -> Vectors:
        """A row for each face."""
        rows = [face.embedding for face in self.faces]
        return np.stack(rows) if rows else np.empty((0, EMBEDDING_DIMENSION), np.float32)


@dataclass(frozen=True, slots=True)
class Consent:
    """A worker's agreement to be recognised: to which text, when, and until when (UTC).

    expires_at: None is open-ended. emotion: whether they agreed to their expressions being read too.
    """

    text_version: str
    given_at: datetime
    expires_at: datetime | None = None
    emotion: bool = False


WorkerStatus = Literal["active", "inactive"]


@dataclass(frozen=True, slots=True)
class Worker:
    """An enrolled identity."""

    id: int
    name: str
    external_id: str | None
    status: WorkerStatus
    consent: Consent | None
    created_at: datetime
    photo_count: int


@dataclass(frozen=True, slots=True)
class Photo:
    """An enrolment photo as the registry remembers it; its pixels are kept only if asked."""

    id: int
    worker_id: int
    sha256: str
    source: str
    quality: Quality
    created_at: datetime
    has_pixels: bool


@dataclass(frozen=True, slots=True, eq=False)
class NewPhoto:
    """A photo accepted for enrolment, with the template taken from it.

    template: (dimension,) float32, unit length, under embedding contract `contract`.
    pixels: the file's own bytes, or None when photos are not kept.
    """

    sha256: str
    source: str
    quality: Quality
    template: npt.NDArray[np.float32]
    contract: str
    pixels: bytes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Templates:
    """Stored embeddings, in no particular order.

    worker_ids: (n,) int64. vectors: (n, dimension) float32, unit length.
    """

    worker_ids: npt.NDArray[np.int64]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class RegistryState:
    """What the registry says of itself.

    model, contract: None until the first enrolment chose them.
    """

    revision: int
    model: str | None
    contract: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The whole gallery at one revision of the registry.

    worker_ids: (n,) int64, ascending. references: (n, dimension) float32, unit length.
    template_count: how many templates the references were fused from.
    """

    revision: int
    contract: str
    model: str
    template_count: int
    worker_ids: npt.NDArray[np.int64]
    references: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """A snapshot on disk. `size` is in bytes, `created_at` in UTC."""

    name: str
    created_at: datetime
    size: int
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Candidate:
    """One answer of a gallery search; distance is Euclidean between unit vectors, 0 to 2."""

    worker_id: int
    distance: float


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
class QualityGate:
    """Limits a face must keep; see `Quality` for the units."""

    min_size: float
    min_sharpness: float
    min_brightness: float
    max_brightness: float
    min_contrast: float
    max_yaw: float


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
class PhotoSource:
    """A photo's bytes and where they came from, as the operator would recognise it (a path, a form field)."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """A photo that was not enrolled: the error's stable code and its sentence."""

    source: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What became of a worker's photos. `worker` is None when nothing could be enrolled."""

    name: str
    worker: Worker | None
    accepted: Sequence[str]
    refused: Sequence[Refusal] = field(default=())


Scope = Literal["recognize", "enrol", "admin"]
"""What a key may do; admin includes the others."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the service as it may be listed. The secret itself is stored nowhere.

    id: the part of the key that is no secret. expires_at: None is never.
    last_used_at: to the hour, None until it is first used.
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def valid_at(self, moment: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or moment < self.expires_at)


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether two faces are one person. distance: 0 (same picture) to 2; same: at or below the threshold."""

    distance: float
    threshold: float
    same: bool
    model: str
