"""`facevec models measure`, and the distances of the workers after an import, on toy pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from facevec import config
from facevec.bootstrap import App
from facevec.config import Loaded
from facevec.jobs import nightly
from facevec.types import Evidence
from tests.cli.conftest import Run
from tests.cli.test_evaluate import folder_of
from tests.toy import SCALE, Someone, ToyNetworks, toy_networks

pytestmark = pytest.mark.slow


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "models"
    monkeypatch.setenv("FACEVEC_MODELS", str(folder))
    return folder


def unmeasured(loaded: Loaded) -> ToyNetworks:
    """The toy's distances, as if others had published them."""
    match = replace(SCALE.match, evidence=Evidence.PUBLISHED)
    return replace(toy_networks(loaded), toy_scale=replace(SCALE, match=match))


def looks(first: int, last: int, photos: int) -> dict[str, list[list[Someone]]]:
    return {f"p{who}": [[Someone(who, look)] for look in range(photos)] for who in range(first, last)}


def test_it_is_stored_beside_the_model_and_counts_in_every_process(
    run: Run, tmp_path: Path, own_models: Path
) -> None:
    people = folder_of(tmp_path / "people", looks(1, 56, 3))
    strangers = folder_of(tmp_path / "strangers", looks(1000, 1250, 1))
    result = run("models", "measure", "toy", people, "--strangers", strangers, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert (answer["people"], answer["strangers"], answer["photos"]) == (55, 305, 415)
    assert answer["everybody_searched"]  # 250 strangers alone are too few
    at = {one["fpir"]: one for one in answer["scale"]["match"]}
    assert at[0.01]["low"] <= at[0.01]["value"] <= at[0.01]["high"]
    assert answer["scale"]["evidence"] == "measured"
    with App(config.load(), networks=toy_networks) as app:
        assert app.operating_point().match_threshold.value == pytest.approx(at[0.01]["value"])
        assert app.desk.rules.other_person_threshold.value == pytest.approx(
            answer["scale"]["other_person"]["value"]
        )

    written = own_models / "toy.scale.json"
    written.write_text(written.read_text().replace('"verify"', '"verify" '))  # no other content
    assert run("recognize", people / "p1" / "0.png").exit_code == 0
    changed = json.loads(written.read_text())
    changed["measured"]["scale"]["verify"] = 1.9
    written.write_text(json.dumps(changed))
    refused = run("recognize", people / "p1" / "0.png")
    assert "were not measured under the integrity key" in refused.stderr
    written.rename(own_models / "casia-webface.scale.json")
    assert "not authentic: measure them again" in run("models", "list", "--json").stdout


def test_too_few_people_store_nothing(run: Run, tmp_path: Path, own_models: Path) -> None:
    people = folder_of(tmp_path / "people", looks(1, 20, 2))
    result = run("models", "measure", "toy", people)
    assert result.exit_code != 0
    assert "19 people with two photos or more are in the folders, too few" in result.stderr
    assert not (own_models / "toy.scale.json").exists()


def test_an_import_measures_a_model_that_nobody_measured(run: Run, tmp_path: Path) -> None:
    people = folder_of(tmp_path / "people", looks(1, 106, 1))
    output = run("worker", "import", people, networks=unmeasured)
    assert output.exit_code == 0, output.output
    assert "they were measured on your 105 workers" in output.stderr
    thresholds = json.loads(run("calibrate", "show", "--json", networks=unmeasured).stdout)
    assert thresholds["model_evidence"] == "own_workers"
    assert "on your own workers" in run("calibrate", "show", networks=unmeasured).stdout
    assert run("worker", "import", people, networks=unmeasured).stderr == ""  # and not again


def test_the_nightly_job_does_it_too(run: Run, tmp_path: Path) -> None:
    assert run("worker", "import", folder_of(tmp_path / "people", looks(1, 106, 1))).exit_code == 0
    assert nightly.main(unmeasured) == 0
    with App(config.load(), networks=unmeasured) as app:
        assert app.scale.match.evidence is Evidence.OWN_WORKERS
