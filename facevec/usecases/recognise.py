"""Who is in a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from facevec import policy
from facevec.ports import LiveGallery, Registry
from facevec.types import (
    AnalysedFace,
    AnalysedImage,
    Candidate,
    Image,
    Looks,
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
    found = _search(registry, live, analysed.embeddings)
    thresholds = policy.for_gallery(thresholds, live.extent()[1])
    found = _looked_again(vision, registry, live, thresholds, analysed, found)
    faces = tuple(
        _recognition(face, nearest, found.workers, thresholds, candidates)
        for face, nearest in zip(analysed.faces, found.nearest, strict=True)
    )
    return RecognisedImage(
        width=analysed.width,
        height=analysed.height,
        faces=_with_consented_emotions(vision, analysed.image, faces) if emotion and not everyone else faces,
        model=vision.embedder.model,
        match_threshold=thresholds.match_threshold,
        detection_threshold=vision.detector.threshold,
        index_revision=found.revision,
        emotions=vision.emotion is not None,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search found. nearest: of each probe, who may be recognised now; workers: those by id."""

    revision: int
    nearest: Sequence[Sequence[Candidate]]
    workers: Mapping[int, Worker]


def _search(registry: Registry, live: LiveGallery, probes: Vectors) -> _Found:
    """The nearest workers of each probe.

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
            return _Found(revision, kept, workers)
        wanted *= 4


def _looked_again(
    vision: Vision,
    registry: Registry,
    live: LiveGallery,
    thresholds: Thresholds,
    analysed: AnalysedImage,
    found: _Found,
) -> _Found:
    """`found` with another search for the faces that the first left near the match threshold."""
    unsure = [
        place
        for place, (face, nearest) in enumerate(zip(analysed.faces, found.nearest, strict=True))
        if policy.needs_second_look(nearest, face.face.quality, thresholds)
    ]
    if not unsure:
        return found
    faces = [analysed.faces[place].face for place in unsure]
    again = _search(registry, live, vision.embedder.embed(analysed.image, faces, Looks.AGAIN))
    second = dict(zip(unsure, again.nearest, strict=True))
    nearest = [second.get(place, first) for place, first in enumerate(found.nearest)]
    return _Found(found.revision, nearest, {**found.workers, **again.workers})


def _with_consented_emotions(
    vision: Vision, image: Image, faces: tuple[Recognition, ...]
) -> tuple[Recognition, ...]:
    """`faces` with the emotions of those who agreed; nobody else's is computed."""
    agreed = [place for place, face in enumerate(faces) if policy.may_read_emotion(face.worker)]
    if vision.emotion is None or not agreed:
        return faces
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
