"""What every answer shares, and how its numbers and moments are written."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer

if TYPE_CHECKING:
    from typing_extensions import Self


LEFT_OUT: Final = object()
"""In place of a field's value: this answer does not speak of it."""


class Answer(BaseModel):
    """Only what is described here is in it.

    A field with a default is left out of the JSON unless it was set, to its default or otherwise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    @classmethod
    def of(cls, value: object, **fields: object) -> Self:
        """`fields`, and for all others the attributes of `value` that have their names."""
        read = {name: getattr(value, name) for name in cls.model_fields if hasattr(value, name)}
        return cls.model_validate(
            {name: held for name, held in {**read, **fields}.items() if held is not LEFT_OUT}
        )

    def document(self) -> dict[str, Any]:
        """Its JSON, as what `json.dumps` takes; the keys in the order of the fields."""
        return self.model_dump(mode="json", exclude_unset=True)


def _rounded(digits: int) -> PlainSerializer:
    return PlainSerializer(lambda number: round(number, digits), return_type=float)


def _to_the_second(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


Pixels = Annotated[float, _rounded(1)]

Figure = Annotated[float, _rounded(4)]
"""A distance, score, probability or share."""

Share = Annotated[float, _rounded(5)]
"""An error rate of an evaluation, which may be far below a thousandth."""

Threshold = Annotated[float, _rounded(6)]
"""A distance that decides, and the rates that it was chosen for."""

Moment = Annotated[AwareDatetime, PlainSerializer(_to_the_second, return_type=str)]
"""To the second, with its time zone."""
