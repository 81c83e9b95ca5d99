"""Pure decisions: which face, good enough, who, and which photos stand for a worker."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from facevec.errors import NoFace, SeveralFaces
from facevec.types import (
    Candidate,
    Decision,
    Face,
    Quality,
    QualityGate,
    Status,
    Templates,
    Thresholds,
    Vectors,
    Worker,
)

REFERENCE_GALLERY = 253
"""Workers in the gallery for which a model's match distance is written down."""

NEIGHBOURS = 7
"""Workers after the nearest that tell how crowded the gallery is around a probe; 2 to 30 measure alike."""

NEIGHBOURS_SHARE = 0.5
"""How much of their distance counts; 0.35 to 0.7 measure alike (docs/accuracy.md)."""

CANDIDATES = 1 + NEIGHBOURS
"""Candidates a decision needs: the nearest worker and the neighbours."""

SECOND_LOOK = 0.04
"""A distance this near the match threshold calls for a second look; 0.02 to 0.07 measure alike."""

LEAST_GALLERY = 5
"""Smaller galleries are judged as if they had so many: nobody measured further down."""

SUBJECT_AREA_RATIO = 1.5
SUBJECT_PROMINENCE_RATIO = 2.0
"""How many times larger, and more prominent, than any other face a photo's subject is.

Prominence is area / (1 + (offset / side)²), offset being the distance of the face's centre from the
photo's. Measured on the 421 photos of lfw-dev with several faces: 101 stay undecided, in the other
320 the chosen face is always the labelled person.
"""


def fuse(templates: Templates) -> tuple[npt.NDArray[np.int64], Vectors]:
    """One reference a worker: the mean of their templates, brought back to unit length.

    Returns (worker_ids (m,) int64 ascending, references (m, dimension) float32).
    """
    if len(templates.worker_ids) == 0:
        return templates.worker_ids, templates.vectors
    order = np.argsort(templates.worker_ids, kind="stable")
    worker_ids, starts = np.unique(templates.worker_ids[order], return_index=True)
    sums = np.add.reduceat(templates.vectors[order], starts, axis=0)
    return worker_ids, unit(sums)


def unit(vectors: Vectors) -> Vectors:
    """Rows of `vectors` divided by their Euclidean length; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, np.finfo(np.float32).tiny)).astype(np.float32)
    return scaled


def quality_faults(quality: Quality, gate: QualityGate) -> tuple[str, ...]:
    """Named reasons why a face is not good enough; empty when it is."""
    checks = (
        ("too_small", quality.size < gate.min_size),
        ("blurred", quality.sharpness < gate.min_sharpness),
        ("too_dark", quality.brightness < gate.min_brightness),
        ("too_bright", quality.brightness > gate.max_brightness),
        ("flat_contrast", quality.contrast < gate.min_contrast),
        ("turned_away", quality.yaw > gate.max_yaw),
    )
    return tuple(name for name, failed in checks if failed)


def for_gallery(thresholds: Thresholds, workers: int) -> Thresholds:
    """`thresholds` with the match threshold that suits a gallery of so many workers.

    The more workers, the nearer the nearest of them is to a stranger. The distance at a given FPIR
    falls with the logarithm of their number (an extreme value; measured in docs/accuracy.md), and so does
    that of the neighbours.
    """
    grown = growth(workers)
    return replace(
        thresholds,
        match_threshold=thresholds.match_threshold - thresholds.match_decline * grown,
        neighbours=thresholds.neighbours - thresholds.neighbours_decline * grown,
    )


def growth(workers: int) -> float:
    """Natural logarithm of how many times larger than `REFERENCE_GALLERY` a gallery is."""
    return math.log(max(workers, LEAST_GALLERY) / REFERENCE_GALLERY)


def normalised(distances: npt.NDArray[np.floating[Any]], usual: float) -> npt.NDArray[np.float64]:
    """(n,) distances to the nearest worker, corrected for how crowded the gallery is around each probe.

    distances: (n, k) to the k nearest workers, ascending. usual: mean distance of a usual probe to the
    `NEIGHBOURS` workers after the nearest. Blurred and ordinary faces are near to everybody: their
    distance is raised, that of a face apart is lowered. As it is where there are fewer workers (columns
    missing or infinite), or when `usual` is 0. This is test normalisation with the gallery as cohort and
    only its mean (T-norm: Auckenthaler et al., Digital Signal Processing 2000).
    """
    nearest = distances[:, 0].astype(np.float64)
    if usual == 0 or distances.shape[1] < CANDIDATES:
        return nearest
    crowd = distances[:, 1:CANDIDATES].mean(axis=1, dtype=np.float64)
    apart = np.where(np.isfinite(crowd), crowd - usual, 0.0)
    corrected: npt.NDArray[np.float64] = np.maximum(nearest - NEIGHBOURS_SHARE * apart, 0.0)
    return corrected


def distance_to_nearest(candidates: Sequence[Candidate], usual: float) -> float | None:
    """`normalised` for one probe's candidates, nearest first; None without any."""
    if not candidates:
        return None
    return float(normalised(np.array([[candidate.distance for candidate in candidates]]), usual)[0])


def needs_second_look(candidates: Sequence[Candidate], quality: Quality, thresholds: Thresholds) -> bool:
    """Whether one probe's distance, `normalised`, is so near the match threshold that chance may decide."""
    distance = distance_to_nearest(candidates, thresholds.neighbours)
    if distance is None or quality_faults(quality, thresholds.probe_gate):
        return False
    return abs(distance - thresholds.match_threshold) < SECOND_LOOK


def settled(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The distances that stand after both looks, whatever the match threshold.

    first, second: (n,) `normalised`. A threshold is compared with the second where `needs_second_look`
    and with the first elsewhere; comparing it with these comes to the same.
    """
    return np.clip(second, first - SECOND_LOOK, first + SECOND_LOOK)


def decide(candidates: Sequence[Candidate], quality: Quality, thresholds: Thresholds) -> Decision:
    """What one probe's candidates, nearest first and of different workers, amount to.

    A face below the probe gate is never named, whatever its distance. The distance is `normalised`.
    """
    distance = distance_to_nearest(candidates, thresholds.neighbours)
    margin = candidates[1].distance - candidates[0].distance if len(candidates) > 1 else None
    if quality_faults(quality, thresholds.probe_gate):
        return Decision(Status.LOW_QUALITY, None, distance, margin)
    if distance is None or distance > thresholds.match_threshold:
        return Decision(Status.UNKNOWN, None, distance, margin)
    if margin is not None and margin < thresholds.min_margin:
        return Decision(Status.AMBIGUOUS, None, distance, margin)
    return Decision(Status.IDENTIFIED, candidates[0].worker_id, distance, margin)


def may_read_emotion(worker: Worker | None) -> bool:
    """Whether the person identified, None for anybody else, agreed to their expressions being read."""
    return worker is not None and worker.consent is not None and worker.consent.emotion


def subject(faces: Sequence[Face], width: int, height: int) -> int:
    """Index of the one face a photo of `width` x `height` pixels is about; `faces` come largest first.

    Raises NoFace, and SeveralFaces when no face stands out from the others.
    """
    if not faces:
        raise NoFace("No face was found; use a photo that shows the worker's face from the front.")
    largest, *others = faces
    least = prominence(largest, width, height) / SUBJECT_PROMINENCE_RATIO
    if any(
        largest.box.area < SUBJECT_AREA_RATIO * other.box.area or prominence(other, width, height) > least
        for other in others
    ):
        raise SeveralFaces(
            f"{len(faces)} faces were found and none stands out; crop the photo to the worker."
        )
    return 0


def prominence(face: Face, width: int, height: int) -> float:
    """How much a photo of `width` x `height` pixels is about `face`: square pixels, less off the centre."""
    box = face.box
    across = (box.x_min + box.x_max - width) / 2
    down = (box.y_min + box.y_max - height) / 2
    return box.area / (1 + (across**2 + down**2) / max(box.area, 1.0))


def same_person(vectors: Vectors, threshold: float) -> npt.NDArray[np.bool_]:
    """Which of (n, dimension) unit vectors show the person whom most of them show.

    The row nearest to all others speaks for the person (the first of equals); a row
    further than `threshold` from it is someone else. Returns (n,) bool.
    """
    distances = pairwise_distances(vectors, vectors)
    medoid = int(np.argmin(distances.sum(axis=1)))
    kept: npt.NDArray[np.bool_] = distances[medoid] <= threshold
    return kept


def pairwise_distances(left: Vectors, right: Vectors) -> npt.NDArray[np.float32]:
    """(n, m) Euclidean distances of unit vectors (n, d) and (m, d): sqrt(2 - 2 cos)."""
    squared = 2.0 - 2.0 * (left @ right.T)
    distances: npt.NDArray[np.float32] = np.sqrt(np.maximum(squared, 0.0)).astype(np.float32)
    return distances


FAULT_WORDS = {
    "too_small": "too small",
    "blurred": "blurred",
    "too_dark": "too dark",
    "too_bright": "too bright",
    "flat_contrast": "without contrast",
    "turned_away": "turned away",
}


def in_words(faults: Sequence[str]) -> str:
    """The faults of `quality_faults` as a phrase."""
    return ", ".join(FAULT_WORDS[fault] for fault in faults)
