"""Whether a model may compute in other precisions: shown on people whose names are known."""

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


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A precision in which there is nothing to show of a model; why, in a sentence."""

    precision: Precision
    reason: str


def prove(
    vision: Vision,
    candidates: Sequence[Candidate],
    scale: ModelScale,
    people: Sequence[Person],
    strangers: Sequence[Person],
    read: Read,
    now: Clock,
    on_photo: OnPhoto = lambda _photo: None,
) -> tuple[tuple[PrecisionProof, ...], tuple[Refusal, ...]]:
    """(how each candidate compares with the embedder of `vision`, unusable photos).

    Each face is found once and embedded by all. scale: of the model. Where strangers are too few, everybody
    is searched for, each in the gallery without themselves. Raises InputError where people are too few,
    ModelError.
    """
    together = _Together((vision.embedder, *(candidate.embedder for candidate in candidates)))
    seen = Seen(replace(vision, embedder=together), read, on_photo)
    crowd, _ = seen.enough(people, strangers)
    count = 1 + len(candidates)
    reference, *others = (_part(crowd, place, count) for place in range(count))
    fp32 = precision.tpir(reference, scale.cohort, PROOF_FPIR)
    proofs = (
        PrecisionProof(
            model=vision.embedder.model,
            contract=vision.embedder.contract,
            precision=candidate.precision,
            tpir_fp32=fp32,
            tpir=precision.tpir(other, scale.cohort, PROOF_FPIR).value,
            disagreement=precision.disagreement(reference, other),
            saved=1 - seconds / together.seconds[0],
            processor=candidate.processor,
            people=len(crowd.people),
            strangers=len(crowd.strangers),
            photos=seen.photos,
            measured_at=now(),
        )
        for candidate, other, seconds in zip(candidates, others, together.seconds[1:], strict=True)
    )
    return tuple(proofs), tuple(seen.refused)


class _Together:
    """`ports.FaceEmbedder`: the vectors of several, in a row. seconds: of processor time that each took."""

    def __init__(self, embedders: Sequence[FaceEmbedder]) -> None:
        self.embedders = embedders
        self.seconds = [0.0] * len(embedders)

    @property
    def model(self) -> str:
        return self.embedders[0].model

    @property
    def contract(self) -> str:
        return self.embedders[0].contract

    @property
    def dimension(self) -> int:
        return sum(embedder.dimension for embedder in self.embedders)

    def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
        parts = []
        for place, embedder in enumerate(self.embedders):
            begun = time.process_time()
            parts.append(embedder.embed(image, faces, purpose))
            self.seconds[place] += time.process_time() - begun
        return np.hstack(parts)


def _part(crowd: Crowd, place: int, count: int) -> Crowd:
    """What one of so many made."""
    looks = (crowd.looks.probes, crowd.looks.templates, crowd.looks.rechecks)
    return replace(crowd, looks=Looks(*(unit(np.hsplit(vectors, count)[place]) for vectors in looks)))
