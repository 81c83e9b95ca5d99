from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from facevec.decision.point import Origin, Parameter
from facevec.errors import ContractMismatch, RegistryBusy, WorkerError, WorkerExists
from facevec.registry.repository import SqlRegistry
from facevec.types import Consent, PhotoSource, TurnedPhoto
from facevec.usecases.enrol import add_photos, enrol_worker
from tests.toy import Someone, photo, picture, turned
from tests.usecases.conftest import ANA, BEN, STRANGER, Office, refusals


def end_consent(office: Office, worker_id: int) -> None:
    start = datetime(2020, 1, 1, tzinfo=timezone.utc)
    office.desk.registry.set_consent(worker_id, Consent("v1", start, start.replace(year=2021)))


def test_a_worker_is_named_from_the_moment_they_are_enrolled(office: Office):
    enrolment = enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA)), photo("b", Someone(ANA, 1))])
    assert list(enrolment.accepted) == ["a", "b"]
    assert enrolment.worker.photo_count == 2
    assert office.names(picture(Someone(ANA, 7))) == ["Ana"]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (PhotoSource("bad", b"\x00 not a picture"), "not_an_image"),
        (photo("bad"), "no_face"),
        (photo("bad", Someone(BEN), Someone(STRANGER)), "several_faces"),
        (photo("bad", Someone(ANA, size=10)), "low_quality"),
        (photo("bad", Someone(ANA, sharpness=0)), "low_quality"),
        (photo("bad", Someone(STRANGER)), "not_the_same_person"),
        (photo("bad", Someone(ANA, 1)), "photo_already_enrolled"),
    ],
)
def test_a_bad_photo_is_refused_by_name_and_the_good_ones_are_enrolled(office: Office, bad, code):
    good = [photo(f"good{look}", Someone(ANA, look)) for look in (1, 2, 3)]
    enrolment = enrol_worker(office.desk, "Ana", [*good, bad])
    assert refusals(enrolment) == {"bad": code}
    assert list(enrolment.accepted) == ["good1", "good2", "good3"]


def test_nothing_is_written_when_every_photo_is_refused(office: Office):
    enrolment = enrol_worker(office.desk, "Ana", [photo("a"), PhotoSource("b", b"?")])
    assert enrolment.worker is None
    assert refusals(enrolment) == {"a": "no_face", "b": "not_an_image"}
    assert office.desk.registry.list_workers() == ()


def test_a_face_is_not_enrolled_under_a_second_name(office: Office):
    enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))])
    enrolment = enrol_worker(office.desk, "Anna", [photo("b", Someone(ANA, 1))])
    assert refusals(enrolment) == {"b": "enrolled_as_another"}


def test_the_very_file_of_another_worker_is_refused(office: Office):
    enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))])
    enrolment = enrol_worker(office.desk, "Ben", [photo("b", Someone(ANA))])
    assert refusals(enrolment) == {"b": "photo_already_enrolled"}
    (said,) = (refusal.reason for refusal in enrolment.refused)
    assert "as photo 1 of worker 1 (Ana)" in said
    assert "`facevec worker remove-photo id:1 id:1`" in said


def test_photos_added_later_must_show_the_worker(office: Office):
    worker = enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))]).worker
    enrolment = add_photos(office.desk, worker, [photo("b", Someone(ANA, 1)), photo("c", Someone(STRANGER))])
    assert list(enrolment.accepted) == ["b"]
    assert refusals(enrolment) == {"c": "not_the_same_person"}
    assert enrolment.worker.photo_count == 2


def test_a_name_is_taken_once(office: Office):
    enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))])
    with pytest.raises(WorkerExists):
        enrol_worker(office.desk, "Ana", [photo("b", Someone(BEN))])
    assert len(office.desk.registry.list_workers()) == 1


@pytest.mark.parametrize(
    ("name", "external_id", "error", "said"),
    [
        ("ana", None, WorkerExists, "called 'Ana' already, which is the same name as 'ana'"),
        ("Ben", "e1", WorkerExists, "belongs to worker 1"),
        (" ", None, WorkerError, "name is empty; give at least one character"),
        ("Ben", "", WorkerError, "external id is empty; give at least one character"),
        ("B" * 201, None, WorkerError, "at most 200"),
    ],
)
def test_a_name_or_id_that_will_not_do_is_refused_before_any_photo_is_looked_at(
    office: Office, name, external_id, error, said
):
    enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))], external_id="E1")
    enrol_worker(office.desk, "Ana", [photo("b", Someone(STRANGER))], external_id="E2")
    seen = []
    with pytest.raises(error, match=said):
        enrol_worker(
            office.desk, name, [photo("c", Someone(BEN))], external_id=external_id, on_photo=seen.append
        )
    assert seen == []


def test_photos_are_kept_only_when_asked(office: Office):
    worker = enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))]).worker
    assert [kept.has_pixels for kept in office.desk.registry.photos(worker.id)] == [False]


def test_embeddings_of_another_contract_are_refused(office: Office):
    office.desk.registry.claim_model("another", "another-1")
    with pytest.raises(ContractMismatch):
        enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))])


def test_a_refused_enrolment_chooses_no_model(office: Office):
    enrol_worker(office.desk, "Ana", [photo("a")])
    assert office.desk.registry.state().model is None


def test_photos_are_not_added_to_a_worker_whose_consent_has_ended(office: Office):
    worker = enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))]).worker
    end_consent(office, worker.id)
    with pytest.raises(WorkerError, match="consent has ended"):
        add_photos(office.desk, worker, [photo("b", Someone(STRANGER))])


def test_a_worker_whose_consent_has_ended_is_not_enrolled_under_a_second_name(office: Office):
    enrol_worker(office.desk, "Ben", [photo("ben", Someone(BEN))])
    ana = enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))]).worker
    end_consent(office, ana.id)
    again = enrol_worker(office.desk, "Anna", [photo("b", Someone(ANA, 1)), photo("c", Someone(ANA, 2))])
    assert set(refusals(again).values()) == {"enrolled_as_another"}
    for words in (f"worker {ana.id} ", "consent has ended", f"facevec worker consent id:{ana.id} ", "remove"):
        assert words in again.refused[0].reason
    assert office.names(picture(Someone(ANA, 7), Someone(BEN, 7))) == [None, "Ben"]


def test_a_worker_whose_consent_ended_unnoticed_is_not_enrolled_under_a_second_name(office: Office):
    """The live gallery, asked a moment earlier, may still hold them."""
    soon = datetime.now(timezone.utc) + timedelta(days=1)
    consent = Consent("v1", soon - timedelta(days=2), soon)
    ana = enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))], consent=consent).worker
    assert office.names(picture(Someone(ANA, 7))) == ["Ana"]
    later = office.over(lambda engine: SqlRegistry(engine, lambda: soon))
    again = enrol_worker(later.desk, "Anna", [photo("b", Someone(ANA, 1))])
    assert f"worker {ana.id} " in again.refused[0].reason
    assert "consent has ended" in again.refused[0].reason


def test_a_consent_that_ended_keeps_nobody_else_out_and_photos_may_be_added_when_it_is_renewed(
    office: Office,
):
    ana = enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))]).worker
    end_consent(office, ana.id)
    assert enrol_worker(office.desk, "Ben", [photo("b", Someone(BEN))]).accepted == ("b",)
    renewed = office.desk.registry.set_consent(ana.id, Consent("v2", datetime.now(timezone.utc)))
    assert add_photos(office.desk, renewed, [photo("c", Someone(ANA, 1))]).accepted == ("c",)


class Busy(SqlRegistry):
    def photo_owner(self, sha256: str) -> int | None:
        raise RegistryBusy("The database is busy; try again in a moment.")


def test_a_busy_registry_is_no_fault_of_a_photo(office: Office):
    with pytest.raises(RegistryBusy):
        enrol_worker(office.over(Busy).desk, "Ana", [photo("a", Someone(ANA))])


def test_each_photo_is_reported_once(office: Office):
    seen: list[str] = []
    enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA)), photo("b")], on_photo=seen.append)
    assert seen == ["a", "b"]


@pytest.mark.parametrize(("looks", "code"), [((4,), None), ((4, 5, 6), "enrolled_as_another")])
def test_photos_of_one_person_are_compared_with_other_workers_together(office: Office, looks, code):
    desk = replace(
        office.desk, rules=replace(office.desk.rules, other_person_threshold=Parameter(0.5, Origin.SETTINGS))
    )
    enrol_worker(desk, "Ana", [photo(f"ana{look}", Someone(ANA, look)) for look in (1, 2, 3)])
    again = enrol_worker(desk, "Another", [photo(f"again{look}", Someone(ANA, look)) for look in looks])
    assert set(refusals(again).values()) == ({code} if code else set())


def test_photos_that_did_not_lie_as_they_should_are_told_whatever_becomes_of_them(office: Office) -> None:
    sideways = PhotoSource("sideways", turned(picture(Someone(ANA, 1)), 90))
    over = PhotoSource("over", turned(picture(Someone(BEN)), 180))
    enrolment = enrol_worker(
        office.desk, "Ana", [photo("a", Someone(ANA)), photo("c", Someone(ANA, 2)), sideways, over]
    )
    assert list(enrolment.accepted) == ["a", "c", "sideways"]
    assert refusals(enrolment) == {"over": "not_the_same_person"}
    assert list(enrolment.turned) == [TurnedPhoto("sideways", 90), TurnedPhoto("over", 180)]
    added = add_photos(
        office.desk, enrolment.worker, [PhotoSource("left", turned(picture(Someone(ANA, 4)), 270))]
    )
    assert list(added.turned) == [TurnedPhoto("left", 270)]


def test_whoever_is_enrolled_by_another_process_meanwhile_exists_already(office: Office) -> None:
    """The photos are refused as theirs by then; what came first is that there is such a worker."""
    photos = [photo("a", Someone(ANA)), photo("b", Someone(ANA, 1))]

    def meanwhile(copies: list[PhotoSource]) -> Iterator[PhotoSource]:
        enrol_worker(office.desk, "Rose", [photo("other", Someone(ANA, 2)), *copies])
        yield from photos

    for copies in (photos, []):
        with pytest.raises(WorkerExists):
            enrol_worker(office.desk, "Rose", meanwhile(copies))
        (rose,) = office.desk.registry.namesakes("Rose")
        office.desk.registry.remove_worker(rose.id)
