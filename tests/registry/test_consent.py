"""A worker's consent is recorded, replaced and withdrawn; each is a change that other processes see."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from alembic import command
from sqlalchemy import Engine, select, text

from facevec.errors import WorkerError, WorkerNotFound
from facevec.registry import queries, schema
from facevec.registry.engine import reshaping, writing
from facevec.registry.repository import SqlRegistry
from facevec.registry.tables import WorkerRow
from facevec.types import Consent, microseconds
from facevec.usecases.consent import withdraw_consent
from tests.clock import Clock
from tests.registry.conftest import CONTRACT
from tests.registry.photos import photo

GIVEN = datetime(2026, 1, 31, 9, tzinfo=timezone.utc)
NOW = datetime.now(timezone.utc)
DAY = timedelta(days=1)


@pytest.mark.parametrize("emotion", [False, True])
def test_a_consent_says_whether_it_covers_emotions(registry: SqlRegistry, emotion: bool) -> None:
    consent = Consent("v1", GIVEN, emotion=emotion)
    ana = registry.add_worker("Ana", None, consent, [])
    assert ana.consent == registry.worker(ana.id).consent == consent


def test_a_new_consent_replaces_the_old_one_and_is_a_revision(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, Consent("v1", GIVEN, NOW + timedelta(days=9), emotion=True), [])
    before = registry.position()
    assert registry.set_consent(ana.id, Consent("v2", NOW)).consent == Consent("v2", NOW)
    now, touched = registry.changed_since(before)
    assert (now.revision, touched) == (before.revision + 1, (ana.id,))


def test_a_consent_that_cannot_be_changes_nothing(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [])
    before = registry.state().revision
    with pytest.raises(WorkerError):
        registry.set_consent(ana.id, Consent("v1", GIVEN, GIVEN))
    with pytest.raises(WorkerNotFound):
        registry.set_consent(999, Consent("v1", GIVEN))
    assert registry.state().revision == before
    assert registry.worker(ana.id).consent is None


def test_a_withdrawn_consent_stands_in_the_record_and_names_nobody(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, Consent("v1", GIVEN, emotion=True), [photo(1)])
    assert list(registry.workers([ana.id])) == [ana.id]
    withdrawn = withdraw_consent(registry, ana.id, NOW)
    assert withdrawn.consent == Consent("v1", GIVEN, NOW, emotion=True)
    assert registry.workers([ana.id]) == {}
    assert registry.templates(CONTRACT)[1].worker_ids.tolist() == []
    assert registry.withheld_templates(CONTRACT).worker_ids.tolist() == []
    assert registry.terms().ended(microseconds(NOW)).tolist() == [ana.id]
    revision = registry.state().revision
    assert withdraw_consent(registry, ana.id, NOW + timedelta(days=1)) == withdrawn
    assert registry.state().revision == revision


def test_the_registry_tells_who_may_be_recognized_until_when(registry: SqlRegistry, engine: Engine) -> None:
    assert registry.terms().worker_ids.tolist() == []
    soon, later = NOW + timedelta(days=3), NOW + timedelta(days=9, microseconds=1)
    ends = {"Ana": None, "Eva": NOW - timedelta(days=1), "Luz": later, "Ada": soon, "Kai": None}
    ids = {
        name: registry.add_worker(name, None, Consent("v1", GIVEN - timedelta(days=9000), end), []).id
        for name, end in ends.items()
    }
    with writing(engine) as connection:
        connection.execute(text("UPDATE workers SET status = 'inactive' WHERE id = :id"), {"id": ids["Kai"]})
    terms = registry.terms()

    def withheld(at: datetime) -> set[str]:
        ended = terms.ended(microseconds(at)).tolist()
        return {name for name, worker_id in ids.items() if worker_id in ended}

    moments = (NOW - timedelta(days=2), NOW, soon, later - timedelta(microseconds=1), later)
    assert [withheld(at) for at in moments] == [
        {"Kai"},
        {"Kai", "Eva"},
        {"Kai", "Eva", "Ada"},
        {"Kai", "Eva", "Ada"},
        {"Kai", "Eva", "Ada", "Luz"},
    ]
    since, until = terms.unchanged(microseconds(NOW))
    assert (since, until) == (microseconds(NOW - timedelta(days=1)), microseconds(soon))
    page = registry.next_page(CONTRACT, 0, registry.position())
    assert page.terms.ended(microseconds(NOW)).tolist() == [ids["Eva"], ids["Kai"]]


def test_who_may_be_recognized_is_asked_at_every_moment_anew(engine: Engine) -> None:
    clock = Clock()
    registry = SqlRegistry(engine, clock)
    ids = [registry.add_worker(name, None, Consent("v1", GIVEN, NOW + DAY), []).id for name in ("Ana", "Eva")]
    registry.set_consent(ids[1], Consent("v1", GIVEN, NOW + 3 * DAY))
    known = []
    for days in (0, 2, 4, 0):
        clock.ahead = days * DAY
        known.append([*registry.workers(ids)])
    assert known == [ids, ids[1:], [], ids]


def test_without_a_consent_there_is_none_to_withdraw(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [])
    with pytest.raises(WorkerError, match="facevec worker remove"):
        withdraw_consent(registry, ana.id, NOW)


def test_consents_from_before_cover_no_emotions(engine: Engine) -> None:
    registry = SqlRegistry(engine)
    ana = registry.add_worker("Ana", None, Consent("v1", GIVEN), [])
    with reshaping(engine) as connection:
        command.downgrade(schema._config(connection), "0002")
    assert schema.upgrade(engine).up_to_date
    assert registry.worker(ana.id) == ana


def test_templates_are_counted_as_they_are_read(registry: SqlRegistry) -> None:
    assert registry.enrolled(CONTRACT) == (registry.state().revision, 0, 0)
    registry.add_worker("Ana", None, None, [photo(1), photo(2)])
    registry.add_worker("Eva", None, Consent("v1", GIVEN, NOW - timedelta(days=1)), [photo(3)])
    registry.add_worker("Luz", None, Consent("v1", GIVEN), [photo(4)])
    revision, templates = registry.templates(CONTRACT)
    assert registry.enrolled(CONTRACT) == (revision, 2, 3)
    assert len(templates.worker_ids) == 3
    assert registry.enrolled("another") == (revision, 0, 0)


def test_whoever_is_withheld_is_found_by_indexes_whatever_is_required(
    registry: SqlRegistry, engine: Engine
) -> None:
    """Among everybody, and as everybody who may not be recognised."""
    for number, (begins, ends) in enumerate([(None, None), (-2, None), (-2, 1), (-2, -1), (1, 2)]):
        consent = None
        if begins is not None:
            consent = Consent("v1", NOW + begins * DAY, None if ends is None else NOW + ends * DAY)
        registry.add_worker(f"Worker {number}", None, consent, [photo(number)])
    with writing(engine) as connection:
        connection.execute(text("UPDATE workers SET status = 'inactive' WHERE id = 2"))
        for required in (False, True):
            chosen = select(WorkerRow.id).where(queries.withheld(NOW, consent_required=required))
            may = select(WorkerRow.id).where(queries.recognizable(NOW, consent_required=required))
            ids = {*connection.scalars(chosen)}
            assert ids == {1, 2, 3, 4, 5} - {*connection.scalars(may)}
            assert ids == ({1, 2, 4, 5} if required else {2, 4, 5})
            if engine.dialect.name == "sqlite":
                compiled = chosen.compile(engine, compile_kwargs={"literal_binds": True})
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all()
                assert not any("SCAN" in step[-1] for step in plan)
