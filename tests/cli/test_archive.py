"""`facevec worker export`, and an import of what it wrote into another installation."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from facevec.config import Loaded
from facevec.outcomes import OUTCOMES
from tests.cli.conftest import ADA, BOB, Run, save
from tests.toy import Someone, toy_networks
from tests.toy.vision import ToyEmbedder, ToyNetworks

UNUSABLE = OUTCOMES["backup_unusable"].exit_code
LOCKED = OUTCOMES["backup_locked"].exit_code


@pytest.fixture
def archive(run: Run, people: Path, tmp_path: Path) -> Path:
    """Ada and Bob, who agreed, with their photos."""
    imported = run("worker", "import", people, "--consent", "v1", "--consent-photos", "--keep-photos")
    assert imported.exit_code == 0, imported.stderr
    exported = run("worker", "export", "--out", tmp_path / "people.zip", "--json")
    assert exported.exit_code == 0, exported.stderr
    answer = json.loads(exported.stdout)
    assert (answer["workers"], answer["photos"], answer["encrypted"]) == (2, 6, False)
    return tmp_path / "people.zip"


class Other(ToyEmbedder):
    contract = "toy-2"


def with_another_contract(loaded: Loaded) -> ToyNetworks:
    return replace(toy_networks(loaded), embedder=Other())


def names(run: Run, home: Path) -> list[str]:
    listed = run("--home", home, "worker", "list", "--json")
    return [worker["name"] for worker in json.loads(listed.stdout)["workers"]]


def test_people_and_programs_can_read_it(archive: Path, people: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        manifest = json.loads(file.read("manifest.json"))
        first = manifest["folders"][0]
        worker = json.loads(file.read(f"{first}/worker.json"))
        templates = np.load(io.BytesIO(file.read(f"{first}/templates.npy")))
        assert worker["name"] == "Ada Lovelace"
        assert worker["consent"]["text_version"] == "v1"
        assert templates.shape[0] == len(worker["photos"]) == 3
        photo = worker["photos"][0]["file"]
        assert file.read(f"{first}/{photo}") == (people / "Ada_Lovelace" / "0.jpg").read_bytes()
        assert set(manifest["files"]) == {
            name for name in file.namelist() if name not in ("manifest.json", "README.txt")
        }
    assert archive.stat().st_mode & 0o777 == 0o600


def test_who_was_exported_and_by_whom_is_in_the_trail(archive: Path, run: Run) -> None:
    assert run("backup", archive.with_name("b")).exit_code == 0
    assert run("restore", archive.with_name("b"), "--replace").exit_code == 0
    shown = run("audit", "search", "--json").stdout
    trail = {record["what"]: record for record in json.loads(shown)["records"]}
    assert trail["worker export"]["worker_ids"] == [1, 2]
    assert {"backup", "restore"} <= set(trail)


def test_it_holds_what_they_agreed_to_and_who_looked_at_them(archive: Path, run: Run, tmp_path: Path) -> None:
    both = save(tmp_path, "both.jpg", Someone(ADA, 9), Someone(BOB, 9, size=100))
    assert run("recognize", both).exit_code == 0
    out = tmp_path / "ada.zip"
    assert run("worker", "export", "Ada Lovelace", "--out", out).exit_code == 0
    with zipfile.ZipFile(out) as file:
        (folder,) = json.loads(file.read("manifest.json"))["folders"]
        entries = json.loads(file.read(f"{folder}/consents.json"))["entries"]
        records = json.loads(file.read(f"{folder}/audit.json"))["records"]
        seal = np.load(io.BytesIO(file.read(f"{folder}/sealed.npy")))
        page = file.read(f"{folder}/about.html").decode()
    assert seal.shape[0] == 1
    assert all(part in page for part in ("Ada Lovelace", "0.jpg", "v1", "worker import"))
    assert "Bob" not in page
    assert [(one["kind"], one["text_version"]) for one in entries] == [("recorded", "v1")]
    assert [one["what"] for one in records] == ["worker import", "worker export", "recognize"]
    (picture,) = records[-1]["detail"]["pictures"]
    assert [face["worker"] for face in picture["faces"]] == records[-1]["worker_ids"] == [1]


def test_another_installation_takes_it_and_takes_it_once(
    archive: Path, run: Run, tmp_path: Path, people: Path
) -> None:
    home = tmp_path / "other"
    imported = run("--home", home, "worker", "import", archive, "--json")
    assert imported.exit_code == 0, imported.stderr
    assert names(run, home) == ["Ada Lovelace", "Bob"]
    shown = json.loads(run("--home", home, "worker", "show", "Bob", "--json").stdout)
    assert shown["consent"]["text_version"] == "v1"
    assert datetime.fromisoformat(shown["consent"]["given_at"]).tzinfo is not None
    assert not any(photo["has_pixels"] for photo in shown["photos"]), "kept without being asked"
    again = json.loads(run("--home", home, "worker", "import", archive, "--json").stdout)
    assert (again["enrolled"], again["already_enrolled"], again["refused"]) == (0, 6, 0)
    seen = save(tmp_path, "bob.jpg", Someone(BOB, 7))
    recognition = json.loads(run("--home", home, "recognize", seen, "--json").stdout)
    assert recognition["images"][0]["faces"][0]["worker"]["name"] == "Bob"


def test_it_is_looked_at_as_at_any_enrolment(archive: Path, run: Run, tmp_path: Path) -> None:
    """Ada's face is somebody else's there, and the other installation has a Bob who looks otherwise."""
    home = tmp_path / "other"
    run("--home", home, "worker", "add", "Augusta King", save(tmp_path, "a.jpg", Someone(ADA, 9)))
    run("--home", home, "worker", "add", "Bob", save(tmp_path, "b.jpg", Someone(77, 1)))
    imported = run("--home", home, "worker", "import", archive, "--json")
    assert imported.exit_code != 0
    assert names(run, home) == ["Augusta King", "Bob"]


def test_under_another_contract_the_photos_are_looked_at_anew(
    archive: Path, run: Run, tmp_path: Path
) -> None:
    home = tmp_path / "other"
    imported = run("--home", home, "worker", "import", archive, "--json", networks=with_another_contract)
    assert imported.exit_code == 0, imported.stderr
    assert names(run, home) == ["Ada Lovelace", "Bob"]
    bare = tmp_path / "bare"
    run("--home", bare, "worker", "import", archive)
    run("--home", bare, "worker", "export", "--out", tmp_path / "bare.zip")
    refused = run(
        "--home",
        tmp_path / "third",
        "worker",
        "import",
        tmp_path / "bare.zip",
        networks=with_another_contract,
    )
    assert "of another model" in refused.output
    assert names(run, tmp_path / "third") == []


def test_one_that_was_changed_or_needs_a_key_is_told(archive: Path, run: Run, tmp_path: Path) -> None:
    home = tmp_path / "other"
    whole = archive.read_bytes()
    place = whole.index(b'"name": "Bob"')
    for content in (whole[: len(whole) // 2], whole[:place] + b'"name": "Eve"' + whole[place + 13 :], b"x"):
        archive.write_bytes(content)
        refused = run("--home", home, "worker", "import", archive)
        assert refused.exit_code == UNUSABLE, refused.output
        assert names(run, home) == []
    (tmp_path / "key").write_bytes(b"0123456789abcdef" * 2)
    sealed = tmp_path / "people.sealed"
    words = ("worker", "export", "Ada Lovelace", "--out", sealed, "--key-file", tmp_path / "key")
    assert run(*words).exit_code == 0
    assert b"Ada Lovelace" not in sealed.read_bytes()
    assert run("--home", home, "worker", "import", sealed).exit_code == LOCKED
    assert run("--home", home, "worker", "import", sealed, "--key-file", tmp_path / "key").exit_code == 0
    assert names(run, home) == ["Ada Lovelace"]


def test_how_many_are_left_is_said_when_an_import_is_stopped(
    archive: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facevec.usecases import carrying

    admission, calls = carrying._admission, iter([False, True])

    def stopping(*arguments: object) -> object:
        if next(calls):
            raise KeyboardInterrupt
        return admission(*arguments)

    monkeypatch.setattr(carrying, "_admission", stopping)
    imported = run("--home", tmp_path / "other", "worker", "import", archive)
    assert imported.exit_code != 0
    assert "not looked at yet: 1;" in imported.stderr
    assert names(run, tmp_path / "other") == ["Ada Lovelace"]
