"""With `emotion_consent_only`, only those who agreed are read; nobody else's emotion is even computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from facevec.decision.point import Origin, Parameter
from facevec.types import Consent, Face, Image, Probabilities, Status
from facevec.usecases.consent import withdraw_consent
from facevec.usecases.enrol import enrol_worker
from tests.toy import Someone, ToyEmotions, photo, picture
from tests.usecases.conftest import Office

AGREED, SILENT, NEVER_ASKED, STRANGER = 1, 2, 3, 4
NOW = datetime.now(timezone.utc)
EVERYONE = picture(*(Someone(who, 9, size=200 - 10 * who) for who in (AGREED, SILENT, NEVER_ASKED, STRANGER)))


class Counting(ToyEmotions):
    def __init__(self) -> None:
        self.read_faces: list[Face] = []

    def read(self, image: Image, faces: Sequence[Face]) -> Probabilities:
        self.read_faces.extend(faces)
        return super().read(image, faces)


@pytest.fixture
def reader() -> Counting:
    return Counting()


@pytest.fixture
def asking(office: Office, reader: Counting) -> Office:
    """An office that reads only those who agreed, with three workers of different minds."""
    for name, who, consent in (
        ("Agreed", AGREED, Consent("v1", NOW - timedelta(days=1), emotion=True)),
        ("Silent", SILENT, Consent("v1", NOW - timedelta(days=1))),
        ("Never asked", NEVER_ASKED, None),
    ):
        enrol_worker(office.desk, name, [photo(name, Someone(who))], consent=consent)
    vision = replace(office.desk.vision, emotion=reader, emotion_consent_only=True)
    return replace(office, desk=replace(office.desk, vision=vision))


def test_only_who_agreed_is_read(asking: Office, reader: Counting) -> None:
    answer = asking.recognize(EVERYONE)
    assert [face.worker.name if face.worker else None for face in answer.faces] == [
        "Agreed", "Silent", "Never asked", None,
    ]  # fmt: skip
    assert [face.emotion is not None for face in answer.faces] == [True, False, False, False]
    assert answer.emotions
    assert reader.read_faces == [answer.faces[0].face]


def test_a_poor_picture_of_who_agreed_is_not_read(asking: Office, reader: Counting) -> None:
    (face,) = asking.recognize(picture(Someone(AGREED, 9, sharpness=0))).faces
    assert (face.worker, face.emotion, reader.read_faces) == (None, None, [])


def test_without_anyone_who_agreed_nothing_is_computed(asking: Office, reader: Counting) -> None:
    asking.recognize(picture(Someone(SILENT, 9), Someone(STRANGER, size=90)))
    assert reader.read_faces == []


def test_who_withdraws_is_not_read_any_more(asking: Office, reader: Counting) -> None:
    registry = asking.desk.registry
    agreed = registry.find_worker("Agreed").id
    registry.set_consent(agreed, Consent("v2", NOW))
    assert asking.recognize(EVERYONE).faces[0].worker is not None
    registry.set_consent(agreed, Consent("v2", NOW - timedelta(days=1), emotion=True))
    withdraw_consent(registry, agreed, NOW)
    assert asking.recognize(EVERYONE).faces[0].worker is None
    assert reader.read_faces == []


def test_otherwise_everyone_is_read(office: Office) -> None:
    assert all(face.emotion for face in office.recognize(EVERYONE).faces)


def test_switched_off_wins(asking: Office) -> None:
    off = replace(asking, desk=replace(asking.desk, vision=replace(asking.desk.vision, emotion=None)))
    answer = off.recognize(EVERYONE)
    assert not answer.emotions
    assert all(face.emotion is None for face in answer.faces)


def test_who_agreed_to_something_else_is_not_read_whatever_the_settings(
    asking: Office, reader: Counting
) -> None:
    everyone = replace(
        asking, desk=replace(asking.desk, vision=replace(asking.desk.vision, emotion_consent_only=False))
    )
    faces = everyone.recognize(EVERYONE).faces
    assert [face.emotion is not None for face in faces] == [True, False, True, True]
    assert len(reader.read_faces) == 3


def test_a_face_that_may_be_of_who_refused_is_not_read(asking: Office, reader: Counting) -> None:
    everyone = replace(
        asking,
        desk=replace(asking.desk, vision=replace(asking.desk.vision, emotion_consent_only=False)),
        point=replace(asking.point, min_margin=Parameter(2.0, Origin.SETTINGS)),
    )
    for who in (SILENT, NEVER_ASKED):  # of them all three may be it, whoever are the nearest
        (face,) = everyone.recognize(picture(Someone(who, 9))).faces
        assert (face.status, face.emotion, reader.read_faces) == (Status.AMBIGUOUS, None, [])
    (face,) = everyone.recognize(picture(Someone(AGREED, 9))).faces
    assert (face.status, face.emotion, reader.read_faces) == (Status.AMBIGUOUS, None, [])
