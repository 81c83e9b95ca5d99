"""`facevec evaluate` on toy pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from facevec.outcomes import OUTCOMES
from tests.cli.conftest import Run, run_out_of_disk
from tests.toy import Someone, picture


def folder_of(root: Path, people: dict[str, list[list[Someone]]]) -> Path:
    for name, photos in people.items():
        (root / name).mkdir(parents=True)
        for number, faces in enumerate(photos):
            (root / name / f"{number}.png").write_bytes(picture(*faces))
    return root


@pytest.fixture
def people(tmp_path: Path) -> Path:
    several = {f"p{who}": [[Someone(who, look)] for look in range(5)] for who in range(1, 8)}
    single = {f"s{who}": [[Someone(who)]] for who in range(50, 60)}
    return folder_of(tmp_path / "people", {**several, **single})


def test_people_far_apart_are_all_told_apart(run: Run, people: Path) -> None:
    result = run("evaluate", people, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert (answer["people"], answer["enrolled"], answer["templates"]) == (7, 7, 21)
    assert answer["rank_one"]["value"] == 1.0
    assert (answer["in_force"]["fpir"]["events"], answer["in_force"]["fpir"]["trials"]) == (0, 10)
    assert (answer["in_force"]["fnir"]["events"], answer["in_force"]["fnir"]["trials"]) == (0, 14)
    assert answer["in_force"]["fpir"]["high"] == pytest.approx(0.30850, abs=1e-4)
    assert "0 of 1,000 strangers" in answer["headline"]


def test_a_wrong_label_is_the_worst_confusion(run: Run, people: Path) -> None:
    (people / "s99").mkdir()
    (people / "s99" / "0.png").write_bytes(picture(Someone(3, 77)))
    answer = json.loads(run("evaluate", people, "--json").stdout)
    worst = answer["confusions"][0]
    assert (worst["shows"], worst["taken_for"], worst["mated"], worst["named"]) == ("s99", "p3", False, True)
    assert answer["in_force"]["fpir"]["events"] == 1


def test_who_cannot_be_enrolled_is_counted_and_told(run: Run, people: Path) -> None:
    folder_of(people, {"tiny": [[Someone(30, look, size=10)] for look in range(4)]})
    answer = json.loads(run("evaluate", people, "--json").stdout)
    assert answer["fte"]["events"] == 1
    assert [one["source"] for one in answer["not_enrolled"]] == ["tiny"]
    assert "small" in answer["not_enrolled"][0]["reason"]


@pytest.mark.slow
def test_who_is_refused_as_somebody_else_is_named_with_whom(run: Run, people: Path, tmp_path: Path) -> None:
    twin = [[Someone(40, look, like=3, likeness=0.9)] for look in range(4)]
    folder_of(people, {"twin": twin, "twin again": [[replace(one, look=one.look + 20)] for (one,) in twin]})
    page = tmp_path / "out.html"
    answer = json.loads(run("evaluate", people, "--report", page, "--json").stdout)
    assert [(one["shows"], one["taken_for"]) for one in answer["look_alikes"]] == [
        ("twin", "p3"), ("twin again", "p3"),
    ]  # fmt: skip
    assert all(0.5 < one["distance"] <= 0.7 for one in answer["look_alikes"])
    assert [one["code"] for one in answer["not_enrolled"]] == ["enrolled_as_another"] * 2
    assert "(p3)" in answer["not_enrolled"][0]["reason"]
    for text in (page.read_text(), run("evaluate", people).stdout):
        assert "Refused at enrolment as somebody else" in text


def test_strangers_may_lie_loose_or_in_folders(run: Run, people: Path, tmp_path: Path) -> None:
    strangers = folder_of(tmp_path / "strangers", {"someone": [[Someone(70, 1)], [Someone(70, 2)]]})
    (strangers / "loose.png").write_bytes(picture(Someone(71)))
    answer = json.loads(run("evaluate", people, "--strangers", strangers, "--json").stdout)
    assert (answer["in_force"]["fpir"]["trials"], answer["in_force"]["fpir"]["people"]) == (13, 12)


def test_the_most_prominent_face_is_searched_for(run: Run, people: Path) -> None:
    (people / "p1" / "9.png").write_bytes(picture(Someone(1, 9), Someone(60, 3, size=60)))
    answer = json.loads(run("evaluate", people, "--json").stdout)
    assert answer["in_force"]["fnir"]["events"] == 0


def test_nothing_is_written_to_the_registry(run: Run, people: Path) -> None:
    assert run("evaluate", people).exit_code == 0
    assert json.loads(run("worker", "list", "--json").stdout) == {"workers": []}


def test_the_page_needs_nothing_beside_it_and_escapes_names(run: Run, people: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    folder_of(people, {"<b>x": [[Someone(3, 78)]]})
    page = tmp_path / "out.html"
    result = run("evaluate", people, "--report", page)
    assert result.exit_code == 0, result.output
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 3
    assert "of 1,000 strangers" in text
    assert "&lt;b&gt;x" in text
    assert "<b>x" not in text
    assert "<img" not in text
    assert 'src="http' not in text


def test_figures_are_shown_although_the_report_cannot_be_written(
    run: Run, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    nowhere = run("evaluate", people, "--report", tmp_path / "no" / "out.html")
    assert (nowhere.exit_code, nowhere.stdout) == (OUTCOMES["output_unwritable"].exit_code, "")
    monkeypatch.setattr("facevec.cli.reports.write_whole", run_out_of_disk)
    result = run("evaluate", people, "--report", tmp_path / "out.html", "--json")
    assert result.exit_code == OUTCOMES["output_unwritable"].exit_code
    assert json.loads(result.stdout)["enrolled"] == 7
    assert result.stderr.startswith("Error: ")


def test_without_strangers_there_is_nothing_to_measure(run: Run, tmp_path: Path) -> None:
    people = folder_of(tmp_path / "few", {"a": [[Someone(1, 1)], [Someone(1, 2)]]})
    result = run("evaluate", people)
    assert result.exit_code == 10
    assert "--strangers" in result.stderr


def test_groups_of_a_csv_are_told_apart(run: Run, people: Path, tmp_path: Path) -> None:
    groups = tmp_path / "groups.csv"
    lines = [*(f"p{who},staff" for who in range(1, 8)), *(f"S{who},north" for who in range(50, 60))]
    groups.write_text("\n".join(lines), encoding="utf-8-sig")
    report = tmp_path / "report.html"
    result = run("evaluate", people, "--groups", groups, "--report", report, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    by_name = {group["name"]: group for group in answer["groups"]}
    assert by_name["north"]["fpir"]["people"] == 10
    assert by_name["north"]["fnir"] is None
    assert by_name["staff"]["fnir"]["trials"] == 14
    assert (answer["worst_group"], answer["lambs"]) == (None, [])
    assert "<h2>By group</h2>" in report.read_text(encoding="utf-8")
    assert "By group:" in run("evaluate", people, "--groups", groups).stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p1", "Line 1 of"),
        ("p1,a\np1,b", "puts p1 into another group than before"),
        ("nobody,a", "names nobody who is in the folders"),
        ("p1,\n", "is no `person,group`"),
    ],
)
def test_a_file_of_groups_that_cannot_be_used_is_refused(
    run: Run, people: Path, tmp_path: Path, text: str, said: str
) -> None:
    groups = tmp_path / "groups.csv"
    groups.write_text(text, encoding="utf-8")
    result = run("evaluate", people, "--groups", groups)
    assert result.exit_code != 0
    assert said in result.stderr


def test_a_worker_whose_name_strangers_are_given_is_listed(run: Run, tmp_path: Path) -> None:
    enrolled = {f"p{who}": [[Someone(who, look)] for look in range(3)] for who in range(1, 4)}
    alike = {f"s{who}": [[Someone(who, like=1, likeness=0.9)]] for who in range(50, 53)}
    others = {f"s{who}": [[Someone(who)]] for who in range(60, 66)}
    folder = folder_of(tmp_path / "lamb", {**enrolled, **alike, **others})
    answer = json.loads(run("evaluate", folder, "--json").stdout)
    (lamb,) = answer["lambs"]
    assert (lamb["worker"], lamb["strangers"]) == ("p1", 3)
    assert lamb["threshold"] < answer["in_force"]["threshold"]
    assert "Workers whose name several strangers are given" in run("evaluate", folder).stdout
