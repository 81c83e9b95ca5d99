from __future__ import annotations

import json
from pathlib import Path

import pytest

from facevec.config.paths import master_folder
from facevec.outcomes import OUTCOMES

UNAVAILABLE = OUTCOMES["master_key_unavailable"].exit_code
PASSPHRASE = "correct horse battery staple"

pytestmark = pytest.mark.usefixtures("keys_folder")


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    file = tmp_path / "passphrase"
    file.write_text(f"{PASSPHRASE}\n")
    return file


def status(run) -> dict:
    return json.loads(run("keys", "master", "status", "--json").stdout)


def test_status_makes_no_key_and_says_that_nothing_is_encrypted(run, keys_folder: Path) -> None:
    said = run("keys", "master", "status")
    assert said.exit_code == 0
    assert "no master key yet" in said.stdout
    assert "Nothing is encrypted" in said.stdout
    assert (status(run)["name"], status(run)["source"], status(run)["wrapped"]) == (None, "file", {})
    assert not keys_folder.exists()


def test_a_key_is_rotated_copied_lost_restored_and_the_old_one_forgotten(
    run, keys_folder: Path, tmp_path: Path, passphrase: Path
) -> None:
    rotated = json.loads(run("keys", "master", "rotate", "--json").stdout)
    kept = status(run)["kept"]
    assert (kept[0]["name"], len(kept)) == (rotated["name"], 2)
    copy = tmp_path / "copy"
    made = run("keys", "master", "backup", copy, "--passphrase-file", passphrase)
    assert made.exit_code == 0, made.stderr
    (file,) = keys_folder.glob("*.key")
    secrets = file.read_text().split()
    assert not any(secret in copy.read_text() + made.output for secret in secrets if len(secret) == 64)
    file.unlink()
    restored = run("keys", "master", "restore", copy, "--passphrase-file", passphrase)
    assert restored.exit_code == 0, restored.stderr
    assert status(run)["kept"] == kept
    refused = run("keys", "master", "forget")
    assert "Nobody answered" in refused.stderr
    forgotten = json.loads(run("keys", "master", "forget", "--yes", "--json").stdout)
    assert forgotten == {"names": [kept[1]["name"]]}
    assert len(status(run)["kept"]) == 1


def test_a_copy_takes_its_passphrase(run, tmp_path: Path, passphrase: Path) -> None:
    run("keys", "master", "rotate")
    copy = tmp_path / "copy"
    assert run("keys", "master", "backup", copy).exit_code == OUTCOMES["input_invalid"].exit_code
    short = tmp_path / "short"
    short.write_text("short")
    refused = run("keys", "master", "backup", copy, "--passphrase-file", short)
    assert "12 characters" in refused.stderr
    assert not copy.exists()
    run("keys", "master", "backup", copy, "--passphrase-file", passphrase)
    passphrase.write_text(f"{PASSPHRASE}!")
    wrong = run("keys", "master", "restore", copy, "--passphrase-file", passphrase)
    assert wrong.exit_code == OUTCOMES["backup_locked"].exit_code


def test_a_key_from_elsewhere_is_named_and_never_shown(run, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = bytes(range(7, 39)).hex()
    monkeypatch.setenv("OUR_KEY", secret)
    elsewhere = ("--set", "keys.master=env:OUR_KEY", "keys", "master")
    said = run(*elsewhere, "status", "--json")
    assert json.loads(said.stdout)["file"] is None
    assert secret not in said.output
    assert run(*elsewhere, "forget", "--yes").exit_code == UNAVAILABLE
    monkeypatch.delenv("OUR_KEY")
    missing = run(*elsewhere, "status", "--json")
    assert missing.exit_code == UNAVAILABLE
    assert json.loads(missing.stdout)["error"]["code"] == "master_key_unavailable"
    refused = run("--set", f"keys.master={secret}", "keys", "master", "status")
    assert refused.exit_code == OUTCOMES["settings_invalid"].exit_code
    assert secret not in refused.output


def test_a_folder_in_the_home_is_refused(run, toy_home: Path) -> None:
    refused = run("--set", f"keys.folder={toy_home / 'keys'}", "keys", "master", "rotate")
    assert refused.exit_code == UNAVAILABLE
    assert "keys.folder" in refused.stderr
    assert not (toy_home / "keys").exists()


def test_by_default_the_file_lies_beside_the_integrity_key(monkeypatch: pytest.MonkeyPatch, run) -> None:
    monkeypatch.delenv("FACEVEC_KEYS__FOLDER")
    said = status(run)
    assert Path(said["file"]) == master_folder() / f"{said['registry']}.key"
