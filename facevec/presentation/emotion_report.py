"""An emotion model's evaluation as one HTML page that needs nothing beside it, and its pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping

from facevec.presentation import emotion_plots as plots
from facevec.presentation.answers.emotion import EmotionFigures
from facevec.presentation.emotion_figures import headlines
from facevec.presentation.report import page
from facevec.usecases.evaluate_emotion import EmotionEvaluation


def report_files(evaluation: EmotionEvaluation, source: str) -> Mapping[str, bytes]:
    """File name to content: `report.html`, `figures.json` and the pictures.

    source: what the faces were read from, as the reader would recognise it.
    """
    pictures = {
        "confusion.png": plots.confusion_picture(evaluation),
        "classes.png": plots.classes_picture(evaluation),
        "reliability.png": plots.reliability_picture(evaluation),
        "floor.png": plots.floor_picture(evaluation),
    }
    html = page(
        "emotion.html",
        evaluation=evaluation,
        source=source,
        headlines=headlines(evaluation),
        pictures=pictures,
    )
    figures = json.dumps(EmotionFigures.of_evaluation(evaluation).document(), indent=1)
    return {**pictures, "figures.json": figures.encode(), "report.html": html.encode()}
