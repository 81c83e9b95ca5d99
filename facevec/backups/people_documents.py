"""What the JSON files of an archive of workers hold, whoever wrote them; nothing else is taken from there."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, NonNegativeInt, StringConstraints

from facevec.types import Consent, Distinction, Photo, Quality, Worker, WorkerStatus


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(timezone.utc)
    except OverflowError as error:
        raise ValueError("that is before or after all time") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class Document(BaseModel):
    """JSON that must be of the types that it is said to be; what else is in it is passed over."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)


class FileDocument(Document):
    """A file in the archive. size: bytes."""

    size: NonNegativeInt
    sha256: Sha256


class FormatDocument(Document):
    """Which format the archive is of, before anything else of it is read."""

    format: int


class ArchiveManifest(FormatDocument):
    """What an archive says of itself. folders: one a worker. files: each by its path."""

    facevec: str
    made_at: Moment
    model: str | None
    contract: str | None
    folders: tuple[str, ...]
    files: dict[str, FileDocument]


class ConsentDocument(Document):
    """As `types.Consent`; who recorded it says whoever takes it in."""

    text_version: str
    given_at: Moment
    expires_at: Moment | None
    emotion: bool = False
    photos: bool = False
    visits: bool = False


class DistinctionDocument(Document):
    """As `types.Distinction`."""

    worker_id: int
    name: str
    decided_by: str
    decided_at: Moment


class QualityDocument(Document):
    """As `types.Quality`."""

    size: float
    sharpness: float
    brightness: float
    contrast: float
    yaw: float
    roll: float


class TemplateDocument(Document):
    """Where a photo's template lies: a file of the worker's folder, and the line in it."""

    file: str
    row: NonNegativeInt


class PhotoDocument(Document):
    """As `types.Photo`, with its template and, where it is kept, the file that it is in."""

    id: int
    worker_id: int
    sha256: Sha256
    source: str
    quality: QualityDocument
    created_at: Moment
    has_pixels: bool
    contract: str
    template: TemplateDocument
    file: str | None

    def photo(self) -> Photo:
        """Without where its template and its pixels lie."""
        own = self.model_dump(exclude={"contract", "template", "file", "quality"})
        return Photo(**own, quality=Quality(**self.quality.model_dump()))


class WorkerDocument(Document):
    """As `types.Worker`, with the photos."""

    id: int
    name: str
    external_id: str | None
    status: WorkerStatus
    consent: ConsentDocument | None
    created_at: Moment
    photo_count: int
    distinct_from: tuple[DistinctionDocument, ...]
    photos: tuple[PhotoDocument, ...]

    def worker(self) -> Worker:
        """Without the photos."""
        own = self.model_dump(exclude={"consent", "distinct_from", "photos"})
        consent = None if self.consent is None else Consent(**self.consent.model_dump())
        distinct_from = tuple(Distinction(**other.model_dump()) for other in self.distinct_from)
        return Worker(**own, consent=consent, distinct_from=distinct_from)
