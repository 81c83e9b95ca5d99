"""`facevec doctor --security` says what is open, and is content with what is not."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from facevec.cli.common import FAULTS_EXIT_CODE
from facevec.cli.security import CHECKS
from tests.cli.conftest import Run
from tests.toy import Someone, picture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")


@pytest.fixture
def checked(run: Run, toy_home: Path, tmp_path: Path):
    """(level, text) of a check, with settings; somebody is enrolled."""
    photo = tmp_path / "ana.png"
    photo.write_bytes(picture(Someone(1)))
    assert run("worker", "add", "Ana", photo).exit_code == 0
    toy_home.chmod(0o700)

    def look(name: str, *flags: str) -> tuple[str, str]:
        words = [part for flag in flags for part in ("--set", flag)]
        answer = run(*words, "doctor", "--security", "--json")
        checks = {one["name"]: one for one in json.loads(answer.stdout)["checks"]}
        assert list(checks) == list(CHECKS)
        failed = any(one["level"] == "fail" for one in checks.values())
        assert answer.exit_code == (FAULTS_EXIT_CODE if failed else 0)
        return checks[name]["level"], checks[name]["text"]

    return look


@pytest.mark.parametrize("name", sorted(set(CHECKS) - {"process"}))
def test_a_home_as_facevec_makes_it_is_in_order(checked, name: str) -> None:
    assert checked(name)[0] == "ok", checked(name)


@pytest.mark.parametrize(
    ("name", "flag", "level", "said"),
    [
        ("transport", "server.host=0.0.0.0", "warn", "TLS"),
        ("transport", "server.public_url=http://faces.example.com", "fail", "clear text"),
        ("process", "server.core_dumps=true", "fail", "core_dumps"),
        ("weights", "vision.any_weights=true", "warn", "any_weights"),
        ("photos", "enrolment.keep_photos=true", "warn", "keep_photos"),
        ("key_file", "integrity.key_file=integrity.key", "fail", "beside what it vouches for"),
    ],
)
def test_what_is_open_is_said(checked, name: str, flag: str, level: str, said: str) -> None:
    found_level, text = checked(name, flag)
    assert found_level == level
    assert said in text


def test_an_integrity_key_that_others_read_is_said(checked, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "key"
    key.parent.mkdir()
    key.write_text("x" * 40)
    key.chmod(0o644)
    assert checked("key_file", f"integrity.key_file={key}")[0] == "fail"
    key.chmod(0o600)
    assert checked("key_file", f"integrity.key_file={key}")[0] == "ok"
    assert checked("integrity", f"integrity.key_file={key}")[0] == "fail"


def test_a_key_without_an_end_is_named(checked, run: Run) -> None:
    made = json.loads(run("key", "create", "door", "--scope", "recognize", "--json").stdout)
    level, text = checked("keys")
    assert level == "warn"
    assert made["id"] in text
    run("key", "revoke", made["id"])
    run("key", "create", "door", "--scope", "recognize", "--expires", "30d")
    assert checked("keys")[0] == "ok"


def test_settings_that_others_may_change_are_said(checked, toy_home: Path) -> None:
    settings = toy_home / "config" / "facevec.toml"
    settings.parent.mkdir()
    settings.write_text("")
    toy_home.chmod(0o755)
    settings.chmod(0o666)
    level, text = checked("permissions")
    assert level == "fail"
    assert "facevec.toml" in text
