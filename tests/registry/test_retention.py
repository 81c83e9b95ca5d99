"""What a night destroys of those whose consent is over, whatever happens meanwhile or to one of them."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, text

from facevec.decision.consent import Retention
from facevec.errors import DiskFull, FacevecError, NotAuthentic, WorkerError
from facevec.registry.consents import SqlConsentRecords
from facevec.registry.engine import writing
from facevec.registry.kept import SqlKept
from facevec.registry.repository import SqlRegistry
from facevec.types import SYSTEM, Consent, Worker
from facevec.usecases.retention import enforce_retention
from tests.registry.photos import photo

NOW = datetime.now(timezone.utc)
OVER = Consent("v1", NOW - timedelta(days=400), NOW - timedelta(days=60))
MONTH = Retention(timedelta(days=30))


class AgreedMeanwhile(SqlKept):
    """Workers agree anew after they were listed, and before their turn comes."""

    def __init__(self, engine: Engine, registry: SqlRegistry, *consents: Consent) -> None:
        super().__init__(engine)
        self.registry, self.consents = registry, consents

    def after_consent(self, before: datetime) -> tuple[int, ...]:
        listed = super().after_consent(before)
        for worker_id, consent in zip(listed, self.consents, strict=False):
            self.registry.set_consent(worker_id, consent)
        return listed


def test_who_agrees_anew_while_the_night_goes_on_keeps_their_face(
    registry: SqlRegistry, engine: Engine
) -> None:
    renewed, in_grace, expired = (
        registry.add_worker(name, None, OVER, [photo(number)]).id
        for number, name in enumerate(("Ana", "Ben", "Eva"))
    )
    month_ago = NOW - timedelta(days=30)
    for_a_year, until_last_week = (
        Consent("v2", month_ago, NOW + timedelta(days=335)),
        Consent("v2", month_ago, NOW - timedelta(days=7)),
    )
    kept = AgreedMeanwhile(engine, registry, for_a_year, until_last_week)
    assert enforce_retention(registry, kept, MONTH, NOW).expired == (expired,)
    assert [registry.worker(each).photo_count for each in (renewed, in_grace, expired)] == [1, 1, 0]
    assert registry.worker(renewed).consent == for_a_year
    assert list(registry.workers([renewed, in_grace, expired])) == [renewed]
    entries = SqlConsentRecords(engine).entries()
    assert [each.worker_id for each in entries if each.kind == "expired"] == [expired]


@pytest.mark.parametrize("ends", [None, NOW + timedelta(days=1)])
def test_a_consent_that_is_not_over_does_not_expire_and_nothing_is_taken_for_it(
    registry: SqlRegistry, ends: datetime | None
) -> None:
    ana = registry.add_worker("Ana", None, Consent("v1", OVER.given_at, ends), [photo(1)])
    position = registry.position()
    with pytest.raises(WorkerError, match="has not run out"):
        registry.end_consent(ana.id, "expired", NOW, SYSTEM)
    assert (registry.position(), registry.worker(ana.id)) == (position, ana)


def test_one_worker_whom_somebody_changed_stops_retention_for_nobody_else(
    registry: SqlRegistry, engine: Engine
) -> None:
    ids = [
        registry.add_worker(name, None, OVER, [photo(number)]).id
        for number, name in enumerate(("Ana", "Ben", "Eva"))
    ]
    old = registry.add_worker("Luz", None, None, [photo(3)]).id
    with writing(engine) as connection:
        for worker_id in ids[:2]:
            change = text("UPDATE workers SET consent_emotion = NOT consent_emotion WHERE id = :id")
            connection.execute(change, {"id": worker_id})
    tomorrow = NOW + timedelta(days=1)
    assert enforce_retention(registry, SqlKept(engine), MONTH, tomorrow).changed == tuple(ids[:2])
    assert [registry.worker(each).photo_count for each in ids] == [1, 1, 0]
    hour_old = Retention(MONTH.grace, timedelta(hours=1))
    report = enforce_retention(registry, SqlKept(engine), hour_old, tomorrow)
    assert (report.changed, report.emptied) == (tuple(ids[:2]), (*ids[:2], old))
    assert registry.worker(old).photo_count == 0, "photos that are too old go, too"


class Failing(SqlRegistry):
    """Fails for the first worker whose photos are too old."""

    error: FacevecError

    def forget_photos(self, worker_id: int, before: datetime) -> Worker:
        if worker_id == 1:
            raise self.error
        return super().forget_photos(worker_id, before)


@pytest.mark.parametrize(
    ("error", "photos"), [(NotAuthentic("Of one."), [1, 0]), (DiskFull("Of all."), [1, 1])]
)
def test_what_is_wrong_with_all_ends_the_night_and_what_is_wrong_with_one_does_not(
    registry: SqlRegistry, engine: Engine, error: FacevecError, photos: list[int]
) -> None:
    ids = [
        registry.add_worker(name, None, None, [photo(number)]).id
        for number, name in enumerate(("Ana", "Ben"))
    ]
    failing = Failing(engine)
    failing.error = error
    retention = Retention(timedelta(days=30), timedelta(hours=1))
    with pytest.raises(DiskFull) if isinstance(error, DiskFull) else nullcontext():
        enforce_retention(failing, SqlKept(engine), retention, NOW + timedelta(days=1))
    assert [registry.worker(each).photo_count for each in ids] == photos
