"""Types of the fields that requests are made of: how they are checked, and how OpenAPI describes them."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field, PlainValidator, WithJsonSchema

from facevec.dates import end_of
from facevec.types import PhotoSource
from facevec.web.encoded import is_data_uri, picture_bytes

PICTURE_KINDS = "image/jpeg, image/png, image/webp"

_KINDS = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
}

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{3}|\.\d{6})?([Zz]|[+-]\d\d:\d\d)")

# Something besides white space; no control characters, separators of lines, or marks that turn
# the direction of the text around them.
_REFUSED = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069"
PLAIN_TEXT = rf"^[^{_REFUSED}]*[^\s{_REFUSED}][^{_REFUSED}]*$"


def _from_base64(value: object) -> PhotoSource:
    if not isinstance(value, str):
        kind = _KINDS.get(type(value), "something else")
        sentence = f"This should be a picture's bytes in base64, as a text; {kind} came."
        raise ValueError(sentence)  # noqa: TRY004  # pydantic takes no other
    return PhotoSource("", picture_bytes(value))


def _uploaded(value: object) -> PhotoSource:
    if isinstance(value, PhotoSource):
        return value
    if isinstance(value, str) and is_data_uri(value):
        return PhotoSource("", picture_bytes(value))
    raise ValueError(
        "This came as text, without a filename; send it as a file, with curl -F 'NAME=@picture.jpg', "
        "or give the part the Content-Type of a picture."
    )


def _moment(written: Any) -> datetime:  # noqa: ANN401  # whatever the JSON held
    if not isinstance(written, str) or not _MOMENT.fullmatch(written):
        raise ValueError("This should be a moment with its time zone, such as 2026-01-31T09:00:00Z.")
    try:
        return datetime.fromisoformat(written.upper().replace("Z", "+00:00")).astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise ValueError("There is no such moment.") from error


def _ending(written: Any) -> datetime:  # noqa: ANN401  # whatever the JSON held
    if not isinstance(written, str) or not _DAY.fullmatch(written):
        return _moment(written)
    try:
        return end_of(date.fromisoformat(written))
    except ValueError as error:
        raise ValueError("There is no such day.") from error


Encoded = Annotated[
    PhotoSource,
    PlainValidator(_from_base64),
    WithJsonSchema(
        {
            "type": "string",
            "format": "base64",
            "contentEncoding": "base64",
            "description": "The bytes of a JPEG, PNG or WebP picture, in base64; also as a data URI.",
        }
    ),
]

Upload = Annotated[
    PhotoSource,
    PlainValidator(_uploaded),
    WithJsonSchema(
        {"type": "string", "format": "binary", "description": "A JPEG, PNG or WebP picture."},
    ),
]

Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]

Ending = Annotated[
    datetime,
    PlainValidator(_ending),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]},
    ),
]
"""A moment, or a day until whose end in UTC something lasts."""

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=PLAIN_TEXT)]
Place = Annotated[str, Field(min_length=1, max_length=100, pattern=PLAIN_TEXT)]
ExternalId = Annotated[str, Field(min_length=1, max_length=100, pattern=PLAIN_TEXT)]
WorkerId = Annotated[int, Field(ge=1, le=2**63 - 1)]
