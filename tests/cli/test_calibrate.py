"""`facevec calibrate` on toy pictures, and that running processes take it up."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from facevec import config
from facevec.bootstrap import App
from facevec.cli.common import USAGE_EXIT_CODE
from facevec.jobs import nightly
from facevec.outcomes import OUTCOMES
from tests.cli.conftest import Run, imported_home
from tests.cli.test_evaluate import folder_of
from tests.registry.test_calibrations import MADE
from tests.toy import Someone, picture, toy_networks

pytestmark = pytest.mark.slow

WORKERS = 25


def toy_app() -> App:
    """Another process on the same home."""
    return App(config.load(), networks=toy_networks)


@pytest.fixture(scope="module")
def inhabited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with 25 workers with 3 photos, which stays as it is."""
    folder = tmp_path_factory.mktemp("inhabited")
    people = {f"p{who}": [[Someone(who, look)] for look in range(3)] for who in range(1, WORKERS + 1)}
    folder_of(folder / "people", people)
    return imported_home(folder)


@pytest.fixture
def enrolled(toy_home: Path, inhabited: Path, tmp_path: Path) -> Path:
    """A home like that; returns a folder with 40 strangers."""
    shutil.copytree(inhabited, toy_home)
    return folder_of(tmp_path / "strangers", {f"s{who}": [[Someone(who)]] for who in range(100, 140)})


def test_it_is_stored_with_its_provenance_and_shown(run: Run, enrolled: Path) -> None:
    result = run("calibrate", "--target-fpir", "0.05", "--strangers", enrolled, "--json")
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert (made["source"], made["workers"], made["non_mated_people"]) == ("strangers", WORKERS, 40)
    assert (made["stored"], made["enough_people"], made["people_needed"]) == (True, False, 60)
    shown = json.loads(run("calibrate", "show", "--json").stdout)
    assert shown["threshold_from"] == "calibration"
    assert shown["match_threshold"] == pytest.approx(made["match_threshold"], abs=1e-5)
    assert shown["calibration"]["target_fpir"] == 0.05
    assert shown["outdated"] is None
    assert json.loads(run("index", "status", "--json").stdout)["thresholds"] == shown


def test_in_words(run: Run, enrolled: Path) -> None:
    assert "measured on other people than yours" in run("calibrate", "show").stdout
    output = run("calibrate", "--strangers", enrolled).stdout
    assert "95 % interval" in output
    assert "too few to be sure of a target of 0.01, which needs about 300" in output
    assert "from the calibration" in run("index", "status").stdout


def test_a_dry_run_changes_nothing(run: Run, enrolled: Path) -> None:
    result = run("calibrate", "--strangers", enrolled, "--dry-run")
    assert "Nothing was changed" in result.stdout
    assert json.loads(run("calibrate", "show", "--json").stdout)["threshold_from"] == "model"


def test_without_strangers_the_workers_stand_in(run: Run, enrolled: Path) -> None:
    made = json.loads(run("calibrate", "--target-fpir", "0.1", "--json").stdout)
    assert (made["source"], made["non_mated_people"]) == ("workers", WORKERS)


def test_a_running_process_takes_it_up_at_once(run: Run, enrolled: Path) -> None:
    service = toy_app()
    probe = picture(Someone(1, 50))
    worker = service.registry.find_worker("p1")

    def named() -> bool:
        return service.recognize(service.see(probe)).faces[0].worker == worker

    assert named()
    made = json.loads(run("calibrate", "--target-fpir", "0.05", "--strangers", enrolled, "--json").stdout)
    at_once = service.operating_point().for_gallery(WORKERS).match_threshold.value
    assert at_once == pytest.approx(made["match_threshold"], abs=1e-5)
    other = toy_app()
    stored = other.calibrations.latest("toy-1")
    assert stored is not None
    other.calibrations.add(replace(stored, match_threshold=0.01))
    assert not named()


def test_it_leaves_the_threshold_of_verify_alone(run: Run, enrolled: Path) -> None:
    before = toy_app().operating_point()
    run("calibrate", "--target-fpir", "0.05", "--strangers", enrolled)
    after = toy_app().operating_point()
    assert after.match_threshold != before.match_threshold
    assert after.verify_threshold == before.verify_threshold


def test_what_the_operator_set_counts_first(
    run: Run, enrolled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEVEC_MATCH__THRESHOLD", "0.77")
    result = run("calibrate", "--strangers", enrolled)
    assert "match.threshold set by you still count" in result.stderr
    shown = json.loads(run("calibrate", "show", "--json").stdout)
    assert (shown["match_threshold"], shown["threshold_from"], shown["margin_from"]) == (
        0.77,
        "settings",
        "calibration",
    )


def test_growth_outdates_it(run: Run, enrolled: Path) -> None:
    run("calibrate", "--strangers", enrolled)
    app = toy_app()
    made = app.calibrations.latest("toy-1")
    assert made is not None
    app.calibrations.add(replace(made, workers=10))
    assert "grew from 10 workers to 25" in run("index", "status").stdout


def test_a_calibration_of_another_model_is_not_used_and_said_to_be_outdated(run: Run, enrolled: Path) -> None:
    app = toy_app()
    app.calibrations.add(replace(MADE, contract="toy-0"))
    shown = json.loads(run("calibrate", "show", "--json").stdout)
    assert shown["threshold_from"] == "model"
    assert "another embedding model" in shown["outdated"]


def test_the_nightly_job_says_when_it_is_outdated(
    run: Run, enrolled: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    app = toy_app()
    app.calibrations.add(replace(MADE, contract="toy-1", workers=24))
    assert nightly.main(toy_networks) == 0
    assert "grew from" not in capfd.readouterr().err
    app.calibrations.add(replace(MADE, contract="toy-1", workers=12))
    assert nightly.main(toy_networks) == 0
    output = capfd.readouterr().err
    assert "grew from 12 workers to 25" in output


def test_nobody_enrolled(run: Run) -> None:
    result = run("calibrate")
    assert result.exit_code == 10
    assert "Nobody is enrolled yet" in result.stderr
    assert run("calibrate", "show", "--json").stdout.strip() == "null"


@pytest.mark.parametrize("share", ["0", "0.9", "many"])
def test_a_share_out_of_range_is_a_usage_error(run: Run, share: str) -> None:
    assert run("calibrate", "--target-fpir", share).exit_code == 2


def test_what_is_no_stranger_is_said(run: Run, enrolled: Path) -> None:
    (enrolled / "#recycle").mkdir()
    (enrolled / "s100" / "Thumbs.db").write_text("clutter")
    (enrolled / "s100" / "older").mkdir()
    (enrolled / "loose.png").write_bytes(picture(Someone(140)))
    made = json.loads(run("calibrate", "--strangers", enrolled, "--json").stdout)
    assert made["non_mated_people"] == 41
    assert [one["source"] for one in made["refused"]] == [str(enrolled / "s100" / "older")]
    assert made["passed_over"] == [str(enrolled / "#recycle"), str(enrolled / "s100" / "Thumbs.db")]
    assert "#recycle, Thumbs.db" in run("calibrate", "--strangers", enrolled).stdout


def test_groups_of_strangers_are_told_apart(run: Run, enrolled: Path, tmp_path: Path) -> None:
    groups = tmp_path / "groups.csv"
    groups.write_text("".join(f"s{who},{'north' if who < 120 else 'south'}\n" for who in range(100, 140)))
    made = json.loads(
        run("calibrate", "--strangers", enrolled, "--groups", groups, "--dry-run", "--json").stdout
    )
    assert {group["name"]: group["fpir"]["people"] for group in made["groups"]} == {"north": 20, "south": 20}
    assert made["lambs"] == []
    refused = run("calibrate", "--groups", groups)
    assert "give their photos with --strangers" in refused.stderr


@pytest.mark.parametrize("length", [1, 200_000])
def test_a_quote_that_is_left_open_is_told(run: Run, enrolled: Path, tmp_path: Path, length: int) -> None:
    groups = tmp_path / "groups.csv"
    groups.write_text(f's100,"north\n{"s101,south" * length}\n')
    refused = run("calibrate", "--strangers", enrolled, "--groups", groups, "--dry-run")
    assert refused.exit_code == OUTCOMES["input_invalid"].exit_code, refused.output
    assert "close each quote" in refused.stderr


@pytest.mark.parametrize("option", [["--json"], ["--dry-run"], ["--target-fpir", "0.1"]])
def test_an_option_before_a_subcommand_that_would_not_see_it_is_refused(
    run: Run, toy_home: Path, option: list[str]
) -> None:
    refused = run("calibrate", *option, "show")
    assert refused.exit_code == USAGE_EXIT_CODE
    assert option[0] in refused.output
