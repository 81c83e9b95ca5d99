"""How a model does in another precision, as JSON."""

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
    """A proof just measured and stored; see `types.PrecisionProof`.

    refused: photos that could not be used. passed_over: what nobody meant to be one.
    """

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
    refused: tuple[Reason, ...]
    passed_over: tuple[str, ...]

    @classmethod
    def of_proof(cls, proof: PrecisionProof, **fields: object) -> Self:
        """`fields` as in `of`."""
        return cls.of(proof, tpir_fp32=ShareAnswer.of(proof.tpir_fp32), **fields)
