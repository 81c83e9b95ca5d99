"""Issue 11, 4: writing what decides: references, templates, names, keys, calibrations, generations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import structlog
from click.testing import CliRunner
from sqlalchemy import Connection, text

from facevec.cli.common import FAULTS_EXIT_CODE
from facevec.cli.main import cli
from facevec.cli.session import Session
from facevec.errors import NotAuthentic
from facevec.files import sha256_of
from facevec.gallery import manifest, stored
from facevec.gallery.references import REFERENCES, sums_of
from facevec.integrity import IntegrityKey, key_at
from facevec.registry import marks
from facevec.registry.engine import writing
from facevec.usecases.rebuild import index_status, rebuild
from tests.attack.conftest import ATTACKER, CEO, COLLEAGUE, Attacker, House, blending_networks, encoded
from tests.registry.test_calibrations import MADE
from tests.toy import Someone, embedding, picture

FACE = embedding(Someone(ATTACKER))
"""The attacker's own."""


@contextmanager
def sql(house: House) -> Iterator[Connection]:
    """A hand in the database."""
    with writing(house.service.app.engine) as connection:
        yield connection


def run(house: House, *words: str) -> Any:
    session = Session(home=house.service.app.loaded.home, networks=blending_networks)
    flags = ["--home", str(house.service.app.loaded.home)]
    return CliRunner().invoke(cli, [*flags, *words], obj=session)


def faults(house: House) -> dict[str, list[str]]:
    """What `integrity check` refuses, by table."""
    checked = run(house, "integrity", "check", "--json")
    tables = {one["table"]: one["refused"] for one in json.loads(checked.stdout)["tables"]}
    assert (checked.exit_code == FAULTS_EXIT_CODE) is any(tables.values())
    return {table: refused for table, refused in tables.items() if refused}


def restart(house: House) -> None:
    """Forget what is in memory, as a process that starts."""
    house.service.app._sight = None


def test_a_template_written_by_sql_is_nobodys(house: House, ceo: int) -> None:
    with sql(house) as connection:
        connection.execute(
            text("UPDATE templates SET vector = :mine WHERE worker_id = :ceo"),
            {"mine": FACE.astype("<f4").tobytes(), "ceo": ceo},
        )
        connection.execute(text("UPDATE state SET revision = revision + 1"))
        connection.execute(
            text(
                "INSERT INTO changes (revision, worker_id, kind, at) "
                "SELECT revision, :ceo, 'photos_added', '2026-01-01' FROM state"
            ),
            {"ceo": ceo},
        )
    restart(house)
    knowing = house.holder("recognize")
    with structlog.testing.capture_logs() as logs:
        assert knowing.named(Someone(ATTACKER)) is None
    (said,) = (line for line in logs if line["event"] == "not_authentic")
    assert (said["table"], said["count"]) == ("templates", 3)
    assert (
        knowing.send("POST", "/verify", file=encoded(Someone(ATTACKER))[0], worker_id=ceo).json.get("same")
        is not True
    )
    assert knowing.named(Someone(COLLEAGUE, 9)) == ceo + 1
    assert faults(house) == {"templates": [f"worker {ceo}, photo {photo}" for photo in (1, 2, 3)]}


@pytest.mark.parametrize("moved", ["worker_id = 2", "contract = 'toy-2'", "photo_id = 4"])
def test_a_template_is_bound_to_its_worker_photo_and_contract(house: House, ceo: int, moved: str) -> None:
    with sql(house) as connection:
        connection.execute(text(f"UPDATE templates SET {moved} WHERE id = 1"))
    assert faults(house).keys() == {"templates"}


def test_a_name_written_by_sql_names_nobody(house: House, ceo: int) -> None:
    mine: int = house.holder("enrol").enrol("Nobody", Someone(ATTACKER)).json["worker"]["id"]
    with sql(house) as connection:
        connection.execute(text("UPDATE workers SET name = 'CEO' WHERE id = :mine"), {"mine": mine})
    assert house.holder("recognize").named(Someone(ATTACKER, 3)) is None
    refused = house.holder("admin").send("PATCH", f"/workers/{mine}", name="Nobody")
    assert (refused.status_code, refused.json["code"]) == (503, "not_authentic")
    assert faults(house) == {"workers": [str(mine)]}


def test_a_seal_written_by_sql_lets_nobody_in(house: House, ceo: int) -> None:
    with sql(house) as connection:
        connection.execute(text("UPDATE seals SET vector = :mine"), {"mine": FACE.astype("<f4").tobytes()})
    refused = house.holder("enrol").add(ceo, Someone(ATTACKER), Someone(ATTACKER, 1))
    assert refused.status_code == 422
    assert faults(house).keys() == {"seals"}


@pytest.mark.parametrize("change", ["new", "scopes", "expiry", "unrevoked"])
def test_a_key_written_by_sql_opens_nothing(house: House, change: str) -> None:
    keys = house.service.app.keys
    entry, secret = keys.create("mine", ["recognize"], datetime(2999, 1, 1, tzinfo=timezone.utc))
    if change == "unrevoked":
        keys.revoke(entry.id)
    other = "fv_abcdef01_" + "x" * 43
    statement = {
        "new": "INSERT INTO api_keys (id, name, hash, scopes, created_at) VALUES "
        f"('abcdef01', 'x', '{hashlib.sha256(other.encode()).hexdigest()}', '[\"admin\"]', '2026-01-01')",
        "scopes": "UPDATE api_keys SET scopes = '[\"admin\"]'",
        "expiry": "UPDATE api_keys SET expires_at = NULL",
        "unrevoked": "UPDATE api_keys SET revoked_at = NULL",
    }[change]
    with sql(house) as connection:
        connection.exec_driver_sql(statement)
    presented = other if change == "new" else secret
    answer = Attacker(house.client, {"X-API-Key": presented}).send("GET", "/workers")
    assert (answer.status_code, answer.json["code"]) == (401, "unauthorised")
    assert faults(house).keys() == {"api_keys"}


def test_a_calibration_written_by_sql_decides_nothing(house: House, ceo: int) -> None:
    calibrations = house.service.app.calibrations
    calibrations.add(replace(MADE, contract="toy-1", model="toy", match_threshold=0.4))
    with sql(house) as connection:
        connection.exec_driver_sql("UPDATE calibrations SET match_threshold = 2.0")
    refused = house.holder("recognize").recognize(Someone(ATTACKER))
    assert (refused.status_code, refused.json["code"]) == (503, "not_authentic")
    assert faults(house).keys() == {"calibrations"}


def forge(index: Path) -> str:
    """Replace the references of the current generation, in clear, and recompute every hash; its new name."""
    old = index / (index / "CURRENT").read_text().strip()
    document = json.loads((old / manifest.MANIFEST).read_text())
    references = np.tile(FACE, (document["workers"], 1)).astype(np.float32)
    document["format"] = manifest.CLEAR
    references.tofile(old / REFERENCES)
    np.save(old / stored.SUMS, sums_of(references))
    document["files"][stored.SUMS]["sha256"] = sha256_of(old / stored.SUMS)
    data = json.dumps(document, indent=2).encode()
    (old / manifest.MANIFEST).write_bytes(data)
    name = f"{document['revision']}-{hashlib.sha256(data).hexdigest()[:16]}"
    old.rename(index / name)
    (index / "CURRENT").write_text(name)
    return name


@pytest.mark.parametrize("mark", ["kept", "removed"])
def test_a_forged_generation_is_not_served_and_not_called_verified(house: House, ceo: int, mark: str) -> None:
    app = house.service.app
    rebuild(app.registry, app.generations)
    folder = app.loaded.index_folder
    forged = folder / forge(folder)
    if mark == "removed":
        (forged / manifest.MARK).unlink()
    restart(house)
    knowing = house.holder("recognize")
    assert knowing.named(Someone(ATTACKER)) is None
    assert knowing.named(Someone(CEO, 9)) == ceo
    status = index_status(app.registry, app.generations)
    assert status.generation is None
    assert "integrity key" in (status.fault or "")
    assert "verified" not in run(house, "index", "status").stdout
    checks = {one["name"]: one for one in json.loads(run(house, "doctor", "--json").stdout)["checks"]}
    assert checks["index"]["level"] == "fail"
    assert forged.name in checks["index"]["text"]
    rebuild(app.registry, app.generations)
    assert index_status(app.registry, app.generations).generation is not None


def test_the_doctor_names_what_was_written_by_others(house: House, ceo: int) -> None:
    with sql(house) as connection:
        connection.exec_driver_sql("UPDATE templates SET mark = NULL WHERE id = 2")
    checks = {one["name"]: one for one in json.loads(run(house, "doctor", "--json").stdout)["checks"]}
    assert checks["integrity"]["level"] == "fail"
    assert f"worker {ceo}, photo 2" in checks["integrity"]["text"]


def test_a_lost_key_is_said_and_adopting_is_deliberate(house: House, ceo: int, tmp_path: Path) -> None:
    """A registry that was restored where its key is not."""
    app = house.service.app
    app.close()
    other = ["--set", f"integrity.key_file={tmp_path / 'elsewhere' / 'key'}"]
    refused = run(house, *other, "recognize", str(written(tmp_path)), "--json")
    assert refused.exit_code == 46
    error = json.loads(refused.stdout)["error"]
    assert error["code"] == "not_authentic"
    assert "facevec integrity adopt" in error["message"]
    assert run(house, *other, "integrity", "adopt").exit_code == 130
    assert run(house, *other, "integrity", "adopt", "--yes").exit_code == 0
    assert run(house, *other, "integrity", "check").exit_code == 0
    named = json.loads(run(house, *other, "recognize", str(written(tmp_path)), "--json").stdout)
    assert named["images"][0]["faces"][0]["worker"]["id"] == ceo


def written(folder: Path) -> Path:
    path = folder / "ceo.png"
    path.write_bytes(picture(Someone(CEO, 9)))
    return path


def test_the_key_is_outside_the_home_and_its_owners_only(house: House, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key"
    made = key_at(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert key_at(path) == made
    assert made.secret.hex() not in repr(made)
    loaded = house.service.app.loaded
    assert loaded.home not in loaded.integrity_key_file.parents


def test_a_mark_is_of_one_kind_and_one_division() -> None:
    key = IntegrityKey(bytes(32), "test")
    marks_made = {
        key.mark("workers", [b"ab", b"c"]),
        key.mark("workers", [b"a", b"bc"]),
        key.mark("seals", [b"ab", b"c"]),
        IntegrityKey(b"x" * 32, "test").mark("workers", [b"ab", b"c"]),
    }
    assert len(marks_made) == 4


def test_every_column_that_decides_is_covered() -> None:
    left_out = {
        table.__tablename__: {column.name for column in table.__table__.columns} - {*columns, "mark"}
        for table, columns in marks.COVERED.items()
    }
    assert left_out == {
        "workers": {"name_skeleton", "created_at", "updated_at"},
        "templates": {"id", "created_at"},
        "seals": {"sealed_at"},
        "calibrations": set(),
        "own_scales": set(),
        "api_keys": {"last_used_at"},
        "approvals": set(),
        "reviews": set(),
        "visits": set(),
        "distinctions": set(),
        "consent_texts": set(),
        "consent_ledger": set(),
        "consent_head": set(),
    }


def test_a_calibration_that_facevec_wrote_decides(house: House) -> None:
    calibrations = house.service.app.calibrations
    calibrations.add(replace(MADE, contract="toy-1"))
    assert calibrations.latest("toy-1") == replace(MADE, contract="toy-1")
    with sql(house) as connection:
        connection.exec_driver_sql("UPDATE calibrations SET id = 99")
    with pytest.raises(NotAuthentic, match="facevec integrity adopt"):
        calibrations.latest("toy-1")
