"""Whether a model may compute in another precision: shown on people whose names are known."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from facevec.decision import precision
from facevec.decision.scales.crowd import Crowd, Looks
from facevec.decision.vectors import unit
from facevec.ports import Clock, FaceEmbedder, Vision
from facevec.types import (
    PROOF_FPIR,
    Face,
    Image,
    ModelScale,
    Precision,
    PrecisionProof,
    Purpose,
    Refusal,
    Vectors,
)
from facevec.usecases.measure import Seen
from facevec.usecases.people import OnPhoto, Person, Read


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model's embedder that computes in another precision than fp32, and on which processor."""

    embedder: FaceEmbedder
    precision: Precision
    processor: str


def prove(
    vision: Vision,
    candidate: Candidate,
    scale: ModelScale,
    people: Sequence[Person],
    strangers: Sequence[Person],
    read: Read,
    now: Clock,
    on_photo: OnPhoto = lambda _photo: None,
) -> tuple[PrecisionProof, tuple[Refusal, ...]]:
    """(how `candidate` compares with the embedder of `vision`, unusable photos).

    Each face is found once and embedded by both. scale: of the model. Where strangers are too few, everybody
    is searched for, each in the gallery without themselves. Raises InputError where people are too few,
    ModelError.
    """
    both = _Both(vision.embedder, candidate.embedder)
    seen = Seen(replace(vision, embedder=both), read, on_photo)
    crowd, _ = seen.enough(people, strangers)
    reference, other = (_half(crowd, half) for half in (0, 1))
    return (
        PrecisionProof(
            model=vision.embedder.model,
            contract=vision.embedder.contract,
            precision=candidate.precision,
            tpir_fp32=precision.tpir(reference, scale.cohort, PROOF_FPIR),
            tpir=precision.tpir(other, scale.cohort, PROOF_FPIR).value,
            disagreement=precision.disagreement(reference, other),
            saved=1 - both.seconds[1] / both.seconds[0],
            processor=candidate.processor,
            people=len(crowd.people),
            strangers=len(crowd.strangers),
            photos=seen.photos,
            measured_at=now(),
        ),
        tuple(seen.refused),
    )


@dataclass(slots=True)
class _Both:
    """`ports.FaceEmbedder`: the vectors of two, in a row. seconds: of processor time that each took."""

    first: FaceEmbedder
    second: FaceEmbedder
    seconds: tuple[float, float] = (0.0, 0.0)

    @property
    def model(self) -> str:
        return self.first.model

    @property
    def contract(self) -> str:
        return self.first.contract

    @property
    def dimension(self) -> int:
        return self.first.dimension + self.second.dimension

    def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
        begun = time.process_time()
        first = self.first.embed(image, faces, purpose)
        halfway = time.process_time()
        second = self.second.embed(image, faces, purpose)
        spent = self.seconds
        self.seconds = (spent[0] + halfway - begun, spent[1] + time.process_time() - halfway)
        return np.hstack([first, second])


def _half(crowd: Crowd, half: int) -> Crowd:
    """What one of both made."""
    looks = (crowd.looks.probes, crowd.looks.templates, crowd.looks.rechecks)
    return replace(crowd, looks=Looks(*(unit(np.hsplit(vectors, 2)[half]) for vectors in looks)))
