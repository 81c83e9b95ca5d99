"""What requests may hold: the models that validate are the ones that OpenAPI is made from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from facevec.decision.cohort import SEARCH_DEPTH
from facevec.types import LONGEST_TEXT
from facevec.web.fields import Encoded, Ending, ExternalId, Moment, Name, Place, Upload, WorkerId

MAX_FACES = 1000
MAX_PICTURES = 200
MAX_LABELS = 300
MAX_STYLES = 4
MAX_DISTINCT = 20
MAX_PIXELS = 100_000
MAX_PAGE = 200
PAGE = 50


class Parameters(BaseModel):
    """Anything a client sends: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RecognitionOptions(Parameters):
    """How pictures are to be recognised."""

    max_faces: int | None = Field(
        None, ge=1, le=MAX_FACES, description="Only the largest so many faces of a picture."
    )
    candidates: int = Field(
        0,
        ge=0,
        le=SEARCH_DEPTH,
        description=(
            "List the nearest so many workers of each face, whatever they are; this needs a key with the "
            "scope `scores` or `enrol`."
        ),
    )
    emotion: bool = Field(
        True,
        description="Whether expressions are read. Without effect where the operator has switched them off.",
    )
    place: Place | None = Field(
        None,
        description="Where whom it shows were, for the record of visits; what the key is called unless said.",
    )
    visit: bool = Field(
        True,
        description="Whether whom it shows are there now; false for a picture of another time. Without "
        "effect where no visits are kept.",
    )


class RecognizeForm(RecognitionOptions):
    """A picture as a file."""

    file: Upload


class RecognizeJson(RecognitionOptions):
    """A picture in base64."""

    file: Encoded


class RecognizeBatchForm(RecognitionOptions):
    """Pictures as files; repeat the field."""

    files: list[Upload] = Field(min_length=1, max_length=MAX_PICTURES)


class RecognizeBatchJson(RecognitionOptions):
    """Pictures in base64."""

    files: list[Encoded] = Field(min_length=1, max_length=MAX_PICTURES)


Pixels = Annotated[float, Field(ge=-MAX_PIXELS, le=MAX_PIXELS)]
Length = Annotated[float, Field(ge=0, le=MAX_PIXELS)]


class FaceShown(Parameters):
    """A face's box in pixels of the picture as it is shown."""

    x_min: Pixels
    y_min: Pixels
    x_max: Pixels
    y_max: Pixels

    @model_validator(mode="after")
    def _in_order(self) -> FaceShown:
        if self.x_min > self.x_max or self.y_min > self.y_max:
            raise ValueError("x_min and y_min may not be larger than x_max and y_max.")
        return self


class LabelSize(Parameters):
    """How large a label is shown, in pixels."""

    width: Length
    height: Length


class LabelsJson(Parameters):
    """A picture as it is shown, and how large the labels of its faces are, in the order of the faces."""

    width: Length
    height: Length
    faces: list[FaceShown] = Field(max_length=MAX_LABELS)
    styles: list[Annotated[list[LabelSize], Field(max_length=MAX_LABELS)]] = Field(
        min_length=1,
        max_length=MAX_STYLES,
        description="Sizes of all labels, in each way that they can be written; the fullest first.",
    )
    numbers: list[LabelSize] = Field(
        max_length=MAX_LABELS,
        description="Sizes of all labels where nothing but the faces' numbers has room.",
    )
    gap: Length = Field(4.0, description="Pixels between a label and its face.")

    @model_validator(mode="after")
    def _one_a_face(self) -> LabelsJson:
        if any(len(sizes) != len(self.faces) for sizes in (*self.styles, self.numbers)):
            raise ValueError("Send as many sizes in `numbers` and in each of `styles` as there are `faces`.")
        return self


class _VerifyRules(Parameters):
    worker_id: WorkerId | None = Field(None, description="Compare the picture with this worker.")

    @model_validator(mode="after")
    def _one_of_two(self) -> _VerifyRules:
        if (getattr(self, "other", None) is None) == (self.worker_id is None):
            raise ValueError("Send either `other`, a second picture, or `worker_id`.")
        return self


class VerifyForm(_VerifyRules):
    """A picture, and either a second one or a worker to compare it with."""

    file: Upload
    other: Upload | None = None


class VerifyJson(_VerifyRules):
    """A picture in base64, and either a second one or a worker to compare it with."""

    file: Encoded
    other: Encoded | None = None


class ConsentGiven(Parameters):
    """A worker's agreement to be recognised."""

    text_version: Name = Field(description="Which text they agreed to.")
    given_at: Moment | None = Field(None, description="When; now unless said.")
    expires_at: Ending | None = Field(
        None, description="Until when, or the last day, until its end in UTC; open-ended unless said."
    )
    emotion: bool = Field(False, description="Whether they also agreed to their expressions being read.")
    photos: bool = Field(False, description="Whether they also agreed to their photos being kept.")
    visits: bool = Field(
        False, description="Whether they also agreed to a record of when and where they are seen."
    )


class NewConsentText(Parameters):
    """A text that people agree to."""

    version: Name = Field(description="What it is called when a consent is recorded.")
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)


Distinct = Annotated[
    list[WorkerId],
    Field(
        max_length=MAX_DISTINCT,
        description="Workers who are somebody else, however alike their faces are. Needs the scope `admin` "
        "and is recorded, with the key that says so; where a face may be either's, it is ambiguous.",
    ),
]


class _NewWorker(Parameters):
    name: Name
    external_id: ExternalId | None = Field(
        None, description="Your own id of this person; sending the same one again adds photos to them."
    )
    consent: ConsentGiven | None = None
    distinct_from: Distinct = []


class NewWorkerForm(_NewWorker):
    """A worker with photos as files; `consent` is written as JSON."""

    files: list[Upload] = Field(min_length=1, max_length=MAX_PICTURES)


class NewWorkerJson(_NewWorker):
    """A worker with photos in base64."""

    files: list[Encoded] = Field(min_length=1, max_length=MAX_PICTURES)


class _NewPhotos(Parameters):
    reseed: bool = Field(
        False,
        description=(
            "Whether the photos say anew who the worker is, whatever face was enrolled first; this needs a "
            "key with the scope `admin`."
        ),
    )


class PhotosForm(_NewPhotos):
    """Photos as files; repeat the field."""

    files: list[Upload] = Field(min_length=1, max_length=MAX_PICTURES)
    distinct_from: Distinct = []


class PhotosJson(_NewPhotos):
    """Photos in base64."""

    files: list[Encoded] = Field(min_length=1, max_length=MAX_PICTURES)
    distinct_from: Distinct = []


class WorkerChanges(Parameters):
    """What is to be different about a worker."""

    name: Name


class WhatSomebodyElseSays(Parameters):
    """What somebody says to what another asked for."""

    decision: Literal["approve", "refuse"]


class WhatSomebodySees(Parameters):
    """Whether an identification is right."""

    decision: Literal["confirm", "reject"]


class PageQuery(Parameters):
    """Which part of a list."""

    limit: int = Field(PAGE, ge=1, le=MAX_PAGE, description="Most entries in the answer.")
    cursor: str | None = Field(
        None, min_length=1, max_length=64, description="`next_cursor` of the part before; none is the first."
    )


class VisitsQuery(PageQuery):
    """Which visits."""

    worker: WorkerId | None = Field(None, description="Of this worker alone.")
    since: Moment | None = Field(None, description="Those that had not ended by then.")
    until: Moment | None = Field(None, description="Those that had begun before.")


class NoQuery(Parameters):
    """Nothing after the path."""
