"""How a model does in other precisions, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.presentation.answers.base import Answer, Figure, Moment
from facevec.presentation.answers.problems import Reason
from facevec.types import Precision, PrecisionProof

if TYPE_CHECKING:
    from typing_extensions import Self


class ShareAnswer(Answer):
    """With its 95 % interval."""

    value: Figure
    low: Figure
    high: Figure


class PrecisionProved(Answer):
    """How it does in one; see `types.PrecisionProof`."""

    model: str
    contract: str
    precision: Precision
    tpir_fp32: ShareAnswer
    tpir: Figure
    disagreement: Figure
    saved: Figure
    processor: str
    people: int
    strangers: int
    photos: int
    measured_at: Moment
    agrees: bool
    holds: bool

    @classmethod
    def of_proof(cls, proof: PrecisionProof) -> Self:
        """The proof's own words."""
        return cls.of(proof, tpir_fp32=ShareAnswer.of(proof.tpir_fp32))


class PrecisionLeftOut(Answer):
    """One in which there is nothing to show of a model, and why."""

    precision: Precision
    reason: str


class PrecisionsProved(Answer):
    """Proofs just measured and stored.

    left_out: in which nothing was measured. refused: photos that could not be used. passed_over: what nobody
    meant to be one.
    """

    proofs: tuple[PrecisionProved, ...]
    left_out: tuple[PrecisionLeftOut, ...]
    refused: tuple[Reason, ...]
    passed_over: tuple[str, ...]
