"""What shows that a model may compute in another precision than fp32: measured here, else shipped.

A proof decides which vectors are compared with which, so what was measured here carries a mark under the
integrity key, as the scales do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from facevec.errors import NotAuthentic
from facevec.integrity import IntegrityKey
from facevec.types import Estimate, Precision, PrecisionProof
from facevec.vision.weights import marked

KIND = "precision"

SHIPPED: tuple[PrecisionProof, ...] = (
    PrecisionProof(
        model="casia-webface",
        contract="69b105da6a8823ad",
        precision="bf16",
        tpir_fp32=Estimate(0.9578, 0.9203, 0.9910),
        tpir=0.9578,
        disagreement=0.0035,
        saved=0.45,
        processor="AMD EPYC, AVX-512 with bfloat16, two cores",
        people=90,
        strangers=320,
        photos=562,
        measured_at=datetime(2026, 11, 29, tzinfo=timezone.utc),
    ),
    PrecisionProof(
        model="casia-webface",
        contract="69b105da6a8823ad",
        precision="int8",
        tpir_fp32=Estimate(0.9103, 0.8404, 0.9510),
        tpir=0.9103,
        disagreement=0.0068,
        saved=0.62,
        processor="AMD EPYC, AVX-512 with VNNI, two cores",
        people=90,
        strangers=320,
        photos=520,
        measured_at=datetime(2026, 11, 29, tzinfo=timezone.utc),
    ),
    PrecisionProof(
        model="casia-webface",
        contract="69b105da6a8823ad",
        precision="int8-avx2",
        tpir_fp32=Estimate(0.9528, 0.9194, 0.9778),
        tpir=0.9528,
        disagreement=0.0075,
        saved=0.41,
        processor="AMD EPYC, AVX2, two cores",
        people=120,
        strangers=320,
        photos=680,
        measured_at=datetime(2026, 11, 30, tzinfo=timezone.utc),
    ),
)
"""Measured by facevec's maker on people of lfw-dev; what is saved is another share on each processor."""


def keep(proof: PrecisionProof, folder: Path, key: IntegrityKey) -> None:
    """From now on this is the model's in its precision. Raises OutputUnwritable."""
    document = {**asdict(proof), "measured_at": proof.measured_at.isoformat()}
    marked.write(_path(folder, proof.model, proof.precision), document, KIND, key)


def proof_of(
    model: str, contract: str, precision: Precision, folder: Path, key: IntegrityKey
) -> PrecisionProof | None:
    """What shows how the model under this contract does in `precision`; None where nobody measured it.

    Raises NotAuthentic for what is damaged or was not written under `key`.
    """
    path = _path(folder, model, precision)
    try:
        measured = marked.read(path, KIND, key, _proof)
    except ValueError:
        raise NotAuthentic(
            f"What shows how {model} does in {precision}, {path}, is damaged or was not measured under the "
            f"integrity key here ({key.origin}); run `facevec models prove` again, or delete the file."
        ) from None
    known = (*([measured] if measured else []), *SHIPPED)
    wanted = (model, contract, precision)
    return next((each for each in known if (each.model, each.contract, each.precision) == wanted), None)


def _proof(document: Mapping[str, Any]) -> PrecisionProof:
    return PrecisionProof(
        **{
            **document,
            "tpir_fp32": Estimate(**document["tpir_fp32"]),
            "measured_at": datetime.fromisoformat(document["measured_at"]).astimezone(timezone.utc),
        }
    )


def _path(folder: Path, model: str, precision: Precision) -> Path:
    return folder / f"{model}.{precision}.json"
