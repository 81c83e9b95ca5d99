"""What a night destroys of those whose consent is over, whatever happens meanwhile or to one of them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine

from facevec.decision.consent import Retention
from facevec.errors import WorkerError
from facevec.registry.consents import SqlConsentRecords
from facevec.registry.kept import SqlKept
from facevec.registry.repository import SqlRegistry
from facevec.types import SYSTEM, Consent
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
