"""Who is in a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from facevec import policy
from facevec.ports import LiveGallery, Registry
from facevec.types import (
    AnalysedFace,
    Candidate,
    Match,
    RecognisedImage,
    Recognition,
    Thresholds,
    Vectors,
    Worker,
)
from facevec.usecases.analyse import Vision, analyse


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

    emotion: whether emotions are wanted; with `vision.emotion_consent_only` only those of identified
    workers who agreed are read. candidates: how many of the nearest workers each face lists, at most
    `policy.CANDIDATES`.

    Raises what `ImageDecoder.decode` raises, RegistryError, and ContractMismatch when the
    registry was enrolled with another model.
    """
    everyone = emotion and not vision.emotion_consent_only
    analysed = analyse(vision, data, emotion=everyone, max_faces=max_faces)
    if analysed.faces:
        probes = np.stack([face.embedding for face in analysed.faces])
        revision, nearest, workers = _search(registry, live, probes)
    else:
        revision, nearest, workers = registry.state().revision, (), {}
    thresholds = policy.for_gallery(thresholds, live.extent()[1])
    faces = tuple(
        _recognition(face, found, workers, thresholds, candidates)
        for face, found in zip(analysed.faces, nearest, strict=True)
    )
    return RecognisedImage(
        width=analysed.width,
        height=analysed.height,
        faces=_with_consented_emotions(vision, data, faces) if emotion and not everyone else faces,
        model=vision.embedder.model,
        match_threshold=thresholds.match_threshold,
        detection_threshold=vision.detector.threshold,
        index_revision=revision,
        emotions=vision.emotion is not None,
    )


def _search(
    registry: Registry, live: LiveGallery, probes: Vectors
) -> tuple[int, tuple[tuple[Candidate, ...], ...], Mapping[int, Worker]]:
    """Revision, the nearest workers of each probe who may be recognised now, and all of those by id.

    Workers whose consent ended since the gallery last changed are passed over, and more asked for.
    """
    wanted = policy.CANDIDATES
    while True:
        revision, nearest = live.search(probes, wanted)
        workers = registry.workers(sorted({c.worker_id for found in nearest for c in found}))
        kept = tuple(tuple(c for c in found if c.worker_id in workers) for found in nearest)
        if all(
            len(left) >= policy.CANDIDATES or len(found) < wanted
            for left, found in zip(kept, nearest, strict=True)
        ):
            return revision, kept, workers
        wanted *= 4


def _with_consented_emotions(
    vision: Vision, data: bytes, faces: tuple[Recognition, ...]
) -> tuple[Recognition, ...]:
    """`faces` with the emotions of those who agreed; nobody else's is computed."""
    agreed = [place for place, face in enumerate(faces) if policy.may_read_emotion(face.worker)]
    if vision.emotion is None or not agreed:
        return faces
    image = vision.decoder.decode(data)
    emotions = vision.emotion.read(image, [faces[place].face for place in agreed])
    read = dict(zip(agreed, emotions, strict=True))
    return tuple(replace(face, emotion=read.get(place)) for place, face in enumerate(faces))


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
