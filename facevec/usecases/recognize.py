"""Who is in a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from facevec.decision.consent import refuses_emotion
from facevec.decision.point import OperatingPoint
from facevec.ports import Vision
from facevec.types import Bands, Emotion, Face, Match, Review, Status, Worker
from facevec.usecases.identify import Identifier, Search, SearchResult
from facevec.usecases.see import Scene

BATCH = 16
"""So many faces are decided before anybody asks whether there is time for more."""


def no_end() -> bool:
    """There is time for every face."""
    return False


@dataclass(frozen=True, slots=True)
class Recognition:
    """One face, decided. candidates: the nearest workers, as many as were asked for.

    review: by which people confirm that it is `candidate`'s, who is not named until then.
    """

    face: Face
    status: Status
    worker: Worker | None
    distance: float | None
    margin: float | None
    emotion: Emotion | None
    candidates: tuple[Match, ...] = ()
    review: Review | None = None
    candidate: Worker | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What decides a recognition, whatever the picture shows.

    emotions: False where emotions are switched off; then no answer speaks of them at all.
    """

    model: str
    point: OperatingPoint
    detection_threshold: float
    index_revision: int
    emotions: bool = True

    @property
    def match_threshold(self) -> float:
        """The largest distance that names a worker, in the gallery that was searched."""
        return self.point.match_threshold.value


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedImage(Circumstances):
    """One picture, decided, and what decided it.

    width, height and the faces are those of the picture as it was sent. faces: the largest of the
    faces_detected, as many as were wanted and there was time for. turned: by how many degrees,
    clockwise, it had to be turned before a face was found, or a sure one. bands: None where the faces'
    scores are exact.
    """

    width: int
    height: int
    faces: tuple[Recognition, ...]
    faces_detected: int
    turned: int = 0
    bands: Bands | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked about a picture.

    emotion: whether emotions are wanted; with `vision.emotion_consent_only` only those of identified
    workers who agreed are read. max_faces: only the largest so many. candidates: how many of the nearest
    workers each face lists, at most `SEARCH_DEPTH`. is_over: whether the time for this picture is; then
    no more faces are decided than have been, the largest.
    """

    emotion: bool = True
    max_faces: int | None = None
    candidates: int = 0
    is_over: Callable[[], bool] = no_end


EVERYTHING = Wanted()


def recognize(
    vision: Vision,
    identifier: Identifier,
    point: OperatingPoint,
    scene: Scene,
    wanted: Wanted = EVERYTHING,
) -> RecognizedImage:
    """Every face of `scene`, named where the nearest worker is near enough.

    Raises RegistryError, and ContractMismatch when the registry was enrolled with another model.
    """
    largest = scene.faces[: wanted.max_faces]
    faces: list[Recognition] = []
    first = None
    while True:
        batch = largest[len(faces) : len(faces) + BATCH]
        result = identifier.search(scene.image, batch, point)
        first = first or result  # what changes meanwhile may count for the smaller faces already
        decided = tuple(_recognition(search, result, wanted.candidates) for search in result.searches)
        faces.extend(_with_emotions(vision, scene, decided, result) if wanted.emotion else decided)
        if len(faces) == len(largest) or wanted.is_over():
            break
    sent = scene.sent()
    return RecognizedImage(
        width=sent.width,
        height=sent.height,
        faces=tuple(replace(face, face=scene.as_sent(face.face)) for face in faces),
        faces_detected=len(scene.faces),
        turned=scene.turn.value,
        model=identifier.embedder.model,
        point=first.point,
        detection_threshold=vision.detector.threshold,
        index_revision=first.revision,
        emotions=vision.emotion is not None,
    )


def may_read_emotion(face: Recognition, nearest: Sequence[Worker], *, consent_only: bool) -> bool:
    """Whether the expression of `face` may be read.

    Not of who agreed to something else only, nor of a face that may be theirs. nearest: the workers whose it
    may be. consent_only: of nobody but those who agreed to it; else of people who agreed to
    nothing, too, of whom nobody knows who they are.
    """
    if consent_only:
        consent = face.worker.consent if face.worker else None
        return consent is not None and consent.emotion
    people = nearest if face.status is Status.AMBIGUOUS else [face.worker] if face.worker else []
    return not any(refuses_emotion(worker) for worker in people)


def _with_emotions(
    vision: Vision, scene: Scene, faces: tuple[Recognition, ...], result: SearchResult
) -> tuple[Recognition, ...]:
    """`faces`, as `result` has them, with the emotions that may be read; nobody else's is computed."""
    readable = [
        place
        for place, (face, search) in enumerate(zip(faces, result.searches, strict=True))
        if may_read_emotion(face, result.possible(search), consent_only=vision.emotion_consent_only)
    ]
    if vision.emotion is None or not readable:
        return faces
    from facevec.decision.emotion import emotion  # switched off, none of this is loaded

    rows = vision.emotion.read(scene.image, [faces[place].face for place in readable])
    by_place = {
        place: emotion(row, vision.confidence_floor) for place, row in zip(readable, rows, strict=True)
    }
    return tuple(replace(face, emotion=by_place.get(place)) for place, face in enumerate(faces))


def _recognition(search: Search, result: SearchResult, listed: int) -> Recognition:
    decision = result.decide(search)
    return Recognition(
        face=search.face,
        status=decision.status,
        worker=None if decision.worker_id is None else result.workers[decision.worker_id],
        distance=decision.distance,
        margin=decision.margin,
        emotion=None,
        candidates=tuple(Match(result.workers[c.worker_id], c.distance) for c in search.candidates[:listed]),
    )
