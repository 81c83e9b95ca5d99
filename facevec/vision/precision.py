"""In which precision a network computes: as the settings want it, and as far as it was shown to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from facevec.errors import EngineUnavailable, SettingsError
from facevec.types import FASTER, Precision, PrecisionProof

Wanted = Literal["auto"] | Precision
"""auto: the fastest that was shown to do as well, and whose vectors may be compared with those in fp32."""


def chosen(
    wanted: Wanted,
    model: str,
    proof_of: Callable[[Precision], PrecisionProof | None],
    computes: Callable[[Precision], bool],
) -> PrecisionProof | None:
    """The proof of what the embedding network of `model` computes in; None for fp32.

    proof_of: how it does in one, None where nobody showed it. computes: whether that is a faster one here.
    Raises SettingsError and EngineUnavailable for one that was asked for by name and will not do.
    """
    if wanted == "fp32":
        return None
    if wanted == "auto":
        shown = [proof_of(precision) for precision in FASTER if computes(precision)]
        fit = [proof for proof in shown if proof is not None and proof.is_worth_it]
        return max(fit, key=lambda proof: proof.saved, default=None)
    if not computes(wanted):
        others = " or ".join(f'"{each}"' for each in ("auto", "fp32", *filter(computes, FASTER)))
        raise EngineUnavailable(
            f"What runs the networks here does not compute in {wanted}; set vision.precision to {others}."
        )
    proof = proof_of(wanted)
    if proof is None:
        raise SettingsError(
            f"Nobody has shown how {model} does in {wanted}; run `facevec models prove {model} DIR` on "
            'people whose names are known, or set vision.precision to "auto" or "fp32".'
        )
    if not proof.holds:
        raise SettingsError(
            f"In {wanted} {model} names {proof.tpir:.1%} of the workers rightly, and at least "
            f'{proof.tpir_fp32.low:.1%} in fp32; set vision.precision to "auto" or "fp32".'
        )
    return proof
