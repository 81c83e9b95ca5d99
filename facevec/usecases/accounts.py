"""What a decision is recorded as: who was named and what decided, in numbers and ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from facevec.decision.point import OperatingPoint
from facevec.types import Approval, Enrolment, RefusedAs, RefusedFor, Status, Verification
from facevec.usecases.approvals import as_noted
from facevec.usecases.recognize import Recognition, RecognizedImage

Account = tuple[tuple[int, ...], dict[str, Any]]
"""(the workers it is about, what there is to say)."""

DIGITS = 4


def of_recognition(images: Sequence[tuple[str, RecognizedImage]], contract: str) -> Account:
    """Of pictures, each with what stands for it."""
    if not images:
        return (), {}
    _, first = images[0]
    shown = [{"picture": hashed, "faces": [_face(face) for face in image.faces]} for hashed, image in images]
    decided = {
        "model": first.model,
        "contract": contract,
        "revision": first.index_revision,
        **of_point(first.point),
        "pictures": shown,
    }
    named = {worker_id for _, image in images for face in image.faces for worker_id in _named(face)}
    return tuple(sorted(named)), decided


def of_verification(verification: Verification, pictures: Sequence[str], worker_id: int | None) -> Account:
    """Of one picture and a worker, or of two pictures."""
    said = {
        "model": verification.model,
        "same": verification.same,
        "ambiguous": verification.ambiguous,
        "distance": round(verification.distance, DIGITS),
        "verify_threshold": round(verification.threshold, DIGITS),
        "pictures": [{"picture": picture} for picture in pictures],
    }
    return (() if worker_id is None else (worker_id,)), said


def of_enrolment(enrolment: Enrolment) -> Account:
    """Of photos that were enrolled or refused; what they are called may be a name, and is left out."""
    worker = enrolment.worker
    refused = [one.code for one in enrolment.refused]
    said = {"accepted": len(enrolment.accepted), "refused": refused, "reseeded": enrolment.reseeded}
    others = {one.worker_id for one in enrolment.refused if isinstance(one, RefusedAs)}
    others |= {one.owner_id for one in enrolment.refused if isinstance(one, RefusedFor)}
    return tuple(sorted(others | ({worker.id} if worker else set()))), said


def of_approval(approval: Approval) -> Account:
    """Of an approval that was decided or withdrawn."""
    return (() if approval.worker_id is None else (approval.worker_id,)), as_noted(approval)


def _named(face: Recognition) -> Iterator[int]:
    """The workers of whom an answer tells, as whom it is or as who is near."""
    if face.worker is not None:
        yield face.worker.id
    if face.review is not None:
        yield face.review.identification.worker_id
    yield from (match.worker.id for match in face.candidates)


def _face(face: Recognition) -> dict[str, Any]:
    said: dict[str, Any] = {"status": face.status.value}
    if face.status is Status.IDENTIFIED and face.worker is not None:
        said["worker"] = face.worker.id
    if face.review is not None:
        said.update(worker=face.review.identification.worker_id, review=face.review.id)
    for name in ("distance", "margin"):
        number = getattr(face, name)
        if number is not None:
            said[name] = round(number, DIGITS)
    if face.candidates:
        said["candidates"] = [[match.worker.id, round(match.distance, DIGITS)] for match in face.candidates]
    return said


def of_point(point: OperatingPoint) -> dict[str, Any]:
    """What decides, in numbers and where they come from."""
    return {
        "match_threshold": round(point.match_threshold.value, DIGITS),
        "threshold_from": point.match_threshold.origin.value,
        "min_margin": round(point.min_margin.value, DIGITS),
        "margin_from": point.min_margin.origin.value,
    }
