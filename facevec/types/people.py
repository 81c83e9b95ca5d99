"""Workers, their consents and their photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from facevec.types.arrays import Vector
from facevec.types.pictures import Quality

SYSTEM = "facevec"
"""Who did what no person asked for, such as the nightly job."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A worker's agreement to be recognised: to which text, from when, and until when (UTC).

    expires_at: None is open-ended. emotion, photos, visits: whether they also agreed to their expressions
    being read, their enrolment photos being kept, and a record of when they were seen. recorded_by: as
    `Distinction.decided_by`; it stands in the ledger alone.
    """

    text_version: str
    given_at: datetime
    expires_at: datetime | None = None
    emotion: bool = False
    photos: bool = False
    visits: bool = False
    recorded_by: str = field(default=SYSTEM, compare=False)

    @property
    def purposes(self) -> tuple[str, ...]:
        """What they agreed to, by name."""
        also = {"emotion": self.emotion, "photos": self.photos, "visits": self.visits}
        return ("identification", *(name for name, agreed in also.items() if agreed))

    def same_but_when(self, other: Consent) -> bool:
        """Whether it says what `other` says, apart from when it was given."""
        return replace(self, given_at=other.given_at) == other


LedgerKind = Literal["before", "recorded", "withdrawn", "expired", "removed"]
"""before: recorded before there was a ledger. expired: what was kept under it was destroyed after its end.
removed: the worker was."""


ConsentEnd = Literal["withdrawn", "expired"]
"""Why a consent ends for good, and with it all that was kept under it."""


@dataclass(frozen=True, slots=True)
class ConsentCounts:
    """How far the workers' consents go. without: workers of whom none is recorded. photos_unagreed: photos
    kept of workers who agreed to something else only."""

    workers: int
    without: int
    photos_unagreed: int


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry of the consent ledger, which is only ever added to.

    number: counted from 1, without gaps. worker_id: of nobody else, also after they were removed.
    given_at, expires_at: from when until when the consent holds by this entry. text_sha256: of the text's
    bytes, None where the text was not kept. recorded_by: as `Consent`.
    """

    number: int
    worker_id: int
    kind: LedgerKind
    text_version: str
    text_sha256: str | None
    given_at: datetime
    expires_at: datetime | None
    purposes: tuple[str, ...]
    recorded_by: str
    recorded_at: datetime


LONGEST_TEXT = 100_000
"""Characters of a consent text."""


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A text that people agree to, which never changes. sha256: of its UTF-8 bytes, hexadecimal."""

    version: str
    text: str
    sha256: str
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Distinction:
    """The decision that a worker is somebody else than worker `worker_id`, called `name`, however alike.

    decided_by: `user:NAME` on the command line, `key:ID` in the API.
    """

    worker_id: int
    name: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class DistinctFrom:
    """The workers who somebody decided are not the one whose photos are enrolled; see `Distinction`."""

    worker_ids: tuple[int, ...]
    decided_by: str


WorkerStatus = Literal["active", "inactive"]


@dataclass(frozen=True, slots=True)
class Worker:
    """An enrolled identity. distinct_from: look-alikes who were decided to be somebody else."""

    id: int
    name: str
    external_id: str | None
    status: WorkerStatus
    consent: Consent | None
    created_at: datetime
    photo_count: int
    distinct_from: tuple[Distinction, ...] = ()


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
    pixels: the file's own bytes, or None when photos are not kept. beside: a template under each other
    contract that is kept beside it, while the model is changed.
    """

    sha256: str
    source: str
    quality: Quality
    template: Vector
    contract: str
    pixels: bytes | None = None
    beside: Mapping[str, Vector] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Newcomer:
    """Somebody to be enrolled, by photos that were accepted."""

    name: str
    consent: Consent | None
    photos: tuple[NewPhoto, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Seal:
    """What a worker looked like when they were first enrolled, which no later photo changes.

    reference: (1, dimension) float32, unit length, never searched. photos: of how many it was made.
    """

    reference: Vector
    photos: int


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
class RefusedFor(Refusal):
    """A photo that was not enrolled because it is worker `owner_id`'s, whom the sentence names."""

    owner_id: int


@dataclass(frozen=True, slots=True)
class RefusedAs(Refusal):
    """A photo that was not enrolled because its face is worker `worker_id`'s, at this normalised distance."""

    worker_id: int
    distance: float


@dataclass(frozen=True, slots=True)
class TurnedPhoto:
    """A photo in which faces were looked for turned by so many degrees, clockwise."""

    source: str
    degrees: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What became of a worker's photos.

    worker: None when nothing could be enrolled. reseeded: whether the face by which the worker is known was
    replaced by that of the photos. turned: photos that did not lie as they should, accepted or refused.
    """

    name: str
    worker: Worker | None
    accepted: Sequence[str]
    refused: Sequence[Refusal] = field(default=())
    reseeded: bool = False
    turned: Sequence[TurnedPhoto] = field(default=())
