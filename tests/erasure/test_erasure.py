"""Finding what was destroyed, and removals that are killed."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from facevec.decision.consent import Retention
from facevec.erasure.receipts import FileReceipts
from facevec.erasure.traces import WINDOW, Tracer
from facevec.errors import IdentitySealed, RegistryError, WorkerError
from facevec.integrity import IntegrityKey
from facevec.ports import utc_now
from facevec.types import Belongings, Consent
from facevec.usecases.retention import enforce_retention
from tests.erasure.removing import COUNT, app_at, fill, trace
from tests.integrity import KEY
from tests.registry.photos import photo

KILLS = 3


def test_contents_are_found_wherever_they_begin_and_nothing_else_is(tmp_path: Path) -> None:
    draw = np.random.default_rng(15)
    template, name = draw.bytes(2048), b"Zenobia Quxworth"
    tracer = Tracer(KEY)
    traces = tracer.traces([("template", template), ("name", name)])
    noise = draw.bytes(5_000_000)
    file = tmp_path / "file"
    file.write_bytes(noise)
    assert tracer.found_in(file, traces) == set()
    for place in (0, 3_999_960, 4_999_000):
        file.write_bytes(
            noise[:place] + name + noise[place : place + 900] + template[:WINDOW] + noise[place:]
        )
        assert tracer.found_in(file, traces) == {"template", "name"}
    assert Tracer(IntegrityKey(bytes(32), "another")).found_in(file, traces) == set()
    assert tracer.unsealed(tracer.sealed(traces)) == traces


@pytest.mark.slow
def test_a_removal_that_is_killed_has_a_receipt_or_did_not_happen(tmp_path: Path) -> None:
    home, draw = tmp_path / "home", random.Random(15)
    home.mkdir()
    fill(home)
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.erasure.removing", home], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(draw.uniform(0.1, 0.3))
        process.kill()
        process.communicate()
        with app_at(home) as app:
            app.finish_removals()
            left = {worker.id for worker in app.registry.list_workers()}
            gone = set(range(1, COUNT + 1)) - left
            receipts = app.receipts.all()
            assert len(receipts) >= len(gone)
            ours = {identity for one in receipts for identity in one.identities}
            assert not app.erasures.belongings.left(ours)
        assert not list((home / "receipts").glob("*.draft"))
        stored = b"".join(path.read_bytes() for path in home.glob("facevec.db*"))
        assert not [number for number in gone if trace(number) in stored]
        assert all(trace(number) in stored for number in left)
    assert gone


def test_a_removal_that_fails_where_no_receipt_can_be_written_fails_for_its_own_reason(
    tmp_path: Path,
) -> None:
    (tmp_path / "receipts").write_bytes(b"")  # no folder
    receipts = FileReceipts(tmp_path / "receipts", KEY, utc_now)
    draft = receipts.draft(Belongings({}, (), {}), "worker", "registry")
    with pytest.raises(RegistryError, match="its own"), receipts.beginning(draft):
        raise RegistryError("its own")


def test_what_is_kept_too_long_is_destroyed_with_receipts(tmp_path: Path) -> None:
    with app_at(tmp_path) as app:
        app.registry.claim_model("model-a", "contract-a")
        begun, now = utc_now() - timedelta(days=100), utc_now()
        app.registry._clock = lambda: begun
        consent = Consent("v1", begun, begun + timedelta(days=50))
        app.registry.add_worker("Ana", None, consent, [photo(1)])
        app.registry.add_worker("Eva", None, None, [photo(2)])
        luz = app.registry.add_worker("Luz", None, None, [photo(3)]).id
        app.registry._clock = lambda: now
        app.registry.add_photos(luz, [photo(4)])
        retention = Retention(timedelta(days=30), timedelta(days=90))
        report = enforce_retention(app.erasures, app.kept, retention, now)
        assert (len(report.expired), report.photos, len(report.emptied)) == (1, 2, 1)
        receipts = app.receipts.all()
        assert sorted(one.what for one in receipts) == ["face", "face", "photos"]
        assert not app.erasures.belongings.left({each for one in receipts for each in one.identities})
        assert all(one.audit for one in receipts)


def test_what_is_refused_leaves_no_draft(tmp_path: Path) -> None:
    with app_at(tmp_path) as app:
        app.registry.claim_model("model-a", "contract-a")
        ana = app.registry.add_worker("Ana", None, None, [photo(1)]).id
        (own,) = app.registry.photos(ana)

        def guard(*_: object) -> None:
            raise IdentitySealed("It says who she is.")

        with pytest.raises(IdentitySealed):
            app.erasures.remove_photo(app.copies, ana, own.id, guard)
        with pytest.raises(WorkerError):
            app.erasures.withdraw(app.copies, ana)
        assert not list((tmp_path / "receipts").iterdir())
