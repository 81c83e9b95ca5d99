"""Two people whose faces are alike: enrolled by decision, and named only where they can be told apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from facevec.decision.point import Origin, Parameter
from facevec.errors import WorkerError, WorkerNotFound
from facevec.registry.repository import SqlRegistry
from facevec.types import Consent, DistinctFrom, RefusedAs, Status, Verification, Worker
from facevec.usecases.enrol import add_photos, enrol_worker
from facevec.usecases.enrol_or_add import enrol_or_add
from facevec.usecases.verify import verify_worker
from tests.toy import Someone, ToyEmbedder, photo, picture
from tests.usecases.conftest import Office

ANA, EVA, BEN = 1, 2, 3
LOOKS = (1, 2, 3)
THRESHOLD = 0.7


def eva(look: int, likeness: float = 0.88) -> Someone:
    """Somebody who looks like Ana."""
    return Someone(EVA, look, like=ANA, likeness=likeness)


def by_the_boss(*workers: Worker) -> DistinctFrom:
    return DistinctFrom(tuple(worker.id for worker in workers), "user:boss")


@pytest.fixture
def ana(office: Office) -> Worker:
    enrol_worker(office.desk, "Ben", [photo("ben", Someone(BEN))])
    return enrol_worker(
        office.desk, "Ana", [photo(f"ana{look}", Someone(ANA, look)) for look in LOOKS]
    ).worker


def enrol_eva(office: Office, ana: Worker) -> Worker:
    photos = [photo(f"eva{look}", eva(look)) for look in LOOKS]
    return enrol_worker(office.desk, "Eva", photos, distinct_from=by_the_boss(ana)).worker


def statuses(office: Office, *people: Someone) -> list[tuple[Status, str | None]]:
    faces = (office.recognize(picture(someone), THRESHOLD).faces[0] for someone in people)
    return [(face.status, face.worker.name if face.worker else None) for face in faces]


def test_the_refusal_says_what_to_do_if_it_is_them_and_if_it_is_not(office: Office, ana: Worker) -> None:
    refused = enrol_worker(office.desk, "Eva", [photo(f"eva{look}", eva(look)) for look in LOOKS]).refused
    assert [(one.code, type(one)) for one in refused] == [("enrolled_as_another", RefusedAs)] * 3
    assert {(one.worker_id, f"{one.distance:.2f}") for one in refused} == {(ana.id, "0.68")}
    for words in (
        f"is very like, that of worker {ana.id} (Ana), who is enrolled already",
        f"same person, `facevec worker add-photos id:{ana.id} PHOTO...`",
        f"somebody who looks like them, `facevec worker add NAME PHOTO... --distinct-from id:{ana.id}`",
    ):
        assert words in refused[0].reason
    ben = office.desk.registry.namesakes("Ben")[0]
    (added,) = add_photos(office.desk, ben, [photo("again", Someone(ANA, 4))]).refused
    assert f"`facevec worker add-photos id:{ben.id} PHOTO... --distinct-from id:{ana.id}`" in added.reason


def test_a_decision_enrols_a_look_alike_and_is_recorded_of_both(office: Office, ana: Worker) -> None:
    before = datetime.now(timezone.utc)
    eva_ = enrol_eva(office, ana)
    assert eva_.photo_count == 3
    (of_eva,), (of_ana,) = eva_.distinct_from, office.desk.registry.worker(ana.id).distinct_from
    assert (of_eva.worker_id, of_eva.name, of_eva.decided_by) == (ana.id, "Ana", "user:boss")
    assert (of_ana.worker_id, of_ana.name, of_ana.decided_by) == (eva_.id, "Eva", "user:boss")
    assert before <= of_eva.decided_at == of_ana.decided_at <= datetime.now(timezone.utc)


def test_photos_that_come_later_are_not_refused_again(office: Office, ana: Worker) -> None:
    eva_ = enrol_eva(office, ana)
    for worker, someone in ((eva_, eva(4)), (ana, Someone(ANA, 4))):
        assert add_photos(office.desk, worker, [photo("later", someone)]).refused == []


def test_a_worker_who_is_enrolled_already_is_told_apart_by_the_photos_that_are_added(
    office: Office, ana: Worker
) -> None:
    eva_ = enrol_worker(office.desk, "Eva", [photo("eva", eva(0, likeness=0.5))]).worker
    photos = [photo("alike", eva(1, likeness=0.96))]
    assert add_photos(office.desk, eva_, photos).accepted == ()
    added = add_photos(office.desk, eva_, photos, distinct_from=by_the_boss(ana))
    assert [other.worker_id for other in added.worker.distinct_from] == [ana.id]


def test_look_alikes_are_named_where_they_can_be_told_apart(office: Office, ana: Worker) -> None:
    enrol_eva(office, ana)
    seen = statuses(office, *(eva(look) for look in range(10, 20)))
    seen += statuses(office, *(Someone(ANA, look) for look in range(10, 20)))
    assert seen == [(Status.IDENTIFIED, "Eva")] * 10 + [(Status.IDENTIFIED, "Ana")] * 10


def test_a_face_that_may_be_either_is_ambiguous(office: Office, ana: Worker) -> None:
    enrol_eva(office, ana)
    between = [eva(look, likeness=0.97) for look in range(10, 20)]
    assert set(statuses(office, *between)) == {(Status.AMBIGUOUS, None)}
    margins = [office.recognize(picture(someone), THRESHOLD).faces[0].margin for someone in between]
    assert max(margins) > office.point.min_margin.value


def test_a_clear_photo_of_one_is_named_however_alike_the_other_is(office: Office, ana: Worker) -> None:
    enrol_eva(office, ana)
    clear = Someone(ANA, 9, unlike=0.2)
    face = office.recognize(picture(clear), 1.2).faces[0]
    (_, to_eva) = office.desk.live.search(ToyEmbedder().vector(clear)[None], 2)[1][0]
    assert to_eva.distance < 1.2  # she would be named, were he not there
    assert (face.status, face.worker and face.worker.name) == (Status.IDENTIFIED, "Ana")


def verify(office: Office, someone: Someone, worker: Worker) -> Verification:
    desk, loose = office.desk, replace(office.point, verify_threshold=Parameter(1.2, Origin.SETTINGS))
    return verify_worker(desk.vision, desk.registry, desk.live, loose, picture(someone), worker.id)


def test_nobody_passes_for_their_look_alike(office: Office, ana: Worker) -> None:
    shown = eva(9, likeness=0.9)
    assert verify(office, shown, ana).same
    eva_ = enrol_eva(office, ana)
    refused = verify(office, shown, ana)
    assert (refused.same, refused.ambiguous) == (False, True)
    assert refused.distance < refused.threshold
    accepted = verify(office, eva(9, likeness=0.7), eva_)
    assert (accepted.same, accepted.ambiguous) == (True, False)


def test_whoever_is_clearly_themselves_passes_beside_their_look_alike(office: Office, ana: Worker) -> None:
    eva_ = enrol_eva(office, ana)
    clear = Someone(ANA, 9, unlike=0.2)
    assert verify(office, clear, ana).same
    between = eva(9, likeness=0.97)
    assert [verify(office, between, one).ambiguous for one in (ana, eva_)] == [True, True]
    ben = office.desk.registry.namesakes("Ben")[0]
    assert not verify(office, between, ben).ambiguous


def test_whoever_is_enrolled_again_as_somebody_else_is_never_named_as_the_newcomer(
    office: Office, ana: Worker
) -> None:
    photos = [photo(f"anna{look}", Someone(ANA, look)) for look in (4, 5, 6)]
    anna = enrol_worker(office.desk, "Anna", photos, distinct_from=by_the_boss(ana)).worker
    # As on the newcomer's photos, and as never seen before.
    probes = [Someone(ANA, look) for look in (4, 5, 6, *range(10, 20))]
    assert set(statuses(office, *probes)) == {(Status.AMBIGUOUS, None)}
    office.desk.registry.remove_worker(anna.id)
    assert set(statuses(office, *probes)) == {(Status.IDENTIFIED, "Ana")}


def test_the_margin_alone_would_name_the_newcomer(office: Office, ana: Worker) -> None:
    """As it does where nothing was decided, because enrolment was told to look away."""
    careless = replace(office.desk.rules, other_person_threshold=Parameter(0.1, Origin.SETTINGS))
    photos = [photo(f"anna{look}", Someone(ANA, look)) for look in (4, 5, 6)]
    enrol_worker(replace(office.desk, rules=careless), "Anna", photos)
    assert statuses(office, Someone(ANA, 4)) == [(Status.IDENTIFIED, "Anna")]


def test_whoever_is_not_named_in_the_decision_still_stands_in_the_way(office: Office, ana: Worker) -> None:
    eva_ = enrol_eva(office, ana)
    photos = [photo(f"again{look}", eva(look)) for look in (7, 8, 9)]
    again = enrol_worker(office.desk, "Evelyn", photos, distinct_from=by_the_boss(ana))
    assert {one.worker_id for one in again.refused} == {eva_.id}
    both = enrol_worker(office.desk, "Evelyn", photos, distinct_from=by_the_boss(eva_, ana))
    assert [other.name for other in both.worker.distinct_from] == ["Ana", "Eva"]


def test_who_is_not_enrolled_or_is_the_worker_themselves_is_refused_before_any_photo_is_looked_at(
    office: Office, ana: Worker
) -> None:
    seen: list[str] = []
    nobody = DistinctFrom((4711,), "user:boss")
    with pytest.raises(WorkerNotFound, match="no worker 4711"):
        enrol_worker(office.desk, "Eva", [photo("eva", eva(1))], distinct_from=nobody, on_photo=seen.append)
    for others, error in ((nobody, WorkerNotFound), (by_the_boss(ana), WorkerError)):
        with pytest.raises(error):
            add_photos(
                office.desk, ana, [photo("a", Someone(ANA, 4))], distinct_from=others, on_photo=seen.append
            )
    assert seen == []


def test_nothing_is_recorded_where_no_photo_is_enrolled(office: Office, ana: Worker) -> None:
    ben = office.desk.registry.namesakes("Ben")[0]
    enrol_worker(office.desk, "Eva", [photo("nobody")], distinct_from=by_the_boss(ana))
    add_photos(office.desk, ben, [photo("nobody")], distinct_from=by_the_boss(ana))
    assert [worker.distinct_from for worker in office.desk.registry.list_workers()] == [(), ()]


def test_a_look_alike_whose_consent_has_ended_is_told_apart_too(office: Office, ana: Worker) -> None:
    start = datetime(2020, 1, 1, tzinfo=timezone.utc)
    office.desk.registry.set_consent(ana.id, Consent("v1", start, start.replace(year=2021)))
    refused = enrol_worker(office.desk, "Eva", [photo(f"eva{look}", eva(look)) for look in LOOKS]).refused
    assert f"facevec worker consent id:{ana.id} TEXT_VERSION" in refused[0].reason
    assert f"--distinct-from id:{ana.id}" in refused[0].reason
    assert enrol_eva(office, ana).photo_count == 3


def test_a_repeated_enrolment_records_the_decision_too(office: Office, ana: Worker) -> None:
    admission = enrol_or_add(
        office.desk,
        lambda: None,
        "Eva",
        [photo(f"eva{look}", eva(look)) for look in LOOKS],
        distinct_from=by_the_boss(ana),
    )
    assert [other.name for other in admission.enrolment.worker.distinct_from] == ["Ana"]


class WithoutAnybody(SqlRegistry):
    def worker(self, worker_id: int) -> Worker:
        raise WorkerNotFound(f"There is no worker {worker_id}.")


def test_a_look_alike_who_is_removed_meanwhile_stands_in_nobodys_way(office: Office, ana: Worker) -> None:
    desk = office.over(WithoutAnybody).desk
    assert enrol_worker(desk, "Eva", [photo(f"eva{look}", eva(look)) for look in LOOKS]).worker
