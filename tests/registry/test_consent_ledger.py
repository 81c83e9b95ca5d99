"""The consent ledger: only added to, and whatever somebody without the integrity key does to it shows."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest
from alembic import command
from sqlalchemy import Engine, text

from facevec.decision.consent import Retention
from facevec.errors import ConsentRefused, ConsentTextNotFound, NotAuthentic, WorkerError
from facevec.registry import schema
from facevec.registry.consents import SqlConsentRecords
from facevec.registry.engine import reading, reshaping, writing
from facevec.registry.kept import SqlKept
from facevec.registry.repository import SqlRegistry
from facevec.registry.rows import insert_photos
from facevec.types import Consent, LedgerEntry, Terms, microseconds
from facevec.usecases.consent import withdraw_consent
from facevec.usecases.retention import enforce_retention
from tests.clock import Clock
from tests.registry.conftest import CONTRACT
from tests.registry.photos import photo

NOW = datetime.now(timezone.utc)
GIVEN = NOW - timedelta(days=9)
MANIPULATIONS = 40
"""In a run; a thousand were tried by hand with other seeds."""


@pytest.fixture
def records(engine: Engine) -> SqlConsentRecords:
    return SqlConsentRecords(engine)


@pytest.fixture
def busy(registry: SqlRegistry) -> SqlRegistry:
    """A registry whose ledger has entries of each kind that people cause."""
    ana = registry.add_worker("Ana", None, Consent("v1", GIVEN, recorded_by="user:hr"), [photo(1)])
    eva = registry.add_worker("Eva", None, Consent("v1", GIVEN, emotion=True, photos=True), [photo(2)])
    luz = registry.add_worker("Luz", None, Consent("v1", GIVEN), [photo(3)])
    registry.add_worker("Kai", None, None, [photo(4)])
    registry.set_consent(ana.id, Consent("v2", NOW, visits=True, recorded_by="key:1"))
    withdraw_consent(registry, eva.id, NOW, "key:2")
    registry.remove_worker(luz.id, "user:hr")
    return registry


def in_brief(entries: tuple[LedgerEntry, ...]) -> list[tuple[object, ...]]:
    return [(each.worker_id, each.kind, each.text_version, each.recorded_by) for each in entries]


def test_what_was_agreed_and_taken_back_stays_in_the_ledger(
    busy: SqlRegistry, records: SqlConsentRecords
) -> None:
    assert in_brief(records.entries()) == [
        (1, "recorded", "v1", "user:hr"),
        (2, "recorded", "v1", "facevec"),
        (3, "recorded", "v1", "facevec"),
        (1, "recorded", "v2", "key:1"),
        (2, "withdrawn", "v1", "key:2"),
        (3, "removed", "v1", "user:hr"),
    ]
    withdrawn = records.entries(2)[-1]
    assert records.entries(0) == records.entries(2**63) == (), "an id that no database can hold is nobody's"
    assert busy.newest_consent(2**63) is None
    assert (withdrawn.given_at, withdrawn.expires_at) == (GIVEN, NOW)
    assert withdrawn.purposes == ("identification", "emotion", "photos")
    assert records.faults() == ()


def test_a_withdrawal_destroys_what_the_worker_is_told_by(busy: SqlRegistry, engine: Engine) -> None:
    assert busy.photos(2) == ()
    assert busy.seal(2) is None
    with reading(engine) as connection:
        for table in ("photos", "templates", "seals"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table} WHERE worker_id = 2")) == 0
    assert busy.worker(2).name == "Eva"
    withdraw_consent(busy, 1, NOW)
    assert busy.newest_removal() == busy.state().revision, "files of the index go with a removal"


def test_who_withdraws_after_the_end_of_their_consent_is_forgotten_too(
    registry: SqlRegistry, records: SqlConsentRecords
) -> None:
    ended = NOW - timedelta(days=1)
    ana = registry.add_worker("Ana", None, Consent("v1", GIVEN, ended), [photo(1)])
    assert withdraw_consent(registry, ana.id, NOW).photo_count == 0
    assert registry.worker(ana.id).consent.expires_at == ended
    assert [each.kind for each in records.entries()] == ["recorded", "withdrawn"]


def test_a_withdrawal_stands_whatever_the_night_finds(
    registry: SqlRegistry, engine: Engine, records: SqlConsentRecords
) -> None:
    ana = registry.add_worker("Ana", None, Consent("v1", GIVEN), [photo(1)])
    withdraw_consent(registry, ana.id, NOW)
    with writing(engine) as connection:  # a copy that was put back may hold a face of who withdrew
        insert_photos(connection, ana.id, [photo(2)], NOW)
    assert SqlKept(engine).after_consent(NOW) == (ana.id,)
    enforce_retention(registry, SqlKept(engine), Retention(timedelta(0)), NOW)
    assert registry.worker(ana.id).photo_count == 0
    assert registry.newest_consent(ana.id).kind == "withdrawn"
    with writing(engine) as connection:
        insert_photos(connection, ana.id, [photo(3)], NOW)
    assert withdraw_consent(registry, ana.id, NOW).photo_count == 0
    assert [each.kind for each in records.entries()] == ["recorded", "withdrawn"]
    assert records.faults() == ()


def test_who_withdraws_while_their_photos_are_looked_at_gets_none(registry: SqlRegistry) -> None:
    kept = [photo(n, pixels=b"jpeg") for n in (1, 2)]
    ana = registry.add_worker("Ana", None, Consent("v1", GIVEN, photos=True), [photo(9)])
    registry.set_consent(ana.id, Consent("v1", NOW))
    registry.add_photos(ana.id, kept[:1])
    assert not any(each.has_pixels for each in registry.photos(ana.id)), "photos were taken out meanwhile"
    withdraw_consent(registry, ana.id, NOW)
    with pytest.raises(WorkerError, match="consent has ended"):
        registry.add_photos(ana.id, kept[1:])
    assert registry.photos(ana.id) == ()


def test_photos_that_a_new_consent_does_not_cover_go(registry: SqlRegistry) -> None:
    kept = photo(1, pixels=b"jpeg")
    ana = registry.add_worker("Ana", None, Consent("v1", GIVEN, photos=True), [kept])
    registry.set_consent(ana.id, Consent("v2", NOW, photos=True))
    assert [each.has_pixels for each in registry.photos(ana.id)] == [True]
    registry.set_consent(ana.id, Consent("v3", NOW))
    assert [each.has_pixels for each in registry.photos(ana.id)] == [False]


def changes(engine: Engine) -> list[str]:
    """Every cell of the ledger and its end, another value in it; every row, gone; rows, exchanged."""
    with reading(engine) as connection:
        columns = {
            "number": "99", "worker_id": "4", "kind": "'expired'", "text_version": "'v9'",
            "text_sha256": "'00'", "given_at": "'2020-01-01 00:00:00+00:00'",
            "expires_at": "'2999-01-01 00:00:00+00:00'", "purposes": "'[\"photos\"]'",
            "recorded_by": "'user:eve'", "recorded_at": "'2020-01-01 00:00:00+00:00'", "digest": "'00'",
            "mark": "NULL",
        }  # fmt: skip
        numbers = list(connection.scalars(text("SELECT number FROM consent_ledger ORDER BY number")))
    cells = [
        f"UPDATE consent_ledger SET {column} = {value} WHERE number = {number}"
        for column, value in columns.items()
        for number in numbers
    ]
    gone = [f"DELETE FROM consent_ledger WHERE number {which} {n}" for n in numbers for which in ("=", ">=")]
    copied = ("worker_id", "kind", "text_version", "given_at", "purposes", "digest", "mark")
    copies = [
        f"UPDATE consent_ledger SET ({', '.join(copied)}) = (SELECT {', '.join(copied)} FROM consent_ledger "
        f"WHERE number = {other}) WHERE number = {number}"
        for number in numbers
        for other in numbers
        if number != other
    ]
    ends = [
        "UPDATE consent_head SET number = 5",
        "UPDATE consent_head SET mark = NULL",
        "DELETE FROM consent_head",
        "DELETE FROM consent_ledger WHERE number = 6; UPDATE consent_head SET number = 5, digest = "
        "(SELECT digest FROM consent_ledger WHERE number = 5)",
        "DELETE FROM consent_ledger; DELETE FROM consent_head",
        "UPDATE workers SET consent_given_at = NULL, consent_text_version = NULL, consent_expires_at = NULL",
        "UPDATE workers SET consent_expires_at = NULL WHERE id = 2",
        "UPDATE workers SET consent_photos = NOT consent_photos WHERE id = 1",
        "DELETE FROM workers WHERE id = 1",
    ]
    return [*cells, *gone, *copies, *ends]


def test_every_manipulation_is_noticed(busy: SqlRegistry, engine: Engine, records: SqlConsentRecords) -> None:
    chosen = changes(engine)
    if len(chosen) > MANIPULATIONS:
        chosen = random.Random(NOW.toordinal()).sample(chosen, MANIPULATIONS)
    for change in chosen:
        connection = engine.execution_options(sqlite_begin="IMMEDIATE").connect()
        with connection, connection.begin() as transaction:
            for statement in change.split("; "):
                connection.execute(text(statement))
            assert list(schema.consent_ledger.faults(connection)), change
            transaction.rollback()
    assert records.faults() == ()


def test_nothing_is_added_to_a_ledger_whose_end_somebody_else_wrote(
    busy: SqlRegistry, engine: Engine
) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE consent_head SET number = 5"))
    with pytest.raises(NotAuthentic, match="facevec consent verify"):
        busy.set_consent(1, Consent("v3", NOW))
    assert busy.worker(1).consent.text_version == "v2"


def test_a_clock_that_went_back_records_nothing_and_withdraws_all_the_same(engine: Engine) -> None:
    clock = Clock()
    registry = SqlRegistry(engine, clock)
    registry.claim_model("model-a", CONTRACT)
    ana = registry.add_worker("Ana", None, Consent("v1", NOW), [photo(1)])
    clock.ahead = timedelta(hours=-1)
    assert registry.workers([ana.id]) == {}, "their consent has not begun by this clock"
    with pytest.raises(ConsentRefused, match="set the clock"):
        registry.set_consent(ana.id, Consent("v2", NOW))
    assert withdraw_consent(registry, ana.id, clock()).photo_count == 0
    clock.ahead = timedelta()
    assert registry.workers([ana.id]) == {}


def test_nobody_is_recognized_before_their_consent_begins(registry: SqlRegistry) -> None:
    begin, end = NOW + timedelta(days=1), NOW + timedelta(days=2)
    ana = registry.add_worker("Ana", None, Consent("v1", begin, end), [photo(1)])
    assert registry.workers([ana.id]) == {}
    moments = (NOW, begin - timedelta(microseconds=1), begin, end)
    for terms in (registry.terms(), registry.next_page(CONTRACT, 0, registry.position()).terms):
        withheld = [ana.id in terms.ended(microseconds(at)) for at in moments]
        assert withheld == [True, True, False, True]
        assert terms.unchanged(microseconds(begin)) == (microseconds(begin), microseconds(end))


def test_where_consents_are_required_nobody_is_recognized_without_one(engine: Engine) -> None:
    registry = SqlRegistry(engine, consent_required=True)
    registry.claim_model("model-a", CONTRACT)
    ana = registry.add_worker("Ana", None, None, [photo(1)])
    eva = registry.add_worker("Eva", None, Consent("v1", GIVEN), [photo(2)])
    assert list(registry.workers([ana.id, eva.id])) == [eva.id]
    assert registry.templates(CONTRACT)[1].worker_ids.tolist() == [eva.id]
    assert registry.withheld_templates(CONTRACT).worker_ids.tolist() == [ana.id]
    page: Terms = registry.next_page(CONTRACT, 0, registry.position()).terms
    for terms in (registry.terms(), page):
        assert terms.ended(microseconds(NOW)).tolist() == [ana.id]


def test_consents_from_before_the_ledger_enter_it(engine: Engine) -> None:
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", CONTRACT)
    end = NOW + timedelta(days=9)
    ana = registry.add_worker("Ana", None, Consent("v1", GIVEN, end, emotion=True), [photo(1)])
    registry.add_worker("Kai", None, None, [photo(2)])
    registry.add_worker("Eve", None, Consent("v1", GIVEN), [photo(3)])
    with reshaping(engine) as connection:
        command.downgrade(schema._config(connection), schema.BEFORE_LEDGER)
        connection.execute(text("UPDATE workers SET consent_text_version = 'v9' WHERE name = 'Eve'"))
    assert schema.upgrade(engine).up_to_date
    (entry,) = SqlConsentRecords(engine).entries()
    assert (entry.worker_id, entry.kind, entry.text_version) == (ana.id, "before", "v1")
    assert (entry.given_at, entry.expires_at, entry.purposes) == (GIVEN, end, ("identification", "emotion"))
    assert registry.worker(ana.id) == ana
    assert list(registry.workers([1, 2, 3])) == [1, 2], "Eve's consent was not written by facevec"
    assert SqlConsentRecords(engine).faults() == ("Worker 3 has a consent of which no entry tells.",)


def test_a_text_never_changes_and_is_named_by_the_consents_that_follow(
    registry: SqlRegistry, records: SqlConsentRecords
) -> None:
    ana = registry.add_worker("Ana", None, Consent("of old", GIVEN), [])
    kept = records.add_text("v1", "You may.\n", "user:hr")
    assert records.add_text("v1", "You may.\n", "user:other") == kept == records.text("v1")
    with pytest.raises(ConsentRefused, match="another one already"):
        records.add_text("v1", "You may not.\n", "user:hr")
    with pytest.raises(ConsentTextNotFound):
        records.text("v2")
    registry.set_consent(ana.id, Consent("v1", NOW))
    assert [each.text_sha256 for each in records.entries()] == [None, kept.sha256]
    for record in (
        lambda: registry.set_consent(ana.id, Consent("v2", NOW)),
        lambda: registry.add_worker("Eva", None, Consent("v2", NOW), []),
        lambda: registry.require_addable("Eva", None, Consent("v2", NOW)),
    ):
        with pytest.raises(ConsentRefused, match="facevec consent text list"):
            record()


def test_what_is_kept_too_long_is_destroyed_and_in_brief(registry: SqlRegistry, engine: Engine) -> None:
    clock = Clock()
    registry = SqlRegistry(engine, clock)
    clock.ahead = timedelta(days=-100)
    ended, renewed = (
        registry.add_worker(name, None, Consent("v1", clock(), clock() + timedelta(days=50)), [photo(n)]).id
        for n, name in enumerate(("Ana", "Eva"))
    )
    open_ended = registry.add_worker("Luz", None, None, [photo(2)]).id
    clock.ahead = timedelta()
    registry.set_consent(renewed, Consent("v1", NOW))
    registry.add_photos(renewed, [photo(3)])
    kept = SqlKept(engine)
    report = enforce_retention(registry, kept, Retention(timedelta(days=60)), NOW)
    assert (report.expired, report.photos) == ((), 0)
    report = enforce_retention(registry, kept, Retention(timedelta(days=30)), NOW)
    assert (report.expired, report.photos, report.counts.without) == ((ended,), 0, 1)
    assert registry.worker(ended).photo_count == 0
    report = enforce_retention(registry, kept, Retention(timedelta(days=30), timedelta(days=90)), NOW)
    assert (report.expired, report.photos, report.emptied) == ((), 2, (open_ended,))
    assert [registry.worker(each).photo_count for each in (ended, renewed, open_ended)] == [0, 1, 0]
    assert registry.seal(open_ended) is None
    assert SqlConsentRecords(engine).entries(ended)[-1].kind == "expired"
    report = enforce_retention(registry, kept, Retention(timedelta(0), timedelta(days=90)), NOW)
    assert (report.expired, report.photos) == ((), 0)
