"""Folders as they are on real machines: with what systems leave there, loose photos, pipes, two spellings."""

from __future__ import annotations

import io
import json
import os
import unicodedata
from pathlib import Path

import pytest

from facevec.cli import files
from facevec.outcomes import OUTCOMES, PARTIAL_EXIT_CODE
from tests.cli.conftest import Run
from tests.entries import make_odd, posix, within
from tests.toy import Someone, picture

ADA, BOB, EVE = 1, 2, 3


def save(path: Path, *people: Someone) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture(*people))
    return str(path)


def litter(folder: Path, inner: Path) -> set[str]:
    """What a NAS and a camera leave in `folder` and in a person's folder `inner`; the paths."""
    save(folder / "#recycle" / "1.jpg", Someone(EVE))
    save(folder / "@eaDir" / "Ada" / "1.jpg", Someone(EVE))
    save(inner / "@eaDir" / "1.jpg", Someone(EVE))
    paths = [folder / "Thumbs.db", inner / "._0.jpg", inner / "0.xmp"]
    for path in paths:
        path.write_text("clutter")
    return {str(path) for path in (*paths, folder / "#recycle", folder / "@eaDir", inner / "@eaDir")}


@pytest.fixture
def people(tmp_path: Path) -> Path:
    for name, who in (("Ada", ADA), ("Bob", BOB)):
        for look in range(3):
            save(tmp_path / "people" / name / f"{look}.jpg", Someone(who, look))
    return tmp_path / "people"


def test_import_passes_over_what_systems_leave_and_says_so_once(run: Run, people: Path) -> None:
    clutter = litter(people, people / "Ada")
    first = run("worker", "import", people, "--json")
    answer = json.loads(first.stdout)
    assert (first.exit_code, answer["enrolled"], answer["refused"]) == (0, 6, 0)
    assert [one["name"] for one in answer["workers"]] == ["Ada", "Bob"]
    assert sorted(answer["passed_over"]) == sorted(clutter)
    said = run("worker", "import", people).stdout
    assert said.count("@eaDir") == said.count("Passed over") == 1
    assert "@eaDir (2), #recycle, Thumbs.db, ._0.jpg, 0.xmp." in " ".join(said.split())


def test_a_folder_of_nothing_but_system_folders_says_what_was_passed_over(run: Run, tmp_path: Path) -> None:
    save(tmp_path / "people" / "#recycle" / "1.jpg", Someone(ADA))
    refused = run("worker", "import", tmp_path / "people")
    assert refused.exit_code == OUTCOMES["input_invalid"].exit_code
    assert "holds no folders" in refused.stderr
    assert "#recycle" in refused.stderr


@pytest.mark.parametrize("times", ["first", "second"])
def test_import_names_loose_photos(run: Run, people: Path, times: str) -> None:
    loose = save(people / "loose.jpg", Someone(EVE))
    for _ in range(("first", "second").index(times) + 1):
        outcome = run("worker", "import", people, "--json")
    answer = json.loads(outcome.stdout)
    assert (outcome.exit_code, answer["refused"]) == (PARTIAL_EXIT_CODE, 1)
    assert [(one["source"], one["code"]) for one in answer["loose"]] == [(loose, "input_invalid")]
    assert "loose.jpg lies beside the people's folders" in run("worker", "import", people).stdout


SPELLINGS = [
    ("Kit Harington", "kit_harington"),
    ("Kit Harington", "Kit__Harington"),
    ("Ada Lovelace.", "Ada lovelace"),
    ("José", unicodedata.normalize("NFD", "josé")),
]


@pytest.mark.parametrize("spellings", SPELLINGS, ids=["underscore", "two spaces", "dot", "Unicode"])
def test_folders_of_one_name_are_one_persons_every_time(
    run: Run, tmp_path: Path, spellings: tuple[str, str]
) -> None:
    for look, name in enumerate(spellings):
        save(tmp_path / "people" / name / f"{look}.jpg", Someone(ADA, look))
    merged = [sorted(str(tmp_path / "people" / name) for name in spellings)]
    for enrolled, already in ((2, 0), (0, 2)):
        outcome = run("worker", "import", tmp_path / "people", "--json")
        answer = json.loads(outcome.stdout)
        assert (outcome.exit_code, answer["enrolled"], answer["already_enrolled"]) == (0, enrolled, already)
        assert [one["worker"]["id"] for one in answer["workers"]] == [1]
        assert answer["merged"] == merged
    said = run("worker", "import", tmp_path / "people").stdout
    assert "are one person's: it is the same name." in said


def test_two_people_of_one_name_are_told_the_same_every_time(run: Run, tmp_path: Path) -> None:
    for look in range(3):
        save(tmp_path / "people" / "Kit Harington" / f"{look}.jpg", Someone(ADA, look))
    other = save(tmp_path / "people" / "kit_harington" / "other.jpg", Someone(BOB))
    for _ in range(2):
        outcome = run("worker", "import", tmp_path / "people", "--json")
        refused = json.loads(outcome.stdout)["workers"][0]["refused"]
        assert (outcome.exit_code, [one["source"] for one in refused]) == (PARTIAL_EXIT_CODE, [other])
        assert refused[0]["code"] == "not_the_same_person"


def test_who_was_added_by_hand_is_found_by_the_folder_of_their_name(run: Run, tmp_path: Path) -> None:
    run("worker", "add", "kit_harington", save(tmp_path / "1.jpg", Someone(ADA)))
    save(tmp_path / "people" / "Kit Harington" / "2.jpg", Someone(ADA, 2))
    answer = json.loads(run("worker", "import", tmp_path / "people", "--json").stdout)
    assert (answer["workers"][0]["worker"]["photo_count"], answer["refused"]) == (2, 0)


@posix
def test_import_opens_nothing_that_is_no_file(run: Run, people: Path) -> None:
    odd = make_odd(people / "Ada")
    loose = make_odd(people)
    with within(60):
        outcome = run("worker", "import", people, "--json")
    answer = json.loads(outcome.stdout)
    assert (outcome.exit_code, answer["enrolled"]) == (PARTIAL_EXIT_CODE, 6)
    assert {one["source"] for one in answer["workers"][0]["refused"]} == odd
    assert {one["source"] for one in answer["loose"]} == loose


def test_a_name_in_another_encoding_is_named_and_stops_nobody(run: Run, people: Path) -> None:
    latin = os.fsdecode(b"Jos\xe9")
    save(people / latin / "1.jpg", Someone(EVE))
    save(people / "Bob" / f"{latin}.jpg", Someone(BOB, 9))
    outcome = run("worker", "import", people, "--json")
    answer = json.loads(outcome.stdout)
    assert (outcome.exit_code, answer["enrolled"]) == (PARTIAL_EXIT_CODE, 7)
    (refused,) = answer["workers"][2]["refused"]
    assert (refused["code"], "is not UTF-8" in refused["reason"]) == ("worker_invalid", True)
    assert run("worker", "import", people).exit_code == PARTIAL_EXIT_CODE


@posix
def test_a_link_round_in_a_circle_is_no_person(run: Run, people: Path) -> None:
    (people / "round").symlink_to(".")
    with within(60):
        answer = json.loads(run("worker", "import", people, "--json").stdout)
    assert answer["enrolled"] == 6
    assert [one["code"] for one in answer["loose"] if one["source"] == str(people / "round")] == [
        "is_a_folder"
    ]


@posix
@pytest.mark.parametrize("command", ["worker add Ada", "recognize"])
def test_what_is_no_file_is_refused_by_name(run: Run, tmp_path: Path, command: str) -> None:
    odd = make_odd(tmp_path)
    photo = save(tmp_path / "1.jpg", Someone(ADA))
    with within(60):
        outcome = run(*command.split(), *sorted(odd), photo, "--json")
    assert outcome.exit_code == PARTIAL_EXIT_CODE
    for said in ("it is a pipe", "it is a socket", "it is a device", "symbolic links", "leads nowhere"):
        assert said in outcome.stdout


def evaluation(root: Path) -> Path:
    for who in range(1, 4):
        for look in range(4):
            save(root / f"p{who}" / f"{look}.png", Someone(who, look))
    save(root / "s1" / "0.png", Someone(50))
    return root


@posix
def test_an_evaluation_passes_over_clutter_and_names_what_it_cannot_use(run: Run, tmp_path: Path) -> None:
    root = evaluation(tmp_path / "people")
    before = json.loads(run("evaluate", root, "--json").stdout)
    clutter = litter(root, root / "s1")
    loose = save(root / "loose.png", Someone(51))
    older = save(root / "s1" / "older" / "1.png", Someone(50, 1))
    odd = make_odd(root / "p1")
    after = json.loads(run("evaluate", root, "--json").stdout)
    assert (before.pop("unusable"), before.pop("passed_over")) == ([], [])
    assert {one["source"] for one in after.pop("unusable")} == {loose, str(Path(older).parent), *odd}
    assert set(after.pop("passed_over")) == clutter
    assert after == before
    said = run("evaluate", root).stdout
    assert "loose.png lies beside" in said
    assert "Passed over, as no photos of anybody:" in said


@posix
def test_crop_passes_over_clutter_and_follows_no_circle(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "pictures"
    save(source / "1.jpg", Someone(ADA))
    save(source / "deep" / "2.jpg", Someone(BOB))
    clutter = litter(source, source / "deep")
    (source / "1.xmp").write_text("a sidecar")
    (source / "round").symlink_to("..")
    odd = make_odd(source / "deep")
    with within(60):
        answer = json.loads(run("crop", source, tmp_path / "out", "--json").stdout)
    assert set(answer["passed_over"]) == {*clutter, str(source / "1.xmp")}
    assert {one["source"] for one in answer["refused"]} == {*odd, str(source / "round")}
    assert answer["written"] == [str(tmp_path / "out" / name) for name in ("1.png", "deep/2.png")]


@posix
def test_crop_names_a_link_that_leads_to_itself(run: Run, tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to("round")
    save(tmp_path / "pictures" / "1.jpg", Someone(ADA))
    into_it = run("crop", tmp_path / "pictures", tmp_path / "round")
    assert into_it.exit_code == OUTCOMES["output_unwritable"].exit_code
    out_of_it = run("crop", tmp_path / "round", tmp_path / "out")
    assert out_of_it.exit_code == OUTCOMES["file_not_found"].exit_code


@posix
def test_a_link_beside_the_folders_that_leads_nowhere_is_told_so(run: Run, people: Path) -> None:
    (people / "gone.jpg").symlink_to(people / "nobody" / "gone.jpg")
    outcome = run("worker", "import", people, "--json")
    (loose,) = json.loads(outcome.stdout)["loose"]
    assert (outcome.exit_code, loose["code"]) == (PARTIAL_EXIT_CODE, "file_not_found")
    assert loose["reason"] == f"{people / 'gone.jpg'} is a link that leads nowhere; mend or remove it."


@posix
def test_import_and_crop_follow_links_to_files_and_none_to_folders(
    run: Run, people: Path, tmp_path: Path
) -> None:
    outside = Path(save(tmp_path / "elsewhere" / "Eve" / "1.jpg", Someone(EVE)))
    (people / "Eve").mkdir()
    (people / "Eve" / "1.jpg").symlink_to(outside)
    (people / "Linked").symlink_to(outside.parent)
    (people / "Bob" / "gone.jpg").symlink_to("nowhere")
    imported = json.loads(run("worker", "import", people, "--json").stdout)
    assert imported["enrolled"] == 7
    refused = {*imported["loose"][0].values(), *imported["workers"][1]["refused"][0].values()}
    cropped = json.loads(run("crop", people, tmp_path / "out", "--json").stdout)
    assert len(cropped["written"]) == 7
    assert refused == {value for one in cropped["refused"] for value in one.values()}


def test_crop_writes_to_no_file(run: Run, people: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcome = run("crop", people, tmp_path / "file", "--json")
    assert outcome.exit_code == OUTCOMES["output_unwritable"].exit_code
    assert "is no folder" in json.loads(outcome.stdout)["error"]["message"]


def test_a_file_that_would_make_its_reader_wait_stops_nobody(
    run: Run, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/proc/kmsg is a file by all that can be asked, and reading it without waiting gives nothing at all."""

    class Silent(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            return None  # type: ignore[return-value]  # as a file does that is opened so

    opened = files.open_file
    monkeypatch.setattr(files, "open_file", lambda path: Silent() if path.name == "1.jpg" else opened(path))
    answer = json.loads(run("worker", "import", people, "--json").stdout)
    assert answer["enrolled"] == 4
    assert {one["code"] for person in answer["workers"] for one in person["refused"]} == {"input_invalid"}
