"""Whom photos show that disagree, or show several people: a majority decides, in whatever order they come."""

from __future__ import annotations

from itertools import permutations

import pytest

from facevec.usecases.enrol import add_photos, enrol_worker
from tests.toy import Someone, photo, picture
from tests.usecases.conftest import ANA, BEN, STRANGER, Office, refusals

GROUPS = {
    "one of each": [Someone(ANA), Someone(BEN)],
    "two of each": [Someone(ANA), Someone(ANA, 1), Someone(BEN), Someone(BEN, 1)],
    "three people": [Someone(ANA), Someone(BEN), Someone(STRANGER)],
}


@pytest.mark.parametrize("people", GROUPS.values(), ids=GROUPS)
def test_photos_that_disagree_without_a_majority_are_all_refused_by_name(office: Office, people):
    for order in (people, people[::-1]):
        names = [f"{someone.who}-{someone.look}" for someone in order]
        enrolment = enrol_worker(office.desk, "Ana", map(photo, names, order))
        assert (enrolment.worker, enrolment.accepted) == (None, ())
        assert refusals(enrolment) == dict.fromkeys(names, "not_the_same_person")
        for refusal in enrolment.refused:
            others = [name for name in names if name[0] != refusal.source[0]]
            assert f"not the one on {', '.join(others)}, and" in refusal.reason
            assert "leave out" in refusal.reason
    assert office.desk.registry.list_workers() == ()


def test_of_many_photos_that_disagree_a_few_are_named(office: Office):
    people = [Someone(who) for who in range(10, 16)]
    enrolment = enrol_worker(office.desk, "Ana", [photo(f"p{one.who}", one) for one in people])
    assert "not the one on p10, p11, p12 and 2 others" in enrolment.refused[-1].reason


def test_photos_in_any_order_have_the_same_outcome(office: Office):
    photos = [
        photo("ana", Someone(ANA)),
        photo("ben", Someone(BEN)),
        photo("ana again", Someone(ANA, 1)),
        photo("ana and ben", Someone(BEN, 2), Someone(ANA, 2)),
    ]
    outcomes = set()
    for number, order in enumerate(permutations(photos)):
        enrolment = enrol_worker(office.desk, f"Ana {number}", order)
        outcomes.add((frozenset(enrolment.accepted), frozenset(refusals(enrolment).items())))
        office.desk.registry.remove_worker(enrolment.worker.id)
    assert outcomes == {
        (frozenset({"ana", "ana again", "ana and ben"}), frozenset({("ben", "not_the_same_person")}))
    }


def test_a_group_does_not_decide_between_photos_that_disagree(office: Office):
    photos = {"ana": [Someone(ANA)], "ben": [Someone(BEN)], "group": [Someone(ANA, 1), Someone(BEN, 1)]}
    for order in permutations(photos):
        enrolment = enrol_worker(office.desk, "Ana", [photo(name, *photos[name]) for name in order])
        assert refusals(enrolment) == {
            "ana": "not_the_same_person", "ben": "not_the_same_person", "group": "several_faces",
        }  # fmt: skip
        group = next(refusal for refusal in enrolment.refused if refusal.source == "group")
        assert "no other photo says which is the worker's" in group.reason


def test_photos_that_say_anew_who_a_worker_is_must_agree_too(office: Office):
    worker = enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))]).worker
    (only,) = office.desk.registry.photos(worker.id)
    office.desk.registry.remove_photo(worker.id, only.id)
    both = [photo("b", Someone(ANA, 1)), photo("c", Someone(BEN))]
    assert refusals(add_photos(office.desk, worker, both, reseed=True)) == dict.fromkeys(
        "bc", "not_the_same_person"
    )


def test_a_small_face_in_the_background_does_not_spoil_a_photo(office: Office):
    enrolment = enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA), Someone(BEN, size=40))])
    assert list(enrolment.accepted) == ["a"]


@pytest.mark.parametrize("order", [("alone", "group"), ("group", "alone")])
def test_in_a_group_the_worker_is_found_by_their_other_photos(office: Office, order):
    photos = {
        "alone": photo("alone", Someone(ANA)),
        "group": photo("group", Someone(BEN), Someone(ANA, 1), Someone(STRANGER)),
    }
    enrolment = enrol_worker(office.desk, "Ana", [photos[name] for name in order])
    assert sorted(enrolment.accepted) == ["alone", "group"]
    assert office.names(picture(Someone(ANA, 9), Someone(BEN, 9))) == ["Ana", None]


@pytest.mark.parametrize("others", [[], [photo("alone", Someone(ANA))]], ids=["only photo", "one of two"])
def test_a_group_that_does_not_tell_the_worker_is_refused(office: Office, others):
    group = photo("group", Someone(BEN), Someone(STRANGER))
    enrolment = enrol_worker(office.desk, "Ana", [group, *others])
    assert refusals(enrolment) == {"group": "several_faces"}
