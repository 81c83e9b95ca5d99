"""In which precision a network computes: as the settings want it, and as far as it was shown to do."""

from __future__ import annotations

from typing import Literal

from facevec.errors import EngineUnavailable, SettingsError
from facevec.types import Precision, PrecisionProof

Wanted = Literal["auto"] | Precision
"""auto: the fastest that was shown to do as well, and whose vectors may be compared with those in fp32."""

FASTER: Precision = "bf16"
"""The one there is beside fp32; 8-bit numbers were tried and do not agree (docs/adr)."""


def chosen(wanted: Wanted, model: str, proof: PrecisionProof | None, *, computes: bool) -> Precision:
    """What the embedding network of `model` computes in.

    proof: how it does in `FASTER`, None where nobody showed it. computes: whether it is the faster one here.
    Raises SettingsError and EngineUnavailable for one that was asked for by name and will not do.
    """
    if wanted == "fp32":
        return "fp32"
    if wanted == "auto":
        fits = computes and proof is not None and proof.is_worth_it and proof.agrees
        return FASTER if fits else "fp32"
    if not computes:
        raise EngineUnavailable(
            f"What runs the networks here does not compute in {wanted}; set vision.precision to "
            '"auto" or "fp32".'
        )
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
    return wanted
