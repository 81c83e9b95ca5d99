from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest

from facevec.errors import EngineUnavailable, NotAuthentic, SettingsError
from facevec.integrity import IntegrityKey
from facevec.types import FASTER, SAME_DISTANCES, Estimate, Image, Precision, PrecisionProof
from facevec.vision.engines.openvino_engine import OpenVinoEngine
from facevec.vision.precision import Wanted, chosen
from facevec.vision.weights import proofs
from tests.integrity import KEY
from tests.parts import WITHOUT_EMOTIONS, networks

PROOF = PrecisionProof(
    model="some",
    contract="1234",
    precision="bf16",
    tpir_fp32=Estimate(0.95, 0.92, 0.97),
    tpir=0.94,
    disagreement=0.004,
    saved=0.5,
    processor="a processor",
    people=200,
    strangers=300,
    photos=1000,
    measured_at=datetime(2026, 11, 29, tzinfo=timezone.utc),
)
DISAGREES, WORSE, SLOWER = (
    replace(PROOF, disagreement=0.02),
    replace(PROOF, tpir=0.91),
    replace(PROOF, saved=-0.1),
)


FASTEST = replace(PROOF, precision="int8", saved=0.7)


def choose(wanted: Wanted, *shown: PrecisionProof, computes: bool = True) -> Precision:
    proofs = {proof.precision: proof for proof in shown}
    proof = chosen(wanted, "some", proofs.get, lambda _precision: computes)
    return proof.precision if proof else "fp32"


def test_auto_takes_what_was_shown_to_do_as_well_and_to_be_faster_here() -> None:
    assert choose("auto", PROOF) == "bf16"
    assert choose("auto", PROOF, computes=False) == "fp32"
    assert choose("auto") == "fp32"
    for proof in (DISAGREES, WORSE, SLOWER):
        assert choose("auto", proof) == "fp32"


def test_auto_takes_the_fastest_that_does_as_well() -> None:
    assert choose("auto", PROOF, FASTEST) == "int8"
    assert choose("auto", replace(PROOF, saved=0.8), FASTEST) == "bf16"
    assert choose("auto", PROOF, replace(FASTEST, disagreement=0.02)) == "bf16"
    proofs_by_precision = {"bf16": PROOF, "int8": FASTEST}.get
    assert chosen("auto", "some", proofs_by_precision, lambda precision: precision == "bf16") is PROOF


def test_one_that_is_asked_for_by_name_is_refused_where_nothing_shows_that_it_will_do() -> None:
    assert choose("bf16", PROOF, FASTEST) == "bf16"
    assert choose("bf16", DISAGREES) == "bf16"  # under a contract of its own
    with pytest.raises(SettingsError, match="facevec models prove some"):
        choose("int8", PROOF)
    with pytest.raises(SettingsError, match=r"91\.0%"):
        choose("bf16", WORSE)
    with pytest.raises(EngineUnavailable, match="does not compute in int8"):
        choose("int8", FASTEST, computes=False)


def test_a_proof_counts_for_its_contract_and_only_as_it_was_written(tmp_path: Path) -> None:
    proofs.keep(PROOF, tmp_path, KEY)
    assert proofs.proof_of("some", "1234", "bf16", tmp_path, KEY) == PROOF
    assert proofs.proof_of("some", "5678", "bf16", tmp_path, KEY) is None
    assert proofs.proof_of("other", "1234", "bf16", tmp_path, KEY) is None
    with pytest.raises(NotAuthentic, match="models prove"):
        proofs.proof_of("some", "1234", "bf16", tmp_path, IntegrityKey.passing())
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text().replace("0.004", "0.003"))
    with pytest.raises(NotAuthentic):
        proofs.proof_of("some", "1234", "bf16", tmp_path, KEY)


@pytest.fixture(params=FASTER)
def computed(request: pytest.FixtureRequest, models_dir: Path) -> Precision:
    """What this processor computes in beside fp32."""
    precision: Precision = request.param
    if not OpenVinoEngine(cache=models_dir, key=KEY, threads=1).computes(precision):
        pytest.skip(f"this processor does not compute in {precision}")
    return precision


@pytest.mark.parametrize(("disagreement", "same"), [(0.004, True), (0.02, False)])
def test_what_it_makes_has_the_contract_of_fp32_only_where_that_was_shown(
    models_dir: Path,
    pair: Image,
    monkeypatch: pytest.MonkeyPatch,
    computed: Precision,
    disagreement: float,
    same: bool,
) -> None:
    plain = networks(models_dir, WITHOUT_EMOTIONS).vision("casia-webface")
    contract = plain.embedder.contract
    proof = replace(
        PROOF, model="casia-webface", contract=contract, precision=computed, disagreement=disagreement
    )
    monkeypatch.setattr(proofs, "SHIPPED", (proof,))
    other = networks(models_dir, {**WITHOUT_EMOTIONS, "vision.precision": computed}).vision("casia-webface")
    assert (other.embedder.contract == contract) is same
    assert (plain.precisions, other.precisions) == (("fp32",), (computed,))
    faces = plain.detector.detect(pair)
    reference, rounded = (each.embedder.embed(pair, faces) for each in (plain, other))
    assert (reference != rounded).any()
    apart = [np.linalg.norm(a - b) for a, b in (reference, rounded, (reference[0], rounded[1]))]
    assert np.ptp(apart) < SAME_DISTANCES


@pytest.mark.parametrize(
    ("wanted", "faster", "taken"),
    [
        ("auto", {"bf16", "int8"}, "int8"),
        ("auto", {"int8-avx2"}, "int8-avx2"),
        ("int8-avx2", {"int8-avx2"}, "int8-avx2"),
        ("auto", {"bf16"}, "fp32"),
        ("bf16", {"bf16"}, "fp32"),
        ("fp32", {"int8"}, "fp32"),
    ],
)
def test_expressions_are_read_in_8_bit_numbers_where_that_was_shown_to_do(
    wanted: str, faster: set[Precision], taken: Precision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    monkeypatch.setattr(OpenVinoEngine, "computes", lambda _, precision: precision in faster)
    monkeypatch.setattr(OpenVinoEngine, "load", lambda _, spec, precision, **_more: loaded.append(precision))
    networks(tmp_path, {"vision.precision": wanted}).emotion_classifier()
    assert loaded == [taken]


@pytest.mark.parametrize("precision", FASTER)
def test_the_proof_that_ships_is_of_the_contract_that_is_in_force(
    models_dir: Path, precision: Precision
) -> None:
    contract = networks(models_dir, WITHOUT_EMOTIONS).vision("casia-webface").embedder.contract
    proof = proofs.proof_of("casia-webface", contract, precision, Path("/nonexistent"), KEY)
    assert proof is not None
    assert proof.is_worth_it
