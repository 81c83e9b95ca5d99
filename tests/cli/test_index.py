"""`facevec index` and the nightly job on a real registry."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from filelock import FileLock

from facevec import config
from facevec.bootstrap import App
from facevec.cli.common import FAULTS_EXIT_CODE
from facevec.cli.main import cli
from facevec.decision.vectors import unit
from facevec.errors import RebuildRunning, WorkerNotFound
from facevec.gallery.generations import CURRENT, LOCK
from facevec.gallery.layered import LayeredGallery
from facevec.gallery.references import REFERENCES
from facevec.jobs import nightly
from facevec.outcomes import outcome
from facevec.types import NewPhoto, Quality
from facevec.usecases.remove import remove_worker
from tests.toy import DIMENSION

GOOD = Quality(size=120, sharpness=200, brightness=120, contrast=40, yaw=0.0, roll=0.0)
BUSY = 45


@pytest.fixture
def app(home):
    """Three workers with two templates each."""
    app = App(config.load())
    app.registry.claim_model("drawn", "drawn-1")
    vectors = np.random.default_rng(0).normal(size=(3, 2, DIMENSION)).astype(np.float32)
    for number, templates in enumerate(unit(vectors)):
        photos = [
            NewPhoto(f"{number}{row}".rjust(64, "0"), "drawn.png", GOOD, template, "drawn-1")
            for row, template in enumerate(templates)
        ]
        app.registry.add_worker(f"Drawn {number}", None, None, photos)
    return app


def run(*words: str):
    result = CliRunner().invoke(cli, ["index", *words])
    return result.exit_code, result.stdout


def as_json(*words: str):
    code, output = run(*words, "--json")
    assert code == 0, output
    return json.loads(output)


def test_rebuild_and_status(app):
    report = as_json("rebuild")
    assert (report["workers"], report["templates"], report["revision"]) == (3, 6, 3)
    status = as_json("status")
    assert status["generation"] == report["generation"]
    assert (status["lag"], status["generation_workers"], status["fault"]) == (0, 3, None)
    assert (status["model"], status["contract"]) == ("drawn", "drawn-1")
    assert 0 <= status["age_seconds"] < 60
    code, output = run("status")
    assert code == 0
    assert "verified: 3 workers" in output
    assert "3 workers, 6 templates" in output


def test_before_anything_was_built(app):
    status = as_json("status")
    assert (status["generation"], status["fault"], status["workers"]) == (None, None, 3)
    assert "index rebuild" in run("status")[1]


def test_nobody_enrolled(home):
    assert as_json("rebuild")["generation"] is None
    assert "nothing to index" in run("rebuild")[1]
    assert as_json("status")["workers"] == 0
    assert not (home / "index" / CURRENT).exists()


def test_status_names_the_damage(app, home):
    generation = as_json("rebuild")["generation"]
    path = home / "index" / generation / REFERENCES
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    status = as_json("status")
    assert status["generation"] is None
    assert "damaged" in status["fault"]
    assert "not used" in run("status")[1]


def test_a_rebuild_that_runs_elsewhere(app, home):
    run("rebuild")
    with FileLock(home / "index" / LOCK):
        code, output = run("rebuild", "--json")
        assert code == BUSY
        codes = {step["name"]: step["code"] for step in json.loads(output)["night"]["steps"]}
        assert codes.pop("index") == RebuildRunning.code
        assert set(codes.values()) == {None}
        assert nightly.main() == BUSY


def test_removing_a_worker_takes_their_vector_off_the_disk(app, home):
    run("rebuild")
    run("rebuild")
    remove_worker(app.registry, app.generations, 2)
    assert [path for path in (home / "index").iterdir() if path.is_dir()] == []
    assert as_json("rebuild")["workers"] == 2


def test_the_nightly_job_says_what_it_did(app, capsys):
    assert nightly.main() == 0
    *steps, last = map(json.loads, capsys.readouterr().err.splitlines())
    (event,) = (step for step in steps if step.get("step") == "index")
    assert event["event"] == "step_taken"
    assert (event["workers"], event["templates"], event["revision"]) == (3, 6, 3)
    assert (last["event"], last["findings"]) == ("night_ended", {})
    assert as_json("status")["generation"] == event["generation"]


def test_the_nightly_job_logs_from_the_level_on_that_is_set(app, capsys, monkeypatch):
    monkeypatch.setenv("FACEVEC_LOGGING__LEVEL", "error")
    assert nightly.main() == 0
    assert capsys.readouterr().err == ""


def test_a_removal_that_was_killed_is_finished_when_it_is_repeated(app, home):
    """Killed after the commit, before the index was cleared."""
    code, _ = run("rebuild")
    assert code == 0
    references = np.fromfile(next(home.glob(f"index/*/{REFERENCES}")), np.float32).reshape(3, -1)
    app.registry.remove_worker(2)
    assert any(references[1].tobytes() in path.read_bytes() for path in home.glob("index/*/*"))
    repeated = CliRunner().invoke(cli, ["worker", "remove", "id:2", "--yes"])
    assert repeated.exit_code == outcome(WorkerNotFound("")).exit_code
    assert list(home.glob("index/*/*")) == []


@pytest.mark.slow
def test_with_milvus(app, milvus, monkeypatch):
    monkeypatch.setenv("FACEVEC_GALLERY__ENGINE", "milvus")
    monkeypatch.setenv("FACEVEC_GALLERY__MILVUS_URL", milvus.url)
    report = as_json("rebuild")
    assert (report["workers"], report["engine"], report["mended"]) == (3, "milvus", 0)
    status = as_json("status")
    assert (status["generation"], status["lag"], status["fault"]) == (report["generation"], 0, None)
    assert "milvus" in run("status")[1]
    monkeypatch.setenv("FACEVEC_GALLERY__MILVUS_URL", "http://127.0.0.1:1")
    assert "Nobody answers" in as_json("status")["fault"]
    assert run("rebuild")[0] == 81


def test_a_proof_compares_with_everybody_and_notices_what_is_not_searched_rightly(app, monkeypatch):
    proof = as_json("prove", "--probes", "20")
    assert (proof["engine"], proof["workers"], proof["different"], proof["recall"]) == ("faiss", 3, 0, 1.0)
    assert proof["right"] == proof["neighbours"] == 3 * proof["probes"] > 0
    assert "neighbours right, 0 answers differ" in run("prove")[1]
    search = LayeredGallery.search

    def forgetful(gallery, probes, k):
        return tuple(candidates[1:] for candidates in search(gallery, probes, k))

    monkeypatch.setattr(LayeredGallery, "search", forgetful)
    code, output = run("prove", "--json")
    assert (code, json.loads(output)["recall"]) == (FAULTS_EXIT_CODE, pytest.approx(2 / 3, abs=1e-4))
    assert run("prove", "--recall", "0.6")[0] == 0
    assert run("prove", "--recall", "0.7")[0] == FAULTS_EXIT_CODE


def test_nothing_is_proved_without_workers(home):
    assert as_json("prove") is None
    assert "nothing to search" in run("prove")[1]
