"""`facevec doctor` where there is no registry yet: it looks, and leaves everything as it was."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from facevec.cli.common import FAULTS_EXIT_CODE
from tests.cli.conftest import Run
from tests.toy import ToyNetworks, toy_vision


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder in `folder`."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.mark.parametrize("before", ["no folder", "empty folder", "empty database", "database elsewhere"])
def test_the_doctor_changes_nothing(
    run: Run, toy_home: Path, tmp_path: Path, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEVEC_MODELS", str(tmp_path / "models"))
    if before != "no folder":
        toy_home.mkdir()
    if before == "empty database":
        (toy_home / "facevec.db").touch()
    if before == "database elsewhere":
        monkeypatch.setenv("FACEVEC_REGISTRY__URL", f"sqlite:///{tmp_path}/elsewhere/facevec.db")
    files = contents(tmp_path)
    checks = json.loads(run("doctor", "--json").stdout)["checks"]
    levels = {check["name"]: check["level"] for check in checks}
    assert (levels["registry"], levels["recognition"], levels["index"]) == ("ok", "ok", "ok")
    assert contents(tmp_path) == files


def test_the_doctor_says_in_which_precision_each_network_computes(
    run: Run, toy_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vision = replace(toy_vision(), precisions=("int8", "fp32"))
    monkeypatch.setattr(ToyNetworks, "vision", lambda _self, _model: vision)
    assert "in int8 and fp32, contract" in " ".join(run("doctor").stdout.split())


def test_the_doctor_says_what_only_costs_time_and_finds_no_fault_in_it(
    run: Run, toy_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lack = "A little slower than it could be. Run `facevec models convert FOLDER`."
    vision = replace(toy_vision(), lack=lack)
    monkeypatch.setattr(ToyNetworks, "vision", lambda _self, _model: vision)
    checks = {check["name"]: check for check in json.loads(run("doctor", "--json").stdout)["checks"]}
    assert checks["recognition"]["level"] == "warn"
    assert checks["recognition"]["text"].endswith(f". {lack}")


def test_the_doctor_counts_who_is_enrolled(run: Run, toy_home: Path) -> None:
    assert run("worker", "list").exit_code == 0
    files = contents(toy_home)
    checks = {check["name"]: check for check in json.loads(run("doctor", "--json").stdout)["checks"]}
    assert checks["registry"]["text"].startswith("0 workers")
    assert contents(toy_home) == files


def test_the_doctor_says_that_no_temporary_folder_can_be_written(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    checked = run("doctor", "--json")
    assert checked.exit_code == FAULTS_EXIT_CODE
    (temporary,) = [one for one in json.loads(checked.stdout)["checks"] if one["name"] == "temporary"]
    assert temporary["level"] == "fail"
    assert "set TMPDIR" in temporary["text"]
