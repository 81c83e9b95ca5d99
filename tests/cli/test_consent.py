"""The two switches of emotions, and consent, at the command line."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from facevec.cli.common import FAULTS_EXIT_CODE
from facevec.outcomes import OUTCOMES
from tests.cli.conftest import Run
from tests.clock import today
from tests.toy import Someone, picture

ADA, BOB, STRANGER = 1, 2, 9
CONSENTED_ONLY = ("--set", "emotion.consented_only=true")


@pytest.fixture
def office(run: Run, tmp_path: Path) -> Path:
    """Ada agreed to emotions, Bob only to being recognised; the picture shows them and a stranger."""
    for name, who, options in (("Ada", ADA, ["--consent-emotion"]), ("Bob", BOB, [])):
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(picture(Someone(who)))
        assert run("worker", "add", name, path, "--consent", "v1", *options).exit_code == 0
    path = tmp_path / "all.jpg"
    path.write_bytes(picture(Someone(ADA, 1), Someone(BOB, 1, size=100), Someone(STRANGER, size=90)))
    return path


def faces(run: Run, path: Path, *options: str) -> list[dict]:
    return json.loads(run(*options, "recognize", path, "--json").stdout)["images"][0]["faces"]


def test_switched_off_no_answer_speaks_of_emotions(run: Run, office: Path) -> None:
    off = ("--set", "emotion.enabled=false")
    for options in (["--json"], [], ["--annotate", str(office.parent / "out.png")]):
        result = run(*off, "recognize", office, *options)
        assert result.exit_code == 0
        assert "Ada" in result.stdout
        assert "emotion" not in result.output
        assert "happiness" not in result.output
    assert "emotion" in run("recognize", office).stdout


def test_who_agreed_to_something_else_is_not_read_and_nobody_else_where_the_settings_say_so(
    run: Run, office: Path
) -> None:
    assert [face["emotion"] is not None for face in faces(run, office)] == [True, False, True]
    assert [face["emotion"] is not None for face in faces(run, office, *CONSENTED_ONLY)] == [
        True, False, False,
    ]  # fmt: skip


def test_consent_is_given_later_replaced_and_withdrawn(run: Run, office: Path) -> None:
    result = run("worker", "consent", "Bob", "v2", "--expires", "2090-01-01", "--emotion", "--json")
    consent = json.loads(result.stdout)["consent"]
    assert consent | {"given_at": None} == {
        "text_version": "v2", "given_at": None, "expires_at": "2090-01-01T23:59:59+00:00", "emotion": True,
        "photos": False, "visits": False,
    }  # fmt: skip
    assert faces(run, office, *CONSENTED_ONLY)[1]["emotion"]["top"] == "happiness"
    assert "v3" in run("worker", "consent", "Bob", "v3").stdout
    assert faces(run, office, *CONSENTED_ONLY)[1]["emotion"] is None
    withdrawn = json.loads(run("worker", "consent", "Bob", "--withdraw", "--json").stdout)
    assert withdrawn["consent"]["text_version"] == "v3"
    assert withdrawn["consent"]["expires_at"] is not None
    assert faces(run, office)[1]["status"] == "unknown"


def test_a_consent_may_end_today_and_says_in_which_zone(run: Run, office: Path) -> None:
    day = today().isoformat()
    assert f"until {day} 23:59 UTC" in run("worker", "consent", "Ada", "v2", "--expires", day).stdout
    assert faces(run, office)[0]["worker"]["name"] == "Ada"
    past = run("worker", "consent", "Ada", "v2", "--expires", "2020-01-01")
    assert past.exit_code == OUTCOMES["worker_invalid"].exit_code
    assert "2020-01-01 23:59 UTC" in past.stderr


def test_there_must_be_a_consent_to_withdraw(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "ada.jpg"
    path.write_bytes(picture(Someone(ADA)))
    run("worker", "add", "Ada", path)
    result = run("worker", "consent", "Ada", "--withdraw")
    assert result.exit_code == OUTCOMES["worker_invalid"].exit_code
    assert "facevec worker remove" in result.stderr


@pytest.mark.parametrize(
    "words", [("Ada",), ("Ada", "v2", "--withdraw"), ("Ada", "--withdraw", "--emotion"), ("Ada", "--emotion")]
)
def test_half_a_consent_is_a_question_of_usage(run: Run, office: Path, words: tuple[str, ...]) -> None:
    assert run("worker", "consent", *words).exit_code == 2


def test_a_consent_to_emotions_needs_a_consent(run: Run, office: Path) -> None:
    result = run("worker", "add", "Eve", office, "--consent-emotion")
    assert result.exit_code == 2
    assert "--consent TEXT_VERSION" in result.stderr


REQUIRED = ("--set", "consent.required=true")


def test_who_agreed_to_nothing_is_recognized_aloud_or_not_at_all(
    run: Run, office: Path, tmp_path: Path
) -> None:
    path = tmp_path / "eve.jpg"
    path.write_bytes(picture(Someone(STRANGER)))
    assert run(*REQUIRED, "worker", "add", "Eve", path).exit_code == OUTCOMES["consent_missing"].exit_code
    assert run("worker", "add", "Eve", path).exit_code == 0
    names = [face["worker"] and face["worker"]["name"] for face in faces(run, office)]
    assert names == ["Ada", "Bob", "Eve"]
    names = [face["worker"] and face["worker"]["name"] for face in faces(run, office, *REQUIRED)]
    assert names == ["Ada", "Bob", None]
    read = [face["emotion"] is not None for face in faces(run, office, *REQUIRED)]
    assert read == [True, False, False], "a stranger agreed to nothing"
    for options, level, words in (((), "warn", "1 of 3 workers have no consent"), (REQUIRED, "ok", "is on")):
        checks = json.loads(run(*options, "doctor", "--json").stdout)["checks"]
        (check,) = [one for one in checks if one["name"] == "consent"]
        assert (check["level"], words in check["text"]) == (level, True)


def test_a_consent_on_paper_is_recorded_of_the_day_it_was_given(run: Run, office: Path) -> None:
    day = datetime.now(timezone.utc) - timedelta(days=20)
    assert run("worker", "consent", "Ada", "v2", "--given", f"{day:%Y-%m-%d}").exit_code == 36, (
        "older than v1"
    )
    late = run(
        "--set", "consent.backdating=7", "worker", "consent", "Ada", "v2", "--given", f"{day:%Y-%m-%d}"
    )
    assert "consent.backdating" in late.stderr
    assert run("consent", "verify").exit_code == 0


def test_a_profile_lists_every_setting_and_says_what_is_in_force(
    run: Run, toy_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "eu-workplace" in run("config", "profile").stdout
    assert run("config", "profile", "eu-workplace", "--check").exit_code == FAULTS_EXIT_CODE
    settings = toy_home / "config" / "facevec.toml"
    settings.parent.mkdir(parents=True)
    with monkeypatch.context() as narrow:
        narrow.setenv("COLUMNS", "40")
        settings.write_text(run("config", "profile", "eu-workplace").stdout, encoding="utf-8")
    assert run("config", "profile", "eu-workplace", "--check").exit_code == 0
    listed = json.loads(run("config", "profile", "eu-workplace", "--json").stdout)["settings"]
    assert {one["key"]: one["value"] for one in listed}["emotion.enabled"] is False
    assert all(one["in_force"] and one["why"] for one in listed)
    assert run("config", "profile", "nowhere").exit_code == 2
    assert run("config", "profile", "--check").exit_code == 2
