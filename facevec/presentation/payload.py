"""Values as the JSON that the command line and the service answer with.

Distances, scores and probabilities are rounded to four digits, pixels to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TypeAlias

from facevec.types import (
    ApiKey,
    Box,
    Consent,
    Emotion,
    Enrolment,
    Photo,
    RecognisedImage,
    Recognition,
    Refusal,
    Verification,
    Worker,
)
from facevec.usecases.rebuild import IndexStatus

Json: TypeAlias = "dict[str, object]"


def error(code: str, message: str) -> Json:
    """What went wrong: a stable code and a sentence."""
    return {"code": code, "message": message}


def failed_image(path: str, code: str, message: str) -> Json:
    """An entry of `images` for a picture that could not be used."""
    return {"path": path, "error": error(code, message)}


def image(path: str, recognised: RecognisedImage) -> Json:
    """An entry of `images`: one picture and its faces, largest first."""
    return {
        "path": path,
        "width": recognised.width,
        "height": recognised.height,
        "faces": [face(found, emotions=recognised.emotions) for found in recognised.faces],
    }


def answer(images: Sequence[Json], recognised: Sequence[RecognisedImage]) -> Json:
    """The answer to a recognition; `recognised` holds at least one picture that could be used."""
    latest = recognised[-1]
    return {
        "images": list(images),
        "model": latest.model,
        "match_threshold": _rounded(latest.match_threshold),
        "detection_threshold": _rounded(latest.detection_threshold),
        "index_revision": latest.index_revision,
    }


def face(found: Recognition, *, emotions: bool = True) -> Json:
    """One face and what was decided about it.

    emotions: False where they are switched off, which leaves the field out; it is None where they
    are on and this face's was not read.
    """
    told: Json = {
        "box": box(found.face.box),
        "detection_score": _rounded(found.face.detection_score),
        "status": found.status.value,
        "worker": None if found.worker is None else identity(found.worker),
        "distance": _rounded(found.distance),
        "margin": _rounded(found.margin),
    }
    if emotions:
        told["emotion"] = None if found.emotion is None else emotion(found.emotion)
    return told


def box(corners: Box) -> Json:
    """A box in pixels of the upright picture."""
    return {name: round(float(pixels), 1) for name, pixels in asdict(corners).items()}


def emotion(read: Emotion) -> Json:
    """The likeliest expression, None when none is likely enough, and all seven probabilities."""
    return {"top": read.top, "scores": {name: _rounded(score) for name, score in read.scores.items()}}


def identity(known: Worker) -> Json:
    """Who somebody is, as a recognition tells it."""
    return {"id": known.id, "name": known.name, "external_id": known.external_id}


def worker(known: Worker) -> Json:
    """All that the registry says of a worker."""
    return {
        **identity(known),
        "status": known.status,
        "consent": None if known.consent is None else consent(known.consent),
        "created_at": _moment(known.created_at),
        "photo_count": known.photo_count,
    }


def consent(given: Consent) -> Json:
    """An agreement: to which text, when, until when, and whether also to reading expressions."""
    return {
        "text_version": given.text_version,
        "given_at": _moment(given.given_at),
        "expires_at": None if given.expires_at is None else _moment(given.expires_at),
        "emotion": given.emotion,
    }


def photo(enrolled: Photo) -> Json:
    """An enrolment photo."""
    return {
        "id": enrolled.id,
        "sha256": enrolled.sha256,
        "source": enrolled.source,
        "quality": {name: _rounded(number) for name, number in asdict(enrolled.quality).items()},
        "created_at": _moment(enrolled.created_at),
        "has_pixels": enrolled.has_pixels,
    }


def enrolment(done: Enrolment) -> Json:
    """What became of a worker's photos."""
    return {
        "name": done.name,
        "worker": None if done.worker is None else worker(done.worker),
        "accepted": list(done.accepted),
        "refused": [refusal(one) for one in done.refused],
    }


def verification(done: Verification) -> Json:
    """Whether two faces are one person."""
    return {
        "distance": _rounded(done.distance),
        "match_threshold": _rounded(done.threshold),
        "same": done.same,
        "model": done.model,
    }


def index_status(status: IndexStatus) -> Json:
    """The registry beside the generation on disk."""
    created_at = None if status.created_at is None else _moment(status.created_at)
    return {**asdict(status), "created_at": created_at}


def api_key(key: ApiKey) -> Json:
    """A key of the service, without the secret."""
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "created_at": _moment(key.created_at),
        "expires_at": None if key.expires_at is None else _moment(key.expires_at),
        "last_used_at": None if key.last_used_at is None else _moment(key.last_used_at),
        "revoked_at": None if key.revoked_at is None else _moment(key.revoked_at),
    }


def refusal(one: Refusal) -> Json:
    """A photo that was not enrolled, and why."""
    return {"source": one.source, "code": one.code, "reason": one.reason}


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(float(number), 4)


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds")
