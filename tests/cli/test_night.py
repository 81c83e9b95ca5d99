"""The nightly job: what it sees on a real registry, and how that is told."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
import structlog.testing
from sqlalchemy import update

from facevec import config
from facevec.bootstrap import App
from facevec.decision.vectors import unit
from facevec.errors import ConsentRefused, DiskFull, JobRunning
from facevec.jobs import nightly
from facevec.outcomes import OUTCOMES
from facevec.registry.leases import LASTS, SqlLeases
from facevec.registry.tables import TemplateRow
from facevec.types import Consent, DistinctFrom, Finding, Model, NewPhoto, Vectors, Worker
from facevec.usecases.night import neighbours
from facevec.usecases.night.look_alikes import DECIDED
from facevec.usecases.night.misfits import ANOTHERS, FAR
from facevec.usecases.night.steps import STEPS
from tests.cli.conftest import Run
from tests.registry.test_calibrations import MADE
from tests.toy import DIMENSION, GOOD, SCALE, Someone, ToyEmbedder, embedding, toy_networks

NOW = datetime(2026, 5, 1, tzinfo=timezone.utc)


@pytest.fixture
def app(toy_home: Path) -> Iterator[App]:
    with App(config.load(), networks=toy_networks, clock=lambda: NOW) as app:
        app.registry.claim_model(ToyEmbedder.model, ToyEmbedder.contract)
        yield app


def enrol(app: App, name: str, *looks: Someone | Vectors, consent: Consent | None = None, **more) -> Worker:
    """With a photo of each look."""
    photos = []
    for number, look in enumerate(looks):
        template = embedding(look) if isinstance(look, Someone) else look
        sha256 = f"{name}{number}".encode().hex().rjust(64, "0")
        photos.append(NewPhoto(sha256, "drawn.png", GOOD, template, ToyEmbedder.contract))
    return app.registry.add_worker(name, None, consent, photos, **more)


def set_clock(app: App, now: datetime) -> None:
    app.clock = app.registry._clock = lambda: now


def findings(app: App, step: str) -> tuple[Finding, ...]:
    report = nightly.work(app, on_step=lambda _: None)
    assert report.failure is None
    seen = report.step(step)
    assert seen is not None
    return seen.findings


def test_there_is_nothing_to_look_at_where_all_is_well(app: App) -> None:
    for who in range(1, 12):
        enrol(app, f"Drawn {who}", Someone(who, 0), Someone(who, 1))
    report = nightly.work(app, on_step=lambda _: None)
    assert [step.name for step in report.steps] == [name for name, _ in STEPS]
    assert [step.count for step in report.steps] == [0] * len(STEPS)


def test_the_same_face_under_two_workers_is_seen_until_somebody_decides_that_they_are_two(app: App) -> None:
    enrol(app, "Ada", Someone(1, 0), Someone(1, 1))
    for who in range(2, 12):
        enrol(app, f"Drawn {who}", Someone(who, 0))
    enrol(app, "Ada again", Someone(1, 2), Someone(1, 3))
    (finding,) = findings(app, "same_face")
    assert finding.worker_ids == (1, 12)
    (alike,) = findings(app, "look_alikes")
    assert (alike.worker_ids, alike.reason) == ((1, 12), None)
    app.registry.add_photos(
        12, [NewPhoto("f" * 64, "x.png", GOOD, embedding(Someone(1, 4)), "toy-1")],
        distinct_from=DistinctFrom((1,), "user:somebody"),
    )  # fmt: skip
    assert findings(app, "same_face") == ()
    (alike,) = findings(app, "look_alikes")
    assert (alike.worker_ids, alike.reason) == ((1, 12), DECIDED)


def test_somebody_whose_consent_ended_is_not_enrolled_twice_either(app: App) -> None:
    ended = Consent("v1", NOW - timedelta(days=9), NOW - timedelta(days=1))
    enrol(app, "Ada", Someone(1, 0), Someone(1, 1), consent=ended)
    enrol(app, "Ada again", Someone(1, 2), Someone(1, 3))
    assert [each.worker_ids for each in findings(app, "same_face")] == [(1, 2)]


def test_photos_that_do_not_fit_their_worker(app: App) -> None:
    enrol(app, "Ada", Someone(1, 0), Someone(1, 1), Someone(2, 5))
    enrol(app, "Bob", Someone(2, 0), Someone(2, 1), Someone(2, 2))
    enrol(app, "Eve", Someone(3, 0), Someone(3, 1), Someone(99, 0))
    enrol(app, "Mallory", Someone(4, 0))
    seen = {(each.worker_ids, each.photo_id, each.reason) for each in findings(app, "misfits")}
    assert {(1, 2), (3,)} <= {worker_ids for worker_ids, *_ in seen}
    assert ((1, 2), 3, ANOTHERS) in seen
    assert ((3,), 9, FAR) in seen
    assert not any(worker_ids[0] in (2, 4) for worker_ids, *_ in seen)


def test_misfits_are_those_of_an_exhaustive_search(app: App) -> None:
    """Most photos are not searched for: the triangle of distances says that nobody can be nearer."""
    numbers = np.random.default_rng(5)
    centres = unit(numbers.normal(size=(40, DIMENSION)).astype(np.float32))
    everybody = {}
    for worker_id, centre in enumerate(centres, start=1):
        looks = unit(centre + 0.05 * numbers.normal(size=(3, DIMENSION)).astype(np.float32))
        if worker_id % 5 == 0:
            looks[2] = unit(looks[2] + 1.2 * centres[worker_id - 2])
        everybody[worker_id] = looks
        enrol(app, f"Drawn {worker_id}", *looks)
    references = {worker_id: unit(looks.sum(axis=0)) for worker_id, looks in everybody.items()}
    expected = set()
    for worker_id, looks in everybody.items():
        for place, look in enumerate(looks):
            own = np.linalg.norm(look - unit(np.delete(looks, place, axis=0).sum(axis=0)))
            others = {w: np.linalg.norm(look - r) for w, r in references.items() if w != worker_id}
            nearest = min(others, key=lambda other: others[other])
            if others[nearest] < min(own, SCALE.same_person):
                expected.add(((worker_id, nearest), 3 * (worker_id - 1) + place + 1))
    assert len(expected) > 4
    seen = {(each.worker_ids, each.photo_id) for each in findings(app, "misfits") if each.reason == ANOTHERS}
    assert seen == expected


def test_consents_that_ended_and_that_are_about_to(app: App) -> None:
    for days in (-3, 3, 300):
        consent = Consent("v1", NOW - timedelta(days=9), NOW + timedelta(days=days))
        enrol(app, f"Ends in {days}", Someone(400 + days), consent=consent)
    enrol(app, "For ever", Someone(1), consent=Consent("v1", NOW - timedelta(days=9)))
    assert [(each.worker_ids, each.at) for each in findings(app, "consents_ended")] == [
        ((1,), NOW - timedelta(days=3))
    ]
    assert [each.worker_ids for each in findings(app, "consents_ending")] == [(2,)]


def test_a_consent_that_ended_is_told_of_while_there_is_a_face(app: App) -> None:
    enrol(app, "Withdrawn", Someone(1), consent=Consent("v1", NOW - timedelta(days=9)))
    enrol(app, "Ended", Someone(2), consent=Consent("v1", NOW - timedelta(days=9), NOW - timedelta(days=1)))
    app.registry.end_consent(1, "withdrawn", NOW - timedelta(days=2), "user:somebody")
    assert [each.worker_ids for each in findings(app, "consents_ended")] == [(2,)]


def test_a_clock_that_leapt_ahead_destroys_nothing_before_somebody_says_that_it_is_right(
    app: App, run: Run
) -> None:
    enrol(app, "Ada", Someone(1), consent=Consent("v1", NOW, NOW + timedelta(days=90)))
    assert findings(app, "clock") == ()
    set_clock(app, NOW + timedelta(days=13))
    assert findings(app, "clock") == ()
    ahead = NOW + timedelta(days=3000)
    set_clock(app, ahead)
    for number in (5, 6):
        (doubt,) = findings(app, "clock")
        assert (doubt.at, "--trust-the-clock" in (doubt.reason or "")) == (NOW + timedelta(days=13), True)
        assert app.registry.worker(1).photo_count == 1
        enrol(app, f"Drawn {number}", Someone(number))  # under that clock, which vouches for nothing
    set_clock(app, NOW + timedelta(days=14))
    assert findings(app, "clock") == ()
    set_clock(app, ahead)
    assert len(findings(app, "clock")) == 1
    report = nightly.work(app, only=["retention"], trust_clock=True, on_step=lambda _: None)
    assert [(step.name, step.count) for step in report.steps] == [("clock", 0), ("retention", 1)]
    assert app.registry.worker(1).photo_count == 0
    assert findings(app, "clock") == ()


def test_after_a_clock_that_was_ahead_consents_are_recorded_once_somebody_says_what_time_it_is(
    app: App,
) -> None:
    set_clock(app, NOW + timedelta(days=3000))
    enrol(app, "Ada", Someone(1), consent=Consent("v1", app.clock()))
    set_clock(app, NOW)
    with pytest.raises(ConsentRefused, match="--trust-the-clock"):
        enrol(app, "Bob", Someone(2), consent=Consent("v1", NOW))
    nightly.work(app, only=["clock"], trust_clock=True, on_step=lambda _: None)
    enrol(app, "Bob", Someone(2), consent=Consent("v1", NOW))
    set_clock(app, NOW - timedelta(days=1))
    with pytest.raises(ConsentRefused):
        enrol(app, "Eve", Someone(3), consent=Consent("v1", NOW - timedelta(days=1)))


def test_a_broken_step_keeps_no_other_from_being_taken_and_is_told_without_its_values(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise KeyError("Ada Lovelace")

    steps = [("broken", broken), *STEPS]
    monkeypatch.setattr(nightly, "STEPS", steps)
    with structlog.testing.capture_logs() as logs:
        report = nightly.work(app, on_step=lambda _: None)
    assert len(report.steps) == len(steps)
    assert (report.failure, nightly.exit_code(report)) == (report.steps[0], 1)
    assert "Ada" not in str((logs, report))


def test_a_report_that_cannot_be_kept_is_told_and_lost_to_nobody_who_waits_for_it(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise DiskFull("The disk is full.")

    monkeypatch.setattr(app.night_reports, "keep", full)
    report = nightly.work(app, on_step=lambda _: None)
    assert [step.name for step in report.steps if step.code] == ["report"]


def test_templates_that_are_rotten_or_of_another_contract(app: App) -> None:
    for who in (1, 2, 3):
        enrol(app, f"Drawn {who}", Someone(who, 0), Someone(who, 1))
    with app.engine.begin() as connection:
        spoilt = update(TemplateRow).where(TemplateRow.photo_id == 3)
        connection.execute(spoilt.values(vector=b"\1" * 4 * DIMENSION))
        other = update(TemplateRow).where(TemplateRow.worker_id == 3)
        connection.execute(other.values(contract="older"))
    aside = findings(app, "set_aside")
    assert [(each.worker_ids, each.photo_id) for each in aside] == [((2,), 3)]
    counted, without = findings(app, "other_contracts")
    assert counted.reason == "2 templates of 1 workers are of contract older."
    assert without.worker_ids == (3,)


def test_a_calibration_that_is_old(app: App) -> None:
    enrol(app, "Ada", Someone(1))
    made = replace(MADE, contract=ToyEmbedder.contract, created_at=NOW - timedelta(days=100))
    app.calibrations.add(made)
    assert findings(app, "calibration") == ()
    app.calibrations.add(replace(made, created_at=NOW - timedelta(days=500)))
    (finding,) = findings(app, "calibration")
    assert "500 days old" in (finding.reason or "")


def test_everybodys_neighbours_are_those_of_the_exact_oracle(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "BATCH", 16)
    vectors = unit(np.random.default_rng(1).normal(size=(40, DIMENSION)).astype(np.float32))
    for number, vector in enumerate(vectors):
        enrol(app, f"Drawn {number}", vector)
    nearest = neighbours.neighbours_of_all(app.registry, ToyEmbedder.contract, app.gallery.live)
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert nearest.worker_ids.tolist() == list(range(1, 41))
    assert (nearest.ids == 1 + np.argsort(distances, axis=1)[:, :9]).all()


def test_where_nobody_has_a_reference_nobody_is_anybodys_neighbour(app: App) -> None:
    nearest = neighbours.neighbours_of_all(app.registry, ToyEmbedder.contract, app.gallery.live)
    somebody = np.array([1, 7])
    assert nearest.rows(somebody)[1].tolist() == [False, False]
    assert np.isinf(nearest.around(somebody, somebody)).all()


def test_the_report_names_whom_it_is_about_until_they_are_removed(app: App, run: Run, tmp_path: Path) -> None:
    enrol(app, "Ada", Someone(1, 0), Someone(1, 1))
    enrol(app, "Ada <b>again</b>", Someone(1, 2), Someone(1, 3))
    assert json.loads(run("index", "report", "--json").stdout) is None
    assert "no night yet" in run("index", "report").stdout
    night = run("index", "rebuild")
    assert night.exit_code == 0
    assert "The same face under two workers: 1" in night.stdout
    shown = run("index", "report")
    assert "Ada (id:1) and Ada <b>again</b> (id:2)" in shown.stdout
    page = tmp_path / "night.html"
    assert run("index", "report", "--html", page).exit_code == 0
    assert "Ada &lt;b&gt;again&lt;/b&gt; (id:2)" in page.read_text(encoding="utf-8")
    step = _step(run, "same_face")
    assert [worker["name"] for worker in step["findings"][0]["workers"]] == ["Ada", "Ada <b>again</b>"]
    app.registry.remove_worker(2)
    assert (_step(run, "same_face")["findings"], _step(run, "same_face")["count"]) == ([], 0)


def _step(run: Run, name: str) -> dict:
    steps = json.loads(run("index", "report", "--json").stdout)["steps"]
    return next(step for step in steps if step["name"] == name)


def test_one_step_alone(app: App, run: Run) -> None:
    enrol(app, "Ada", Someone(1))
    night = json.loads(run("index", "rebuild", "--step", "consents_ended", "--json").stdout)["night"]
    assert [step["name"] for step in night["steps"]] == ["consents_ended"]
    assert app.night_reports.latest() is None
    assert "There is no step 'none'" in run("index", "rebuild", "--step", "none").stderr


def test_a_second_job_says_who_is_at_it(run: Run) -> None:
    app = App(config.load(), networks=toy_networks)
    lease = app.leases.take(nightly.LEASE, "another machine, process 7")
    refused = run("index", "rebuild")
    assert refused.exit_code == OUTCOMES[JobRunning.code].exit_code
    assert "another machine, process 7 is at it" in refused.stderr
    app.leases.release(lease)
    assert run("index", "rebuild").exit_code == 0


def _work_until_killed(home: str, begun: multiprocessing.synchronize.Event) -> None:
    os.environ["FACEVEC_HOME"] = home
    with App(config.load(), networks=toy_networks) as app:

        def on_step(_: object) -> None:
            begun.set()
            signal.pause()

        nightly.work(app, on_step=on_step)


def test_the_lease_of_a_killed_job_ends_by_itself(app: App, toy_home: Path) -> None:
    enrol(app, "Ada", Someone(1))
    spawn = multiprocessing.get_context("spawn")
    begun = spawn.Event()
    process = spawn.Process(target=_work_until_killed, args=(str(toy_home), begun))
    process.start()
    assert begun.wait(60)
    process.kill()
    process.join()
    with pytest.raises(JobRunning, match=f"process {process.pid} is at it"):
        nightly.work(app, on_step=lambda _: None)
    later = time.monotonic() + LASTS
    with App(config.load(), networks=toy_networks) as other:
        other.leases = SqlLeases(other.engine, awake=lambda: later)
        assert nightly.work(other, on_step=lambda _: None).failure is None


def test_a_change_of_the_model_that_is_under_way_is_told(app: App) -> None:
    enrol(app, "Ada", Someone(1))
    app.model_changes.begin(Model("other", "other-1"))
    (finding,) = findings(app, "other_contracts")
    assert "from toy to other" in (finding.reason or "")
