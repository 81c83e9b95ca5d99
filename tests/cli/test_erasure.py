from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from facevec.outcomes import OUTCOMES
from tests.cli.conftest import ADA, save
from tests.toy import Someone


@pytest.fixture
def in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is encrypted is found by its keys alone."""
    monkeypatch.setenv("FACEVEC_PRIVACY__ENCRYPTION", "off")


@pytest.fixture
def removed(run, people: Path, tmp_path: Path) -> dict:
    """Ada was removed, with an index and a backup from before; Bob is still there."""
    assert run("--set", "enrolment.keep_photos=true", "worker", "import", people).exit_code == 0
    run("index", "rebuild")
    run("backup", tmp_path / "before")
    home = tmp_path / "home"
    shutil.copy(home / "facevec.db", tmp_path / "copy.db")
    said = run("worker", "remove", "Ada Lovelace", "--yes")
    assert said.exit_code == 0, said.stderr
    (file,) = (home / "receipts").glob("*.json")
    assert file.stem in said.stderr
    return json.loads(file.read_text())


def verified(run, receipt: object, *options: object) -> tuple[str, dict[str, dict]]:
    said = run("erasure", "verify", receipt, *options, "--json")
    answer = json.loads(said.stdout)
    assert said.exit_code == (0 if answer["verdict"] == "gone" else 4)
    return answer["verdict"], {place["place"]: place for place in answer["places"]}


def test_a_receipt_names_nobody_and_every_place_is_looked_at(run, removed: dict, tmp_path: Path) -> None:
    text, but_for_traces = json.dumps(removed), json.dumps({**removed, "traces": ""})
    assert not any(part in text for part in ("Ada Lovelace", "Lovelace", ".jpg"))
    # By chance "Ada" may be in what is random.
    assert "Ada" not in but_for_traces
    assert (removed["what"], removed["destroyed"]["template"], removed["destroyed"]["photo"]) == (
        "worker",
        3,
        3,
    )
    verdict, places = verified(run, removed["id"])
    assert verdict == "gone"
    assert {name for name, place in places.items() if place["state"] == "nothing"} == {
        "registry",
        "keys",
        "ledger of removals",
        "database files",
        "index",
        "rest of FACEVEC_HOME",
        "audit trail, its text",
        "audit trail, the record",
    }
    backup = tmp_path / "before"
    verdict, places = verified(run, removed["id"], "--backup", backup)
    assert (verdict, places[f"backup {backup}"]["state"]) == ("still_there", "there")
    assert "deleted" in places[f"backup {backup}"]["until"]
    run("backup", tmp_path / "after")
    assert verified(run, removed["id"], "--backup", tmp_path / "after")[0] == "gone"
    listed = json.loads(run("erasure", "list", "--json").stdout)
    assert [one["id"] for one in listed["receipts"]] == [removed["id"]]
    assert json.loads(run("erasure", "show", removed["id"]).stdout) == removed


def test_what_is_left_anywhere_is_found(run, in_clear, removed: dict, tmp_path: Path) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy.db"
    shutil.copy(copy, home / "forgotten")
    verdict, places = verified(run, removed["id"])
    found_there = places["rest of FACEVEC_HOME"]
    assert (verdict, found_there["state"]) == ("still_there", "there")
    assert all(kind in found_there["sentence"] for kind in ("name", "photo hash", "forgotten"))
    (home / "forgotten").unlink()
    with sqlite3.connect(home / "facevec.db") as database:
        database.execute("ATTACH ? AS old", (str(copy),))
        (row,) = database.execute("SELECT * FROM old.workers WHERE name = 'Ada Lovelace'").fetchall()
        database.execute(f"INSERT INTO workers VALUES ({','.join('?' * len(row))})", row)
    database.close()
    verdict, places = verified(run, removed["id"])
    assert (verdict, places["registry"]["is_fault"], places["database files"]["state"]) == (
        "fault",
        True,
        "there",
    )


def test_what_lies_beside_a_database_outside_of_the_home_is_found(
    run, in_clear, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "elsewhere" / "facevec.db"
    database.parent.mkdir()
    monkeypatch.setenv("FACEVEC_REGISTRY__URL", f"sqlite:///{database}")
    assert run("worker", "import", people).exit_code == 0
    shutil.copy(database, aside := database.with_name("facevec.db-before-restore"))
    assert run("worker", "remove", "Ada Lovelace", "--yes").exit_code == 0
    (receipt,) = (tmp_path / "home" / "receipts").glob("*.json")
    verdict, places = verified(run, receipt.stem)
    assert verdict == "still_there"
    assert str(aside) in places["rest of FACEVEC_HOME"]["sentence"]
    aside.unlink()
    assert verified(run, receipt.stem)[0] == "gone"


def test_a_receipt_or_backup_that_was_changed_is_told(run, removed: dict, tmp_path: Path) -> None:
    handed_out = tmp_path / "receipt.json"
    for change in (
        {"revision": 1},
        {"destroyed": {**removed["destroyed"], "template": 4}},
        {"audit": {**removed["audit"], "number": 0}},
        {"identities": {}},
        {"mark": "00" * 32},
        {"traces": ""},
    ):
        handed_out.write_text(json.dumps({**removed, **change}))
        refused = run("erasure", "verify", handed_out)
        assert refused.exit_code == OUTCOMES["receipt_unusable"].exit_code
    for nowhere in ("4711", "9" * 300, "9" * 5000, "none"):
        refused = run("erasure", "show", nowhere)
        assert refused.exit_code == OUTCOMES["receipt_not_found"].exit_code
    handed_out.write_text(json.dumps(removed))
    backup = tmp_path / "before"
    whole = bytearray(backup.read_bytes())
    whole[len(whole) // 2] ^= 1
    backup.write_bytes(whole)
    verdict, places = verified(run, handed_out, "--backup", backup)
    assert (verdict, places[f"backup {backup}"]["state"]) == ("gone", "unknown")
    assert "damaged" in places[f"backup {backup}"]["sentence"]


def test_somebody_of_the_same_name_and_photos_is_not_taken_for_who_was_removed(
    run,
    in_clear,
    removed: dict,
    people: Path,
) -> None:
    assert run("worker", "import", people).exit_code == 0
    verdict, places = verified(run, removed["id"])
    assert verdict == "gone"
    assert "Somebody who is enrolled has the same" in places["database files"]["sentence"]


def test_a_withdrawal_has_a_receipt_of_the_face_alone(run, tmp_path: Path) -> None:
    photo = save(tmp_path / "photos", "ada.jpg", Someone(ADA))
    run("worker", "add", "Ada Lovelace", photo, "--consent", "v1")
    said = run("worker", "consent", "Ada Lovelace", "--withdraw")
    assert "Receipt" in said.stderr, said.output
    (entry,) = json.loads(run("erasure", "list", "--json").stdout)["receipts"]
    assert (entry["what"], "name" in entry["destroyed"]) == ("face", False)
    assert verified(run, entry["id"])[0] == "gone"
    assert run("worker", "show", "Ada Lovelace").exit_code == 0


def test_a_copy_of_a_key_that_was_destroyed_is_found(run, people: Path, toy_home: Path) -> None:
    assert run("worker", "import", people).exit_code == 0
    (keys,) = toy_home.glob("facevec.db-keys-*")
    whole = keys.read_bytes()
    assert run("worker", "remove", "Ada Lovelace", "--yes").exit_code == 0
    (receipt,) = (toy_home / "receipts").glob("*.json")
    assert verified(run, receipt)[0] == "gone"
    (toy_home / "copy-of-the-keys").write_bytes(whole)
    verdict, places = verified(run, receipt)
    assert (verdict, places["rest of FACEVEC_HOME"]["state"]) == ("still_there", "there")
    assert "key" in places["rest of FACEVEC_HOME"]["sentence"]


def test_the_removal_of_a_photo_has_a_receipt_of_it_alone(run, people: Path, toy_home: Path) -> None:
    assert run("worker", "import", people).exit_code == 0
    (keys,) = (path for path in toy_home.glob("facevec.db-keys-*") if path.suffix != ".lock")
    whole = keys.read_bytes()
    photos = json.loads(run("worker", "show", "Ada Lovelace", "--json").stdout)["photos"]
    said = run("worker", "remove-photo", "Ada Lovelace", f"id:{photos[0]['id']}", "--yes")
    (receipt,) = (toy_home / "receipts").glob("*.json")
    assert receipt.stem in said.stderr
    line = run("erasure", "list").stdout
    assert "photos: 2 keys, 1 photo hash, 1 template" in line
    assert verified(run, receipt.stem)[0] == "gone"
    (copy := toy_home / "copy").write_bytes(whole)
    assert "key" in verified(run, receipt.stem)[1]["rest of FACEVEC_HOME"]["sentence"]
    copy.rename(elsewhere := toy_home.parent / "log")
    verdict, places = verified(run, receipt.stem, "--file", elsewhere, "--file", toy_home / "none")
    assert (verdict, places[str(elsewhere)]["state"]) == ("still_there", "there")
    assert places[str(toy_home / "none")]["state"] == "unknown"


def test_places_that_cannot_be_read_keep_no_other_from_being_looked_at(
    run, people: Path, toy_home: Path
) -> None:
    assert run("worker", "import", people).exit_code == 0
    assert run("worker", "remove", "Ada Lovelace", "--yes").exit_code == 0
    (receipt,) = (toy_home / "receipts").glob("*.json")
    (keys,) = (path for path in toy_home.glob("facevec.db-keys-*") if path.suffix != ".lock")
    keys.rename(toy_home.parent / "keys")
    verdict, places = verified(run, receipt.stem)
    assert (verdict, places["keys"]["state"]) == ("gone", "unknown")
    assert str(keys) in places["keys"]["sentence"]
    assert places["registry"]["state"] == places["database files"]["state"] == "nothing"
    assert run("erasure", "verify", receipt.stem, "--file", toy_home.parent / "keys").exit_code == 0


def test_a_row_by_their_number_is_found_wherever_a_table_has_one(run, people: Path, toy_home: Path) -> None:
    assert run("worker", "import", people).exit_code == 0
    number = json.loads(run("worker", "show", "Ada Lovelace", "--json").stdout)["id"]
    assert run("worker", "remove", "Ada Lovelace", "--yes").exit_code == 0
    (receipt,) = (toy_home / "receipts").glob("*.json")
    with sqlite3.connect(toy_home / "facevec.db") as database:
        columns = "epoch, deed, worker_id, content, whole, digest, asked_by, asked_at, state"
        row = (0, "remove", number, "{}", True, "", "key", "2026-01-01 00:00:00", "waiting")
        database.execute(f"INSERT INTO approvals ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    database.close()
    verdict, places = verified(run, receipt.stem)
    assert (verdict, places["registry"]["sentence"]) == ("fault", "It holds theirs: row of approvals.")
