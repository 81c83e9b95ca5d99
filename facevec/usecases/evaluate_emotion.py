"""How good an emotion model is on labelled faces."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from facevec.errors import InputError
from facevec.ports import EmotionClassifier
from facevec.types import EMOTIONS, Pixels, Probabilities
from facevec.usecases import emotion_metrics as metrics
from facevec.usecases.emotion_metrics import ClassFigures, Counts, FloorPoint, ReliabilityBin

BATCH = 64
"""Faces given to the model at once."""

FLOORS = tuple(step / 50 for step in range(50))
"""Confidence floors of the curve."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFace:
    """A picture of one face from edge to edge, and which of `EMOTIONS` people say it shows."""

    crop: Pixels
    emotion: str


@dataclass(frozen=True, slots=True, eq=False)
class EmotionEvaluation:
    """What an emotion model is worth on `faces` labelled faces.

    calibration_error: with the model as it is. held_out_calibration_error: on halves of these faces
    after a temperature was fitted on the other half; the one to look at when the model's own
    temperature was fitted on these very faces. at_floor: at the floor of the settings.
    ms_per_face: preparation and network, in batches of `BATCH`; the median batch.
    """

    model: str
    faces: int
    confusion: Counts
    classes: tuple[ClassFigures, ...]
    accuracy: float
    macro_f1: float
    reliability: tuple[ReliabilityBin, ...]
    calibration_error: float
    held_out_calibration_error: float | None
    floors: tuple[FloorPoint, ...]
    at_floor: FloorPoint
    ms_per_face: float


def evaluate_emotion(
    classifier: EmotionClassifier,
    faces: Iterable[LabelledFace],
    *,
    confidence_floor: float,
    on_batch: Callable[[int], None] | None = None,
) -> EmotionEvaluation:
    """Let the model read all of `faces`, and hold the answers against the labels.

    on_batch: told how many faces were read. Raises InputError when there are none, and ModelError.
    """
    rows: list[Probabilities] = []
    labels: list[int] = []
    seconds: list[float] = []
    for batch in _batches(faces):
        if not rows:
            classifier.classify([batch[0].crop])  # the first run makes room for itself; it is not timed
        started = time.perf_counter()
        rows.append(classifier.classify([face.crop for face in batch]))
        seconds.append((time.perf_counter() - started) / len(batch))
        labels += [EMOTIONS.index(face.emotion) for face in batch]
        if on_batch:
            on_batch(len(batch))
    if not rows:
        raise InputError("There is no face to evaluate the model on.")
    probabilities, said = np.concatenate(rows), np.array(labels, np.int64)
    counts = metrics.confusion(probabilities, said)
    classes = metrics.class_figures(counts)
    bins = metrics.reliability(probabilities, said)
    return EmotionEvaluation(
        model=classifier.model,
        faces=len(said),
        confusion=counts,
        classes=classes,
        accuracy=float(counts.trace() / len(said)),
        macro_f1=metrics.macro_f1(classes),
        reliability=bins,
        calibration_error=metrics.calibration_error(bins),
        held_out_calibration_error=metrics.held_out_calibration_error(probabilities, said),
        floors=tuple(metrics.floor_point(probabilities, said, floor) for floor in FLOORS),
        at_floor=metrics.floor_point(probabilities, said, confidence_floor),
        ms_per_face=1000 * float(np.median(seconds)),
    )


def _batches(faces: Iterable[LabelledFace]) -> Iterator[list[LabelledFace]]:
    source = iter(faces)
    while batch := list(islice(source, BATCH)):
        yield batch
