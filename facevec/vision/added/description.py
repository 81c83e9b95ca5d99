"""What somebody says of a network that they bring: how it wants to see a face, and where it is from."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from facevec.errors import FileMissing, ModelRefused
from facevec.files import open_file, size_in_words
from facevec.types import Point
from facevec.vision.models.templates import ARCFACE_112, OPEN_MODEL_ZOO

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib

LARGEST_TEXT = 1 << 16
"""Bytes of a description; those that people write have less than a thousand."""

TEMPLATES: Mapping[str, tuple[Point, ...]] = {"arcface-112": ARCFACE_112, "open-model-zoo": OPEN_MODEL_ZOO}

TemplateName = Literal["arcface-112", "open-model-zoo"]
Distance = Annotated[float, Field(gt=0, lt=2)]
Triple = Annotated[list[float], Field(min_length=3, max_length=3)]
Mark = Annotated[list[float], Field(min_length=2, max_length=2)]
Marks = Annotated[list[Mark], Field(min_length=5, max_length=5)]
_LONGEST = 500


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class PublishedDistances(_Strict):
    """Distances of two unit vectors (0 same, 2 opposite) that others published for the network."""

    match: Distance = Field(description="Largest that names a worker.")
    verify: Distance | None = Field(
        None, description="Largest between two photos of one person; or as match."
    )
    doubt: Distance | None = Field(None, description="From match to here a face is ambiguous.")
    same_person: Distance | None = Field(None, description="Largest to a worker's other photos at enrolment.")
    other_person: Distance | None = Field(None, description="At or below it a new face is that worker's.")

    @model_validator(mode="after")
    def _in_order(self) -> PublishedDistances:
        if self.doubt is not None and self.doubt < self.match:
            raise ValueError("doubt may not lie below match")
        return self


class Description(_Strict):
    """A network that makes vectors of faces."""

    size: int = Field(ge=32, le=512, description="Side of the square picture it takes, in pixels.")
    channels: Literal["RGB", "BGR"] = Field(description="Order of the colours: RGB or BGR.")
    mean: float | Triple = Field(description="Taken from each pixel (0 to 255); one number or three.")
    scale: float | Triple = Field(description="What the rest is divided by; one number or three.")
    crop: Literal["box", "aligned"] = Field(
        description="Whether it takes the detector's box, or a face aligned to five landmarks."
    )
    margin: int = Field(0, ge=0, le=256, description="Of a box: pixels of the input outside it, both sides.")
    landmarks: TemplateName | Marks | None = Field(
        None,
        description="Of an aligned face: arcface-112, open-model-zoo, or five points (eyes, nose, corners of "
        "the mouth; left to right as seen) in pixels of the input, or as shares of its side.",
    )
    output: str | None = Field(
        None,
        min_length=1,
        max_length=_LONGEST,
        description="Name of the output; not needed where there is one.",
    )
    length: int = Field(ge=16, le=4096, description="How many numbers a vector has.")
    licence: str = Field(min_length=1, max_length=_LONGEST, description="Its licence.")
    source: str = Field(min_length=1, max_length=_LONGEST, description="Where it is from.")
    distances: PublishedDistances | None = Field(None, description="Distances that others published.")

    @field_validator("output", "licence", "source")
    @classmethod
    def _one_line(cls, text: str | None) -> str | None:
        """A terminal shows it: nothing that one obeys, and nothing that turns the direction of a text."""
        if text is not None and not text.isprintable():
            raise ValueError("it has to be one line of letters and signs")
        return text

    @model_validator(mode="after")
    def _fits(self) -> Description:
        if (self.crop == "aligned") != (self.landmarks is not None):
            raise ValueError('landmarks belong to crop = "aligned", which needs them')
        if self.margin and self.crop == "aligned":
            raise ValueError('margin belongs to crop = "box"')
        if 2 * self.margin > self.size:
            raise ValueError("margin may be half of size at most")
        if any(value == 0 for value in (self.scale if isinstance(self.scale, list) else [self.scale])):
            raise ValueError("scale may not be 0")
        points = self.points()
        if points is not None and not all(0 <= share <= 1 for point in points for share in point):
            raise ValueError("the landmarks do not lie in the picture")
        return self

    def points(self) -> tuple[Point, ...] | None:
        """Where the five landmarks belong, as shares of the side; None where the box is taken."""
        if self.landmarks is None:
            return None
        if isinstance(self.landmarks, str):
            return TEMPLATES[self.landmarks]
        largest = max(abs(share) for point in self.landmarks for share in point)
        side = self.size if largest > 1 else 1
        return tuple((x / side, y / side) for x, y in self.landmarks)


def described(values: Mapping[str, Any]) -> Description:
    """The description with these fields. Raises ModelRefused, naming the first that is wrong."""
    try:
        return Description.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"][:2] if str(part) in _WORDS) or "the whole"
        if first["type"] == "missing":
            raise ModelRefused(
                f"The description lacks {where}; say it with --{where}, or in a TOML file "
                "(docs/adding-a-model.md)."
            ) from None
        raise ModelRefused(f"The description is not right at {where}: {_plain(first['msg'])}.") from None


def read_description(path: Path) -> Mapping[str, Any]:
    """The fields in a TOML file. Raises FileMissing, ModelRefused."""
    try:
        with open_file(path) as file:
            data = file.read(LARGEST_TEXT + 1)
    except OSError as error:
        raise FileMissing(f"The description {path} cannot be read: {error.strerror or error}.") from error
    if len(data) > LARGEST_TEXT:
        raise ModelRefused(f"The description {path.name} has more than {size_in_words(LARGEST_TEXT)}.")
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        raise ModelRefused(f"The description {path.name} is not TOML.") from None


def value_of(name: str, text: str) -> object:
    """What is typed for a field: TOML's number or list where that is one, else the text itself."""
    if Description.model_fields[name].annotation in (str, str | None):
        return text
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, (int, float, list)) else text


def _plain(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


_WORDS = {*Description.model_fields, *PublishedDistances.model_fields}
