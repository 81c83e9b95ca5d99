"""`facevec models prove` on toy pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from facevec import networks
from facevec.cli.prove import verdict
from facevec.types import FASTER, Precision, PrecisionProof
from facevec.usecases.prove import Candidate, LeftOut
from tests.cli.conftest import Run
from tests.cli.test_evaluate import folder_of
from tests.cli.test_measure import looks
from tests.toy import SCALE, toy_vision
from tests.usecases.test_prove import Rounded
from tests.vision.test_precision import DISAGREES, PROOF, SLOWER, WORSE, choose

ERRORS = {"bf16": 0.001, "int8": 0.3, "int8-avx2": 0.3}


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[PrecisionProof]:
    """The proofs that were stored, of a toy that is a little off in bf16 and much in int8."""
    stored: list[PrecisionProof] = []

    def precisions(_model: str, wanted: Sequence[Precision] = FASTER):
        return toy_vision(), [Candidate(Rounded(ERRORS[each]), each, "a toy") for each in wanted], ()

    toys = SimpleNamespace(precisions=precisions, scale=lambda _model: SCALE, keep_proof=stored.append)
    monkeypatch.setattr(networks, "installed_networks", lambda _loaded: toys)
    return stored


def test_it_says_how_the_model_does_in_each_precision(
    run: Run, tmp_path: Path, kept: list[PrecisionProof]
) -> None:
    people = folder_of(tmp_path / "people", looks(1, 56, 2))
    strangers = folder_of(tmp_path / "strangers", looks(1000, 1250, 1))
    answer = json.loads(run("models", "prove", "toy", people, "--strangers", strangers, "--json").stdout)
    assert [(proof["precision"], proof["agrees"]) for proof in answer["proofs"]] == [
        ("bf16", True),
        ("int8", False),
        ("int8-avx2", False),
    ]
    assert [proof.precision for proof in kept] == [*FASTER]
    assert answer["refused"] == []


def test_one_precision_may_be_asked_for(run: Run, tmp_path: Path, kept: list[PrecisionProof]) -> None:
    people = folder_of(tmp_path / "people", looks(1, 310, 2))
    output = run("models", "prove", "toy", people, "--precision", "int8").stdout
    assert "toy in int8 on a toy" in output
    assert "bf16" not in output
    assert "contract of its own" in " ".join(output.split())
    assert [proof.precision for proof in kept] == ["int8"]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("option", [(), ("--json",)])
def test_it_says_which_precision_was_left_out_and_why(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: tuple[str, ...]
) -> None:
    toys = networks.installed_networks(None)
    without = LeftOut("int8", "int8 rounds no layer of this network.")
    vision, candidates, _ = toys.precisions("toy", ("bf16",))
    monkeypatch.setattr(toys, "precisions", lambda *_: (vision, candidates, (without,)))
    monkeypatch.setattr(networks, "installed_networks", lambda _loaded: toys)
    output = run("models", "prove", "toy", folder_of(tmp_path / "people", looks(1, 310, 2)), *option).stdout
    if option:
        answer = json.loads(output)
        assert answer["left_out"] == [{"precision": "int8", "reason": without.reason}]
        assert [proof["precision"] for proof in answer["proofs"]] == ["bf16"]
    else:
        assert "toy in bf16 on a toy" in output
        assert f"Left out: {without.reason}" in output


@pytest.mark.parametrize(
    "proof", [PROOF, DISAGREES, WORSE, SLOWER], ids=["fit", "disagrees", "worse", "slower"]
)
def test_a_verdict_says_of_its_own_precision_alone_whether_auto_takes_it(proof: PrecisionProof) -> None:
    """Another may be fit, so nothing stays with fp32 for it."""
    sentence = verdict(proof)
    assert "fp32" not in sentence
    assert proof.precision in sentence
    assert ("may take" in sentence) is proof.is_worth_it is (choose("auto", proof) == proof.precision)
