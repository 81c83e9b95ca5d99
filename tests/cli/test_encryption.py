"""A registry is encrypted from its first enrolment on, carried by backups, and converted by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facevec.outcomes import OUTCOMES
from facevec.registry.encryption.slots import SlotFile
from tests.cli.conftest import ADA, BOB, Run, save
from tests.toy import Someone

UNAVAILABLE = OUTCOMES["master_key_unavailable"].exit_code

pytestmark = pytest.mark.usefixtures("keys_folder")


def enrolled(run: Run, folder: Path) -> Path:
    for who, name in ((ADA, "Ada"), (BOB, "Bob")):
        photo = save(folder, f"{name}.jpg", Someone(who))
        assert run("worker", "add", name, photo).exit_code == 0
    return save(folder, "probe.jpg", Someone(ADA, look=1))


def recognized(run: Run, picture: Path) -> list[str | None]:
    faces = json.loads(run("recognize", picture, "--json").stdout)["images"][0]["faces"]
    return [face["worker"] and face["worker"]["name"] for face in faces]


def encryption(run: Run) -> dict[str, str]:
    checks = json.loads(run("doctor", "--json").stdout)["checks"]
    return next(check for check in checks if check["name"] == "encryption")


def test_a_backup_is_restored_with_its_keys_and_without_who_was_removed(
    run: Run, tmp_path: Path, toy_home: Path
) -> None:
    picture = enrolled(run, tmp_path)
    assert recognized(run, picture) == ["Ada"]
    assert run("backup", tmp_path / "b", "--key-file", key_file(tmp_path)).exit_code == 0
    assert run("worker", "remove", "Bob", "--yes").exit_code == 0
    before = keys_beside(toy_home)
    back = run("restore", tmp_path / "b", "--replace", "--key-file", tmp_path / "key")
    assert back.exit_code == 0, back.stderr
    assert recognized(run, picture) == ["Ada"]
    left = toy_home / next(iter(before))
    left.write_bytes(before[left.name])  # as one that was killed leaves it
    assert encryption(run)["level"] == "warn"
    assert str(left) in str(encryption(run))
    left.unlink()
    assert encryption(run)["level"] == "ok"
    after = keys_beside(toy_home)
    assert len(after) == 1
    assert after.keys() != before.keys()
    assert (
        sum(1 for _ in SlotFile(toy_home / next(iter(after))).all()) == 5
    )  # Ada's name, photo, template, seal; to look names up


def test_a_master_key_that_is_lost_is_said_in_one_sentence_and_brought_back(
    run: Run, tmp_path: Path, keys_folder: Path
) -> None:
    picture = enrolled(run, tmp_path)
    assert encryption(run)["level"] == "ok"
    keys_folder.rename(tmp_path / "elsewhere")
    lost = run("recognize", picture)
    assert lost.exit_code == UNAVAILABLE
    assert "is not there; bring it back" in lost.stderr
    assert encryption(run)["level"] == "fail"
    assert run("worker", "list").exit_code == 0
    (tmp_path / "elsewhere").rename(keys_folder)
    assert recognized(run, picture) == ["Ada"]


@pytest.mark.parametrize("lost", ["the master key", "the file of keys"])
def test_who_was_enrolled_under_a_key_that_is_lost_can_still_be_forgotten(
    run: Run, tmp_path: Path, keys_folder: Path, toy_home: Path, lost: str
) -> None:
    enrolled(run, tmp_path)
    path = keys_folder if lost == "the master key" else toy_home / next(iter(keys_beside(toy_home)))
    assert run("backup", tmp_path / "b", "--key-file", key_file(tmp_path)).exit_code == 0
    path.rename(tmp_path / "elsewhere")
    by_name = run("worker", "remove", "Bob", "--yes")
    assert "is not there" in by_name.stderr
    removal = run("worker", "remove", "id:2", "--yes", "--json")
    assert removal.exit_code == 0, removal.stderr
    (tmp_path / "elsewhere").rename(path)
    [receipt] = json.loads(run("erasure", "list", "--json").stdout)["receipts"]
    verified = run("erasure", "verify", receipt["id"])
    assert verified.exit_code == 0, verified.stdout
    of_before = ("--backup", tmp_path / "b", "--key-file", tmp_path / "key")
    assert "template" in run("erasure", "verify", receipt["id"], *of_before).stdout
    assert len(next(iter(keys_beside(toy_home).values()))) // 64 == 10
    assert sum(1 for _ in SlotFile(toy_home / next(iter(keys_beside(toy_home)))).all()) == 5


def test_the_doctor_says_when_the_keys_beside_the_database_are_of_another_moment(
    run: Run, tmp_path: Path, toy_home: Path
) -> None:
    picture = enrolled(run, tmp_path)
    before = (toy_home / "facevec.db").read_bytes()
    assert run("keys", "master", "rotate").exit_code == 0
    assert recognized(run, picture) == ["Ada"]
    (toy_home / "facevec.db").write_bytes(before)
    check = encryption(run)
    assert check["level"] == "fail"
    assert "9 of them have no key here" in str(check)
    assert "facevec doctor" in run("recognize", picture).stderr


def test_a_registry_in_use_is_encrypted_in_place_with_its_index_and_back(
    run: Run, tmp_path: Path, toy_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEVEC_PRIVACY__ENCRYPTION", "off")
    picture = enrolled(run, tmp_path)
    assert run("index", "rebuild").exit_code == 0
    assert encryption(run)["level"] == "warn"
    assert list(toy_home.rglob("references.f32"))
    (toy_home / "backups").mkdir()
    (toy_home / "backups" / "schema-0020").touch()
    encrypting = run("db", "encrypt", "--json")
    assert "with names and faces in clear" in encrypting.stderr
    answer = json.loads(encrypting.stdout)
    assert answer == {
        "encrypts": True,
        "encrypted": {"workers": 2, "templates": 2, "seals": 2, "photos": 2, "consent_texts": 0, "visits": 0},
        "clear": {"workers": 0, "templates": 0, "seals": 0, "photos": 0, "consent_texts": 0, "visits": 0},
    }
    assert not list(toy_home.rglob("references.f32"))
    assert run("index", "rebuild").exit_code == 0
    assert list(toy_home.rglob("generation.key"))
    assert recognized(run, picture) == ["Ada"]
    assert encryption(run)["level"] == "ok"
    assert run("db", "encrypt", "--undo").exit_code == 0
    assert not keys_beside(toy_home)
    assert recognized(run, picture) == ["Ada"]


def key_file(folder: Path) -> Path:
    path = folder / "key"
    path.write_bytes(b"0123456789abcdef" * 2)
    return path


def keys_beside(home: Path) -> dict[str, bytes]:
    names = (path for path in home.glob("facevec.db-keys-*") if path.suffix != ".lock")
    return {path.name: path.read_bytes() for path in names}
