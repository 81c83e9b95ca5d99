"""Those who are plainly new wait for each other: what comes of an import is what came of it one by one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import event

from facevec.decision.point import Origin, Parameter
from facevec.errors import EnrolledAsAnother, NotAnImage
from facevec.types import Candidate, Cohort, Consent, Position, RefusedAs, Vectors
from facevec.usecases.enrol import enrol_worker
from facevec.usecases.enrol_or_add import enrol_or_add
from facevec.usecases.importing import Import, admit_people, import_people, only_namesake
from facevec.usecases.newcomers import TOGETHER
from facevec.usecases.people import Person
from tests.toy import Someone, photo, picture
from tests.usecases.conftest import Office, open_office

DRAWS = int(os.environ.get("FACEVEC_TEST_DRAWS", "1"))
CROWD = 14
NAMES = ("Ana", "ana", "\u0410na", "", "Ben\u200b", "x" * 300)
"""Names that are one, that look like one, and that are none."""


def drawn_people(chance: Random) -> dict[str, bytes | None]:
    """Photos by `person/number`; None is one that cannot be read."""
    photos: dict[str, bytes | None] = {}
    for number in range(CROWD):
        name = chance.choice(NAMES) if chance.random() < 0.15 else f"P{number}"
        who = chance.randrange(1, number + 1) if number and chance.random() < 0.2 else number + 1
        like = chance.randrange(1, number + 2) if chance.random() < 0.5 else 0
        for look in range(chance.choice((1, 1, 2, 3))):
            someone = Someone(
                1000 + who, 100 * number + look, unlike=chance.uniform(0.1, 0.9),
                like=1000 + like, likeness=chance.uniform(0.4, 0.95) if like else 0,
            )  # fmt: skip
            photos[f"{number}/{name}/{look}"] = chance.choices(
                (picture(someone), picture(someone, replace(someone, who=7)), picture(), b"none", None),
                weights=(40, 1, 1, 1, 1),
            )[0]
        if photos and chance.random() < 0.05:
            photos[f"{number}/{name}/copy"] = chance.choice([*photos.values()])
    return photos


def people_of(photos: dict[str, bytes | None]) -> list[Person]:
    by_person: dict[str, list[str]] = {}
    for file in photos:
        by_person.setdefault(file.rpartition("/")[0], []).append(file)
    return [Person(folder.partition("/")[2], files) for folder, files in by_person.items()]


def desk_of(office: Office):
    rules = office.desk.rules
    crowded = replace(rules, cohort=Cohort(1.2), other_person_threshold=Parameter(0.9, Origin.SETTINGS))
    for who in range(2000, 2010):
        enrol_worker(
            office.desk, f"W{who}", [photo(f"{who}", Someone(who, like=1000 + who % 5, likeness=0.6))]
        )
    return replace(office.desk, rules=crowded)


def one_by_one(office: Office, people: Sequence[Person], read) -> Import:
    desk = desk_of(office)

    def admit(name, photos):
        return enrol_or_add(desk, lambda: only_namesake(desk.registry.namesakes(name)), name, photos)

    return admit_people(admit, people, read)


def outcome(office: Office, report: Import) -> list[object]:
    """All that is said of an import, and who is enrolled after it."""
    said = [
        (
            one.created,
            one.already,
            one.enrolment.accepted,
            [replace(each, distance=round(each.distance, 5)) if isinstance(each, RefusedAs) else each
             for each in one.enrolment.refused],
            one.enrolment.worker and one.enrolment.worker.id,
        )
        for one in report.admissions
    ]  # fmt: skip
    enrolled = [(one.id, one.name, one.photo_count) for one in office.desk.registry.list_workers()]
    return [*said, report.stopped, enrolled]


@pytest.mark.parametrize("draw", range(DRAWS))
def test_whoever_comes_what_becomes_of_them_is_what_becomes_of_them_one_by_one(
    tmp_path: Path, draw: int
) -> None:
    photos = drawn_people(Random(draw))

    def read(file: str) -> bytes:
        data = photos[file]
        if data is None:
            raise NotAnImage("It cannot be read.")
        return data

    reports = []
    for way in ("alone", "together"):
        (tmp_path / way).mkdir()
        office = open_office(tmp_path / way)
        if way == "alone":
            report = one_by_one(office, people_of(photos), read)
        else:
            report = import_people(desk_of(office), people_of(photos), read)
        reports.append(outcome(office, report))
    assert reports[0] == reports[1]
    assert any(isinstance(each, RefusedAs) for one in reports[0][:-2] for each in one[3])


def test_who_is_plainly_new_costs_few_statements(office: Office) -> None:
    counted = {"statements": 0, "connections": 0}

    def count(kind: str, *_: object) -> None:
        counted[kind] += 1

    event.listen(office.engine, "before_cursor_execute", lambda *_: count("statements"))
    event.listen(office.engine, "connect", lambda *_: count("connections"))
    people = [Person(f"P{who}", [f"{who}"]) for who in range(1, TOGETHER + 1)]
    report = import_people(office.desk, people, lambda who: picture(Someone(int(who))))
    assert report.enrolled == TOGETHER
    assert counted["statements"] < 28 * TOGETHER  # it was 94 of each
    assert counted["connections"] < 2 * TOGETHER


def test_ctrl_c_loses_nobody_who_waits(office: Office) -> None:
    def stopping(who: str) -> bytes:
        if who == "4":
            raise KeyboardInterrupt
        return picture(Someone(int(who)))

    report = import_people(office.desk, [Person(f"P{who}", [f"{who}"]) for who in range(1, 6)], stopping)
    assert (report.enrolled, report.left) == (3, 2)
    assert [worker.name for worker in office.desk.registry.list_workers()] == ["P1", "P2", "P3"]


def test_who_was_enrolled_by_others_while_the_gallery_is_asked_is_compared_with(office: Office) -> None:
    desk = desk_of(office)

    class Meanwhile:
        """Between two searches somebody else is faster."""

        def __init__(self) -> None:
            self.searches = 0

        def search(self, probes: Vectors, k: int) -> tuple[Position, tuple[tuple[Candidate, ...], ...]]:
            answer = desk.live.search(probes, k)
            self.searches += 1
            if self.searches == 1:
                enrol_worker(desk, "Faster", [photo("f", Someone(1))])
            return answer

    live = Meanwhile()
    people = [Person(f"P{who}", [f"{who}"]) for who in (1, 2)]
    report = import_people(replace(desk, live=live), people, lambda who: picture(Someone(int(who), 5)))
    assert live.searches > 1
    assert [one.code for one in report.refused] == [EnrolledAsAnother.code]
    assert [worker.name for worker in desk.registry.list_workers()][-2:] == ["Faster", "P2"]


def test_a_consent_is_recorded_of_everybody_who_waited(office: Office) -> None:
    consent = Consent("v1", datetime(2026, 1, 1, tzinfo=timezone.utc))
    people = [Person(f"P{who}", [f"{who}"]) for who in range(1, 4)]
    report = import_people(office.desk, people, lambda who: picture(Someone(int(who))), consent=consent)
    assert [one.enrolment.worker.consent for one in report.admissions] == [consent] * 3
    entries = [
        office.desk.registry.newest_consent(worker.id) for worker in office.desk.registry.list_workers()
    ]
    assert [entry.text_version for entry in entries] == ["v1"] * 3
