"""Identifications that wait for people: who decides, how long, and what goes with the worker's face."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from facevec.errors import ReviewInvalid, ReviewNotFound
from facevec.registry.engine import writing
from facevec.registry.reviews import SqlReviews
from facevec.registry.state import begin_epoch
from facevec.types import Consent, Review, Unconfirmed
from tests.registry.photos import photo
from tests.registry.test_approvals import Office

POINT = {"match_threshold": 0.6}


class Desk(Office):
    """An office that confirms."""

    def __init__(self, engine: Engine, persons: int = 1) -> None:
        super().__init__(engine)
        self.reviews = SqlReviews(engine, self.clock, persons=persons)
        self.door = self.key("door", "recognize")

    def seen(self, worker: int = 1, by: str | None = None) -> Review:
        one = Unconfirmed(worker, 0, "hash", 0.5, "c", 1, POINT, by or self.door, "r1")
        (review,) = self.reviews.add([one])
        return review


@pytest.fixture
def desk(migrated_sqlite: str, opened: Callable[..., Engine]) -> Desk:
    return Desk(opened(migrated_sqlite))


def test_one_person_confirms_or_rejects_once(desk: Desk) -> None:
    guard = desk.key("guard", "review")
    first, second = desk.seen(), desk.seen(2)
    assert desk.reviews.pending() == (first, second)
    assert desk.reviews.decide(first.id, guard, confirmed=True).state == "confirmed"
    assert desk.reviews.decide(second.id, guard, confirmed=False).state == "rejected"
    for review in (first, second):
        with pytest.raises(ReviewInvalid, match="already"):
            desk.reviews.decide(review.id, desk.anna, confirmed=True)
    assert (desk.reviews.count(), desk.reviews.pending()) == (0, ())


def test_two_people_confirm_apart_from_each_other(desk: Desk) -> None:
    desk.reviews = SqlReviews(desk.engine, desk.clock, persons=2)
    again = desk.key("ANNA", "review")
    review = desk.seen()
    younger = desk.key("younger", "review")
    assert desk.reviews.decide(review.id, desk.anna, confirmed=True).state == "pending"
    for who, why in (
        (desk.anna, "else"),
        (again, "one person"),
        (younger, "made after"),
        ("key:local", "scope"),
    ):
        with pytest.raises(ReviewInvalid, match=why):
            desk.reviews.decide(review.id, who, confirmed=True)
    both = desk.reviews.decide(review.id, desk.bert, confirmed=True)
    assert (both.state, both.confirmed_by) == ("confirmed", (desk.anna, desk.bert))
    other = desk.seen()
    desk.reviews.decide(other.id, desk.anna, confirmed=True)
    desk.revoke(desk.anna)
    with pytest.raises(ReviewInvalid, match="has ended"):
        desk.reviews.decide(other.id, desk.bert, confirmed=True)
    assert desk.reviews.decide(other.id, desk.bert, confirmed=False).state == "rejected"


def test_a_key_without_the_scope_decides_nothing(desk: Desk) -> None:
    review = desk.seen()
    for who in (desk.door, desk.key("desk", "enrol", "scores"), "key:local", "key:ffffffff"):
        for confirmed in (True, False):
            with pytest.raises(ReviewInvalid, match="scope review"):
                desk.reviews.decide(review.id, who, confirmed=confirmed)


def test_what_nobody_decides_in_time_is_expired_and_then_forgotten(desk: Desk) -> None:
    review = desk.seen()
    desk.clock.ahead = timedelta(hours=1, seconds=1)
    assert desk.reviews.review(review.id).state == "expired"
    with pytest.raises(ReviewInvalid, match="has ended"):
        desk.reviews.decide(review.id, desk.anna, confirmed=True)
    assert desk.reviews.sweep() == 1
    with pytest.raises(ReviewNotFound):
        desk.reviews.review(review.id)


def test_what_comes_back_with_a_backup_or_was_written_by_sql_is_none(desk: Desk) -> None:
    review = desk.seen()
    with writing(desk.engine) as connection:
        connection.execute(text("UPDATE reviews SET worker_id = 2"))
    assert desk.reviews.pending() == ()
    with pytest.raises(ReviewNotFound):
        desk.reviews.decide(review.id, desk.anna, confirmed=True)
    review = desk.seen()
    with writing(desk.engine) as connection:
        begin_epoch(connection)
    assert desk.reviews.pending() == ()
    with pytest.raises(ReviewNotFound):
        desk.reviews.decide(review.id, desk.anna, confirmed=True)
    assert desk.reviews.sweep() == 2


def test_a_review_goes_with_the_worker_or_their_face(desk: Desk) -> None:
    at = desk.clock()
    agreed = desk.registry.add_worker("W3", None, Consent("v1", at), [photo(3)])
    first, second = desk.seen(1), desk.seen(agreed.id)
    desk.registry.remove_worker(1)
    desk.registry.end_consent(agreed.id, "withdrawn", desk.clock(), "user:hr")
    for review in (first, second):
        with pytest.raises(ReviewNotFound):
            desk.reviews.review(review.id)
    with desk.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM reviews")) == 0


def test_nobody_waits_for_people_who_went_before_their_review_was_written(engine: Engine) -> None:
    desk = Desk(engine)
    agreed = desk.registry.add_worker("W3", None, Consent("v1", desk.clock()), [photo(3)])
    seen = [Unconfirmed(each, face, "hash", 0.5, "c", 1, POINT, desk.door, "r1") for face, each in
            enumerate((1, agreed.id, 2))]  # fmt: skip
    desk.registry.remove_worker(1)
    desk.registry.end_consent(agreed.id, "withdrawn", desk.clock(), "user:hr")
    assert [review.identification for review in desk.reviews.add(seen)] == seen[2:]
    assert desk.reviews.count() == 1
    desk.registry.remove_worker(2)
    assert desk.reviews.add(seen) == ()


def test_nobody_is_confirmed_of_whom_no_photo_is_left(desk: Desk) -> None:
    confirmed, rejected = desk.seen(), desk.seen()
    (only,) = desk.registry.photos(1)
    desk.registry.remove_photo(1, only.id)
    assert desk.reviews.pending() == ()
    with pytest.raises(ReviewInvalid, match="not to be recognised any more"):
        desk.reviews.decide(confirmed.id, desk.anna, confirmed=True)
    assert desk.reviews.decide(rejected.id, desk.anna, confirmed=False).state == "rejected"


def test_what_ended_is_said_until_the_night_and_nobody_has_longer_by_a_clock_that_went_back(
    desk: Desk,
) -> None:
    first, second = desk.seen(), desk.seen(2)
    desk.reviews.decide(second.id, desk.anna, confirmed=True)
    desk.clock.ahead = timedelta(minutes=-6)
    assert (desk.reviews.pending(), desk.reviews.count()) == ((), 0)
    with pytest.raises(ReviewInvalid, match="has ended"):
        desk.reviews.decide(first.id, desk.anna, confirmed=True)
    desk.clock.ahead = timedelta(hours=2)
    desk.seen()
    assert [desk.reviews.review(one.id).state for one in (first, second)] == ["expired", "confirmed"]


def test_one_key_that_asks_without_an_end_hides_nobody(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facevec.registry.reviews.MOST_LISTED", 4)
    desk = Desk(engine)
    many = [desk.seen() for _ in range(6)]
    other = desk.seen(by=desk.key("back door", "recognize"))
    assert desk.reviews.pending() == (*many[:3], other)


def test_nobody_is_confirmed_under_a_consent_that_ended(desk: Desk) -> None:
    at = desk.clock()
    agreed = desk.registry.add_worker("W3", None, Consent("v1", at, at + timedelta(minutes=5)), [photo(3)])
    review = desk.seen(agreed.id)
    desk.clock.ahead = timedelta(minutes=6)
    assert desk.reviews.pending() == ()
    with pytest.raises(ReviewInvalid, match="not to be recognised"):
        desk.reviews.decide(review.id, desk.anna, confirmed=True)


def test_of_many_at_once_two_confirm(engine: Engine) -> None:
    desk = Desk(engine, persons=2)
    people = [desk.anna, desk.bert, desk.key("eva", "review"), desk.key("kim", "review")]
    review = desk.seen()

    def decide(who: str) -> str:
        try:
            return desk.reviews.decide(review.id, who, confirmed=True).state
        except ReviewInvalid:
            return "late"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(decide, people)) == ["confirmed", "late", "late", "pending"]
