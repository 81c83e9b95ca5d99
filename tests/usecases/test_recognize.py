from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from facevec.decision.cohort import SEARCH_DEPTH
from facevec.errors import NotAnImage
from facevec.registry.repository import SqlRegistry
from facevec.types import Position, Status, Worker
from facevec.usecases.enrol import enrol_worker
from facevec.usecases.remove import remove_photo, remove_worker
from tests.toy import Someone, photo, picture
from tests.usecases.conftest import ANA, BEN, STRANGER, Office, open_office


def enrol(office: Office, name: str, who: int):
    return enrol_worker(
        office.desk, name, [photo(f"{name}{look}", Someone(who, look)) for look in (1, 2)]
    ).worker


def test_everyone_enrolled_is_named_and_a_stranger_is_not(office: Office):
    enrol(office, "Ana", ANA)
    enrol(office, "Ben", BEN)
    answer = office.recognize(
        picture(Someone(ANA, 9, size=200), Someone(STRANGER, 9, size=150), Someone(BEN, 9, size=100))
    )
    assert [face.status for face in answer.faces] == [Status.IDENTIFIED, Status.UNKNOWN, Status.IDENTIFIED]
    assert [face.worker.name if face.worker else None for face in answer.faces] == ["Ana", None, "Ben"]
    assert answer.faces[1].distance > answer.match_threshold > answer.faces[0].distance
    assert answer.faces[0].margin > 0.05
    assert answer.index_revision == office.desk.registry.state().revision


def test_a_face_near_the_threshold_is_rechecked(office: Office):
    enrol(office, "Ana", ANA)
    enrol(office, "Ben", BEN)
    probe = picture(Someone(BEN, 9, size=200), Someone(ANA, 9, size=100, glimpse=0.6))
    first = office.recognize(probe, match_threshold=0.1).faces[1].distance
    near = office.recognize(probe, match_threshold=first - 0.01).faces
    assert [face.worker.name for face in near] == ["Ben", "Ana"]
    assert near[1].distance < first - 0.05
    far = office.recognize(probe, match_threshold=first - 0.05).faces[1]
    assert (far.status, far.distance) == (Status.UNKNOWN, first)


def test_an_empty_gallery_names_nobody(office: Office):
    face = office.recognize(picture(Someone(ANA))).faces[0]
    assert (face.status, face.worker, face.distance, face.margin) == (Status.UNKNOWN, None, None, None)


def test_a_picture_without_faces_is_an_answer(office: Office):
    assert office.recognize(picture()).faces == ()


def test_a_poor_face_is_never_named(office: Office):
    enrol(office, "Ana", ANA)
    face = office.recognize(picture(Someone(ANA, 9, sharpness=0))).faces[0]
    assert (face.status, face.worker) == (Status.LOW_QUALITY, None)


def test_what_is_no_picture_is_refused(office: Office):
    with pytest.raises(NotAnImage):
        office.recognize(b"nothing")


def test_a_removed_worker_is_never_named_again_in_any_process(office: Office, tmp_path: Path):
    other = open_office(tmp_path)
    ana = enrol(office, "Ana", ANA)
    probe = picture(Someone(ANA, 9))
    assert office.names(probe) == other.names(probe) == ["Ana"]
    remove_worker(office.desk.registry, office.generations, ana.id)
    assert office.names(probe) == other.names(probe) == [None]
    assert open_office(tmp_path).names(probe) == [None]


def test_removing_the_last_photo_leaves_nothing_to_match(office: Office):
    ana = enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))]).worker
    (kept,) = office.desk.registry.photos(ana.id)
    remove_photo(office.desk.registry, office.generations, ana.id, kept.id)
    assert office.names(picture(Someone(ANA, 9))) == [None]
    assert office.desk.registry.worker(ana.id).photo_count == 0


def test_workers_whose_consent_ended_leave_room_for_those_behind_them(office: Office):
    ana = enrol(office, "Ana", ANA)
    nearer = [enrol(office, f"Other {who}", who) for who in range(10, 10 + 2 * SEARCH_DEPTH)]
    probe = picture(Someone(10, 9))
    assert office.names(probe) == [nearer[0].name]

    class OnlyAna(SqlRegistry):
        def workers(self, ids: Sequence[int], since: Position | None = None) -> dict[int, Worker]:
            return {ana.id: ana} if ana.id in ids else {}

    office = office.over(OnlyAna)
    face = office.recognize(probe).faces[0]
    assert (face.status, face.worker) == (Status.UNKNOWN, None)
    assert face.distance is not None
    assert office.names(picture(Someone(ANA, 9))) == ["Ana"]
