"""Who is in a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from facevec import policy
from facevec.ports import LiveGallery, Registry
from facevec.types import AnalysedFace, Candidate, Match, RecognisedImage, Recognition, Thresholds, Worker
from facevec.usecases.analyse import Vision, analyse

CANDIDATES = 8
"""Candidates asked of the gallery: two decide, the others stand in for workers who just left."""


def recognise(
    vision: Vision,
    registry: Registry,
    live: LiveGallery,
    thresholds: Thresholds,
    data: bytes,
    *,
    emotion: bool = True,
    max_faces: int | None = None,
    candidates: int = 0,
) -> RecognisedImage:
    """Every face in the picture `data`, named where the nearest worker is near enough.

    candidates: how many of the nearest workers each face lists, at most CANDIDATES.

    Raises what `ImageDecoder.decode` raises, RegistryError, and ContractMismatch when the
    registry was enrolled with another model.
    """
    analysed = analyse(vision, data, emotion=emotion, max_faces=max_faces)
    if analysed.faces:
        probes = np.stack([face.embedding for face in analysed.faces])
        revision, nearest = live.search(probes, CANDIDATES)
    else:
        revision, nearest = registry.state().revision, ()
    workers = registry.workers(sorted({c.worker_id for found in nearest for c in found}))
    return RecognisedImage(
        width=analysed.width,
        height=analysed.height,
        faces=tuple(
            _recognition(face, [c for c in found if c.worker_id in workers], workers, thresholds, candidates)
            for face, found in zip(analysed.faces, nearest, strict=True)
        ),
        model=vision.embedder.model,
        match_threshold=thresholds.match_threshold,
        detection_threshold=vision.detector.threshold,
        index_revision=revision,
    )


def _recognition(
    face: AnalysedFace,
    candidates: Sequence[Candidate],
    workers: Mapping[int, Worker],
    thresholds: Thresholds,
    listed: int,
) -> Recognition:
    decision = policy.decide(candidates, face.face.quality, thresholds)
    return Recognition(
        face=face.face,
        status=decision.status,
        worker=None if decision.worker_id is None else workers[decision.worker_id],
        distance=decision.distance,
        margin=decision.margin,
        emotion=face.emotion,
        candidates=tuple(Match(workers[c.worker_id], c.distance) for c in candidates[:listed]),
    )
