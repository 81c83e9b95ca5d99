"""In which numbers a network computes, and what shows that they will do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from facevec.types.decisions import Estimate

Precision = Literal["fp32", "bf16", "int8", "int8-avx2"]
"""32 bits, 16 with three digits, or 8 of which each layer's numbers are multiples of a step of its own.

int8-avx2: the same 8 bits where processors have AVX2 and no VNNI: the sum of two products that 16 bits do not
hold is cut.
"""

IN_BYTES: frozenset[Precision] = frozenset({"int8", "int8-avx2"})

FASTER: tuple[Precision, ...] = tuple(each for each in get_args(Precision) if each != "fp32")
"""Those that have to be shown to do as well."""

SAME_DISTANCES = 0.01
"""Embeddings whose distances differ by no more than this may be compared with each other."""

PROOF_FPIR = 0.01
"""The rate of strangers named at which workers named rightly are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionProof:
    """How a model's embeddings in another precision compare with those in fp32, on people who are known.

    contract: of the model in fp32. tpir: at an FPIR of `PROOF_FPIR`, in each. disagreement: the largest
    difference of a distance, whether both or one alone of what is compared was computed in this precision.
    saved: share of the processor's time of an embedding that it saves. processor: where it was measured.
    """

    model: str
    contract: str
    precision: Precision
    tpir_fp32: Estimate
    tpir: float
    disagreement: float
    saved: float
    processor: str
    people: int
    strangers: int
    photos: int
    measured_at: datetime

    @property
    def agrees(self) -> bool:
        """Whether embeddings of both precisions may be compared."""
        return self.disagreement <= SAME_DISTANCES

    @property
    def holds(self) -> bool:
        """Whether it is as accurate as fp32, as far as so many people can tell."""
        return self.tpir >= self.tpir_fp32.low

    @property
    def is_worth_it(self) -> bool:
        """Whether "auto" may take it."""
        return self.holds and self.agrees and self.saved > 0
