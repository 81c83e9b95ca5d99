"""Where labels go on a picture that somebody shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import Field

from facevec.presentation.answers.base import Answer, Pixels
from facevec.presentation.layout import Arrangement
from facevec.presentation.rectangles import Rect

if TYPE_CHECKING:
    from typing_extensions import Self


class LabelPlace(Answer):
    """The top left corner of a label, in pixels of the picture as it is shown."""

    left: Pixels
    top: Pixels

    @classmethod
    def of_rects(cls, places: Iterable[Rect]) -> tuple[Self, ...]:
        """One for each place."""
        return tuple(cls(left=place.x_min, top=place.y_min) for place in places)


class LabelsAnswer(Answer):
    """Where labels go, in the order of the faces."""

    style: int | None = Field(description="Which of `styles` all labels are to be in; null is the numbers.")
    places: tuple[LabelPlace, ...]
    alone: tuple[LabelPlace, ...] = Field(
        description="Where each face's label of the first style goes while it is the only one."
    )

    @classmethod
    def of_arrangement(cls, arrangement: Arrangement, alone: Iterable[Rect]) -> Self:
        """alone: places of the labels of the first style, each without the others."""
        places = LabelPlace.of_rects(arrangement.places)
        return cls(style=arrangement.style, places=places, alone=LabelPlace.of_rects(alone))
