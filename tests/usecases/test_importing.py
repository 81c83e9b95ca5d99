"""Importing people: again and again, stopped midway, and while another process does the same."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from facevec.errors import FileMissing, PhotoAlreadyEnrolled, RegistryBusy, WorkerExists
from facevec.registry.address import sqlite_file
from facevec.types import Consent, PhotoSource, Refusal, Worker
from facevec.usecases.enrol import add_photos, enrol_worker
from facevec.usecases.enrol_or_add import enrol_or_add
from facevec.usecases.importing import Import, import_people, worker_name
from facevec.usecases.people import Person
from tests.conftest import ROOT
from tests.toy import Someone, photo, picture
from tests.usecases.conftest import Office, open_office
from tests.usecases.importer import read

ANA, BEN, EVA = 1, 2, 3


def person(name: str, who: int, *looks: int) -> Person:
    return Person(name, [f"{who}/{look}" for look in looks])


def refusals(report: Import) -> dict[str, str]:
    return {refusal.source: refusal.code for refusal in report.refused}


@pytest.mark.parametrize(
    ("label", "name"), [("Ana_Ruiz", "Ana Ruiz"), (" Ana__Ruiz_", "Ana Ruiz"), ("Jose\u0301", "Jos\u00e9")]
)
def test_an_underscore_stands_for_a_space(label: str, name: str) -> None:
    assert worker_name(label) == name


def test_an_import_may_be_run_again(office: Office) -> None:
    people = [person("Ana_Ruiz", ANA, 1, 2), person("Ben", BEN, 1)]
    first = import_people(office.desk, people, read)
    assert (first.enrolled, first.already, first.refused) == (3, 0, ())
    assert [one.created for one in first.admissions] == [True, True]
    people[0] = person("ana ruiz", ANA, 1, 2, 3)
    second = import_people(office.desk, people, read)
    assert (second.enrolled, second.already, second.refused) == (1, 3, ())
    assert [one.enrolment.accepted for one in second.admissions] == [("1/3",), ()]
    assert [worker.photo_count for worker in office.desk.registry.list_workers()] == [3, 1]


def test_a_copy_of_a_photo_is_no_refusal_the_first_time_nor_the_second(office: Office) -> None:
    copies = [person("Ana", ANA, 1, 1)]
    first, second = (import_people(office.desk, copies, read) for _ in range(2))
    assert (first.enrolled, first.already, first.refused) == (1, 1, ())
    assert (second.enrolled, second.already, second.refused) == (0, 2, ())


def test_a_copy_of_a_photo_that_will_not_do_is_refused_with_it(office: Office) -> None:
    for _ in range(2):
        report = import_people(office.desk, [Person("Ana", ["nobody", "copy"])], lambda _: picture())
        assert (report.already, refusals(report)) == (0, {"nobody": "no_face", "copy": "no_face"})


def test_what_is_wrong_with_one_person_stops_nobody_else(office: Office) -> None:
    def broken(name: str) -> bytes:
        if name == "gone":
            raise FileMissing("There is no file gone.")
        return read(name)

    unusable = (Refusal("pipe", "input_invalid", "It is no file."),)
    people = [
        Person("", ["1/1"]),
        Person("Empty", []),
        Person("Locked", [], (Refusal("Locked", "folder_unreadable", "It cannot be read."),)),
        Person("Ben", ["gone", f"{BEN}/1"], unusable),
    ]
    report = import_people(office.desk, people, broken)
    assert refusals(report) == {
        "": "worker_invalid",
        "Empty": "no_face",
        "Locked": "folder_unreadable",
        "gone": "file_not_found",
        "pipe": "input_invalid",
    }
    assert [worker.name for worker in office.desk.registry.list_workers()] == ["Ben"]


def test_two_workers_of_the_name_are_for_the_operator_to_tell_apart(office: Office) -> None:
    for who, external_id in ((ANA, "E1"), (BEN, "E2")):
        enrol_worker(office.desk, "Ana", [photo("a", Someone(who))], external_id=external_id)
    assert refusals(import_people(office.desk, [person("ANA", ANA, 1)], read)) == {"ANA": "worker_ambiguous"}


def test_consent_is_recorded_of_those_who_have_none_and_not_renewed(office: Office) -> None:
    old, new = (Consent(version, datetime.now(timezone.utc)) for version in ("old", "new"))
    enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))], consent=old)
    enrol_worker(office.desk, "Ben", [photo("b", Someone(BEN))])
    people = [person("Ana", ANA, 1), person("Ben", BEN, 0), person("Eva", EVA, 1)]
    report = import_people(office.desk, people, read, consent=new)
    versions = ["old", "new", "new"]
    assert [one.enrolment.worker.consent.text_version for one in report.admissions] == versions
    assert [one.consent.text_version for one in office.desk.registry.list_workers()] == versions


@pytest.mark.parametrize("error", [RegistryBusy("Busy."), KeyboardInterrupt()], ids=["busy", "Ctrl-C"])
def test_an_import_that_is_stopped_says_what_was_done_by_then(office: Office, error: BaseException) -> None:
    def stopping(name: str) -> bytes:
        if name == f"{BEN}/1":
            raise error
        return read(name)

    people = [person("Ana", ANA, 1), person("Ben", BEN, 1), person("Eva", EVA, 1)]
    report = import_people(office.desk, people, stopping)
    assert (report.enrolled, report.left, report.stopped) == (1, 2, error)
    with pytest.raises(type(error)):
        import_people(office.desk, people[1:], stopping)


class Overtaken:
    """Photos; while they are read for the first time, somebody else does `deed`."""

    def __init__(self, photos: list[PhotoSource], deed: Callable[[], object]) -> None:
        self.photos, self.deeds = photos, [deed]

    def __iter__(self) -> Iterator[PhotoSource]:
        for deed in self.deeds:
            self.deeds = []
            deed()
        return iter(self.photos)


PHOTOS = [photo(f"{look}", Someone(ANA, look)) for look in (1, 2)]


def test_who_is_enrolled_by_another_process_meanwhile_is_enrolled_already(
    office: Office, tmp_path: Path
) -> None:
    other = open_office(tmp_path)
    photos = Overtaken(PHOTOS, lambda: enrol_worker(other.desk, "Ana", PHOTOS[:1], external_id="E1"))
    admission = enrol_or_add(
        office.desk, lambda: office.desk.registry.worker_of("E1", "Ana"), "Ana", photos, external_id="E1"
    )
    assert (admission.created, admission.already, admission.enrolment.accepted) == (False, ("1",), ("2",))
    assert admission.enrolment.refused == ()
    assert admission.enrolment.worker.photo_count == 2


@pytest.mark.parametrize("known", [False, True], ids=["new worker", "known worker"])
def test_who_writes_second_answers_as_if_they_had_come_second(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    other = open_office(tmp_path)
    registry = office.desk.registry
    worker = enrol_worker(other.desk, "Ana", [photo("0", Someone(ANA))]).worker if known else None
    method = "add_photos" if known else "add_workers"
    write = getattr(registry, method)
    overtaken: list[str] = []

    def late(*arguments: object, **options: object) -> object:
        if not overtaken:
            overtaken.append(method)
            if worker is None:
                enrol_worker(other.desk, "Ana", PHOTOS[:1])
            else:
                add_photos(other.desk, worker, PHOTOS[:1])
        return write(*arguments, **options)

    monkeypatch.setattr(registry, method, late)
    report = import_people(office.desk, [person("Ana", ANA, 1, 2)], read)
    assert overtaken == [method]
    assert (report.enrolled, report.already, report.refused) == (1, 1, ())


def test_who_is_removed_meanwhile_is_enrolled_anew(office: Office, tmp_path: Path) -> None:
    other = open_office(tmp_path)
    worker = enrol_worker(other.desk, "Ana", PHOTOS[:1]).worker
    namesakes = office.desk.registry.namesakes

    def find() -> Worker | None:
        (ana,) = namesakes("Ana") or (None,)
        if ana == worker:
            other.desk.registry.remove_worker(worker.id)
        return ana

    admission = enrol_or_add(office.desk, find, "Ana", PHOTOS)
    assert (admission.created, admission.enrolment.accepted) == (True, ("1", "2"))


def test_what_is_really_taken_is_still_refused(office: Office) -> None:
    enrol_worker(office.desk, "Ana", [photo("a", Someone(ANA))])
    with pytest.raises(WorkerExists):
        enrol_or_add(office.desk, lambda: None, "ana", [photo("b", Someone(BEN))])
    taken = enrol_or_add(office.desk, lambda: None, "Ben", [photo("c", Someone(ANA))])
    assert [refusal.code for refusal in taken.enrolment.refused] == [PhotoAlreadyEnrolled.code]
    assert (taken.created, taken.enrolment.worker) == (False, None)


def enrol_without_a_worker(office: Office, photos: list[PhotoSource]) -> None:
    """As an editor of databases leaves it that looks at no foreign keys. Somebody else is enrolled."""
    enrol_worker(office.desk, "Ana", photos)
    enrol_worker(office.desk, "Ben", [photo("b", Someone(BEN))])
    with closing(sqlite3.connect(sqlite_file(office.engine.url))) as database, database:
        database.execute("DELETE FROM workers WHERE name = 'Ana'")


def test_a_file_whose_owner_is_gone_from_the_database_is_refused_and_the_other_files_are_not(
    office: Office,
) -> None:
    enrol_without_a_worker(office, PHOTOS[:1])
    report = import_people(office.desk, [person("Ana", ANA, 1, 2)], read)
    assert (report.enrolled, [refusal.code for refusal in report.refused]) == (1, [PhotoAlreadyEnrolled.code])
    assert "`facevec db check`" in report.refused[0].reason


def test_a_registry_that_contradicts_itself_is_not_asked_for_ever(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol_without_a_worker(office, PHOTOS)
    turns: list[str] = []

    def find() -> None:
        turns.append("turn")
        assert len(turns) < 10

    monkeypatch.setattr(office.desk.registry, "photo_owner", lambda _: None)
    with pytest.raises(PhotoAlreadyEnrolled):
        enrol_or_add(office.desk, find, "Ana", PHOTOS)


@pytest.mark.slow
def test_three_processes_that_import_the_same_people_at_once_all_tell_the_truth(tmp_path: Path) -> None:
    people, photos, processes = 12, 3, 3
    open_office(tmp_path)
    command = [sys.executable, "-m", "tests.usecases.importer", str(tmp_path), str(people), str(photos)]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    reports = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    assert [report[2:] for report in reports] == [[[], "None"]] * processes
    assert sum(report[0] for report in reports) == people * photos
    assert sum(report[1] for report in reports) == people * photos * (processes - 1)
    workers = open_office(tmp_path).desk.registry.list_workers()
    assert sorted((worker.name, worker.photo_count) for worker in workers) == sorted(
        (f"P{who}", photos) for who in range(1, people + 1)
    )
