"""Where labels go on a picture that the client shows itself: the layout is the annotated picture's."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

from facevec.presentation.answers.labels import LabelsAnswer
from facevec.presentation.layout import Size, Style, arrange, place_alone
from facevec.presentation.rectangles import Rect
from facevec.web.routes import Table, answer
from facevec.web.schemas import LabelSize, LabelsJson
from facevec.web.service import Service

BRIEFER = 1.0
"""Discomfort of each briefer way to write the labels, to weigh against that of their places."""

table = Table("Recognition")


@table.add("POST", "/recognize/labels", scope="recognize", json=LabelsJson, answers={200: LabelsAnswer})
def place_labels(_service: Service, parameters: LabelsJson) -> Response:
    """Where labels go on a picture as you show it: beside their faces, on no face and no other label."""
    area = Rect(0.0, 0.0, parameters.width, parameters.height)
    faces = [Rect(face.x_min, face.y_min, face.x_max, face.y_max) for face in parameters.faces]
    styles = [
        Style(_sizes(labels), parameters.gap, margin=0.0, discomfort=BRIEFER * rank)
        for rank, labels in enumerate(parameters.styles)
    ]
    arrangement = arrange(area, faces, styles, Style(_sizes(parameters.numbers), parameters.gap, margin=0.0))
    return answer(
        LabelsAnswer.of_arrangement(arrangement, place_alone(area, faces, styles[0].sizes, parameters.gap))
    )


def _sizes(labels: Sequence[LabelSize]) -> list[Size]:
    return [(label.width, label.height) for label in labels]
