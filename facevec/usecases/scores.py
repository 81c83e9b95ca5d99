"""What those are told of scores who could climb by them.

Whoever learns how near a picture comes can change it bit by bit until it is near enough. So a score is said
as an edge of the band in which it lies, and the only edges are those of the decision, which is said anyway.
"""

from __future__ import annotations

from dataclasses import replace

from facevec.decision.point import WIDEST
from facevec.types import Bands, Enrolment, RefusedAs, Status, Verification
from facevec.usecases.recognize import Recognition, RecognizedImage


def image_in_bands(image: RecognizedImage) -> RecognizedImage:
    """`image` with an edge of its bands for every score; candidates keep their order alone."""
    edges = dict.fromkeys((image.match_threshold, image.point.doubt, WIDEST))
    bands = Bands(tuple(edges), (0.0, image.point.min_margin.value))
    return replace(image, faces=tuple(_face_in_bands(face, bands) for face in image.faces), bands=bands)


def verification_in_bands(verification: Verification) -> Verification:
    """`verification` with its threshold, or all that is beyond, for its distance."""
    bands = Bands((verification.threshold, WIDEST))
    near, far = bands.distance
    within = verification.same or verification.ambiguous
    return replace(verification, distance=near if within else far, bands=bands)


def enrolment_in_bands(enrolment: Enrolment, largest: float) -> Enrolment:
    """`enrolment` with the largest distance at which a face is somebody else's for each that is."""
    refused = [
        replace(refusal, distance=largest) if isinstance(refusal, RefusedAs) else refusal
        for refusal in enrolment.refused
    ]
    return replace(enrolment, refused=refused)


def without_scores(image: RecognizedImage) -> RecognizedImage:
    """`image` without any score, to be drawn: an edge beside a face would be taken for its distance."""
    return replace(image, faces=tuple(replace(face, distance=None, margin=None) for face in image.faces))


_NAMED = (Status.IDENTIFIED, Status.UNCONFIRMED)


def _edge(distance: float, bands: Bands) -> float:
    return next(edge for edge in bands.distance if distance <= edge)


def _face_in_bands(face: Recognition, bands: Bands) -> Recognition:
    """A face whose distance did not decide is said to be far: a bad picture is no way to climb either."""
    far = bands.distance[-1]
    none, enough = bands.margin
    decided = face.status in (*_NAMED, Status.AMBIGUOUS)
    return replace(
        face,
        distance=None if face.distance is None else _edge(face.distance, bands) if decided else far,
        margin=None if face.margin is None else enough if face.status in _NAMED else none,
        candidates=tuple(replace(each, distance=far) for each in face.candidates),
    )
