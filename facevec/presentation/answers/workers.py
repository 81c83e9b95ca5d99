"""Workers, their consent and photos, and what became of photos that were to be enrolled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from facevec.presentation.answers.base import LEFT_OUT, Answer, Figure, Moment
from facevec.presentation.answers.problems import ErrorFound, Reason
from facevec.types import Refusal
from facevec.usecases.importing import Import

if TYPE_CHECKING:
    from typing_extensions import Self


class WorkerIdentity(Answer):
    """Who somebody is."""

    id: int
    name: str
    external_id: str | None


class ConsentAnswer(Answer):
    """A worker's agreement."""

    text_version: str
    given_at: Moment
    expires_at: Moment | None
    emotion: bool
    photos: bool
    visits: bool


class DistinctionAnswer(Answer):
    """A look-alike who was decided to be somebody else: by `user:NAME` or `key:ID`, and when."""

    worker_id: int
    name: str
    decided_by: str
    decided_at: Moment


class WorkerAnswer(WorkerIdentity):
    """All that the registry says of a worker."""

    status: Literal["active", "inactive"]
    consent: ConsentAnswer | None
    created_at: Moment
    photo_count: int
    distinct_from: tuple[DistinctionAnswer, ...]


class PhotoQuality(Answer):
    """What was measured of the face in a photo."""

    size: Figure
    sharpness: Figure
    brightness: Figure
    contrast: Figure
    yaw: Figure
    roll: Figure


class PhotoAnswer(Answer):
    """An enrolment photo."""

    id: int
    sha256: str
    source: str
    quality: PhotoQuality
    created_at: Moment
    has_pixels: bool


class WorkerDetails(WorkerAnswer):
    """A worker with their photos."""

    photos: tuple[PhotoAnswer, ...]


class WorkersAnswer(Answer):
    """Every worker, by ascending id."""

    workers: tuple[WorkerAnswer, ...]


class WorkerPage(WorkersAnswer):
    """Part of the workers, by ascending id."""

    next_cursor: str | None


class PhotoTurned(Answer):
    """A photo that did not lie as it should: by how many degrees, clockwise, it was looked at turned."""

    source: str
    degrees: int


class EnrolmentAnswer(Answer):
    """What became of a worker's photos. reseeded: whether they said anew who the worker is."""

    name: str
    worker: WorkerAnswer | None
    accepted: tuple[str, ...]
    refused: tuple[Reason, ...]
    reseeded: bool
    turned: tuple[PhotoTurned, ...]


class FolderEnrolled(EnrolmentAnswer):
    """What became of a folder of photos. already_enrolled: those that were this worker's before."""

    already_enrolled: tuple[str, ...]


class ImportAnswer(Answer):
    """What became of the folders, in photos.

    loose: photos that lie in none, counted as refused. passed_over: what systems and cameras leave there.
    merged: folders of one person. error: what came before the last folders were looked at.
    """

    workers: tuple[FolderEnrolled, ...]
    loose: tuple[Reason, ...]
    passed_over: tuple[str, ...]
    merged: tuple[tuple[str, ...], ...]
    enrolled: int
    already_enrolled: int
    refused: int
    folders_left: int
    error: ErrorFound | None = None

    @classmethod
    def of_import(
        cls, outcome: Import, loose: Sequence[Refusal], error: ErrorFound | None, **fields: object
    ) -> Self:
        """error: what stopped it, if anything. `fields` as in `of`."""
        return cls.of(
            outcome,
            workers=[
                FolderEnrolled.of(one.enrolment, already_enrolled=one.already) for one in outcome.admissions
            ],
            already_enrolled=outcome.already,
            loose=loose,
            refused=len(outcome.refused) + len(loose),
            folders_left=outcome.left,
            error=error or LEFT_OUT,
            **fields,
        )


class CropAnswer(Answer):
    """Faces written to files, those that were there before, and the files that gave none."""

    written: tuple[str, ...]
    already_there: tuple[str, ...]
    refused: tuple[Reason, ...]
    passed_over: tuple[str, ...]
