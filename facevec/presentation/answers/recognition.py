"""Who is in a picture, and whether two pictures show one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from facevec.errors import FacevecError
from facevec.presentation.answers.base import LEFT_OUT, Answer, Figure, Pixels
from facevec.presentation.answers.problems import ErrorFound
from facevec.presentation.answers.reviews import ReviewAsked
from facevec.presentation.answers.workers import WorkerAnswer, WorkerIdentity
from facevec.types import EMOTIONS, Verification
from facevec.usecases.recognize import Recognition, RecognizedImage

if TYPE_CHECKING:
    from typing_extensions import Self

Distance = Field(ge=0, le=2.0001, description="Euclidean between unit vectors: 0 is the same picture.")


class Box(Answer):
    """Pixels of the upright picture."""

    x_min: Pixels
    y_min: Pixels
    x_max: Pixels
    y_max: Pixels


class EmotionRead(Answer):
    """The likeliest expression, null when none is likely enough, and all probabilities."""

    top: Literal[EMOTIONS] | None  # type: ignore[valid-type]  # a constant tuple of strings
    scores: dict[str, Figure]


class CandidateFound(Answer):
    """A worker near a face, whether or not near enough."""

    worker: WorkerIdentity
    distance: Figure = Distance


class FaceDecided(Answer):
    """A face and what was decided about it, as the command line prints it."""

    box: Box
    detection_score: Figure
    status: Literal["identified", "unknown", "ambiguous", "low_quality", "unconfirmed"]
    worker: WorkerIdentity | None
    distance: Figure | None
    margin: Figure | None
    emotion: EmotionRead | None = Field(
        None,
        description=(
            "null when it was not asked for, or the settings want a worker's consent and there is none. "
            "Left out where the operator has switched emotions off."
        ),
    )

    review: ReviewAsked | None = Field(
        None,
        description="By which people confirm who it is; left out unless the status is `unconfirmed`.",
    )

    @classmethod
    def of_recognition(cls, recognition: Recognition, *, emotions: bool) -> Self:
        """emotions: False where they are switched off, which leaves the field out."""
        face = recognition.face
        return cls.of(
            recognition,
            box=face.box,
            detection_score=face.detection_score,
            emotion=recognition.emotion if emotions else LEFT_OUT,
            review=_asked(recognition),
        )


def _asked(recognition: Recognition) -> object:
    if recognition.review is None:
        return LEFT_OUT
    return ReviewAsked.of(recognition.review, worker=recognition.candidate)


class FaceFound(FaceDecided):
    """A face and what was decided about it."""

    candidates: tuple[CandidateFound, ...]


class FileRecognized(Answer):
    """A picture and its faces, largest first, as the command line prints it."""

    face: ClassVar[type[FaceDecided]] = FaceDecided

    path: str | None
    width: int
    height: int
    turned: int = Field(
        description="Degrees, clockwise, it had to be turned before a face was found, or a sure one; else 0."
    )
    faces: tuple[FaceDecided, ...]
    faces_detected: int = Field(
        description="How many faces the picture shows; `faces` holds the largest of them, as many as were "
        "wanted (max_faces) and the service decides (server.max_faces, server.picture_seconds)."
    )
    match_threshold: Figure
    index_revision: int

    @classmethod
    def of_image(cls, path: str | None, image: RecognizedImage) -> Self:
        """path: what the picture is called where it came from."""
        faces = [cls.face.of_recognition(each, emotions=image.emotions) for each in image.faces]
        return cls.of(image, path=path, faces=faces)


class ScoreBands(Answer):
    """The edges between which distances (upper ones) and margins (lower ones) are said, ascending."""

    distance: tuple[Figure, ...]
    margin: tuple[Figure, ...]


BANDS = Field(
    description=(
        "null where distances and margins are exact, which takes the scope `scores`. Otherwise each "
        "`distance` is the upper edge of the band in which it lies, each `margin` the lower edge."
    )
)


class ImageRecognized(FileRecognized):
    """A picture and its faces, largest first."""

    face = FaceFound

    faces: tuple[FaceFound, ...]
    bands: ScoreBands | None = BANDS


class ImageFailed(Answer):
    """A picture that could not be used."""

    path: str | None
    error: ErrorFound

    @classmethod
    def of_error(cls, path: str | None, error: FacevecError) -> Self:
        """path: what the picture is called where it came from."""
        return cls(path=path, error=ErrorFound.of_error(error))


class FilesAnswer(Answer):
    """Files, none of which could be used."""

    images: tuple[FileRecognized | ImageFailed, ...]


class FilesRecognized(FilesAnswer):
    """Files, and what decides now; each picture says what decided it."""

    model: str
    match_threshold: Figure
    detection_threshold: Figure
    index_revision: int


class RecognitionAnswer(FilesRecognized):
    """Pictures, and what decides now; each says what decided it."""

    images: tuple[ImageRecognized | ImageFailed, ...]


class DemoAnswer(FilesRecognized):
    """What the demo recognised, whom it had enrolled, and where the annotated picture is."""

    enrolled: WorkerAnswer
    annotated: str


class VerificationAnswer(Answer):
    """Whether two faces are one person."""

    distance: Figure = Distance
    verify_threshold: Figure = Field(description="What the distance is compared with.")
    same: bool
    ambiguous: bool = Field(
        description="Near enough, but the face may as well be that of somebody who was decided to be another "
        "person than the worker (`distinct_from`), so `same` is false."
    )
    model: str
    bands: ScoreBands | None = BANDS

    @classmethod
    def of_verification(cls, verification: Verification) -> Self:
        """Distance and threshold beside each other."""
        return cls.of(verification, verify_threshold=verification.threshold)
