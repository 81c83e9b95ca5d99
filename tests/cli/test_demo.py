"""`facevec demo` and `facevec doctor` on real weights and public domain portraits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from facevec.cli.main import cli
from facevec.outcomes import OUTCOMES


@pytest.fixture
def home(tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACEVEC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FACEVEC_MODELS", str(models_dir))
    monkeypatch.setenv("FACEVEC_VISION__EMBEDDING_MODEL", "casia-webface")
    monkeypatch.setenv("FACEVEC_KEYS__FOLDER", str(tmp_path / "keys"))
    return tmp_path / "home"


def test_the_demo_names_the_enrolled_and_not_the_stranger(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is set for real people."""
    pytest.importorskip("skimage", reason="the demo's portrait comes with scikit-image: pip install .[demo]")
    monkeypatch.setenv("FACEVEC_AUDIT__FOLDER", str(tmp_path / "trail"))
    monkeypatch.setenv("FACEVEC_REGISTRY__REMOVALS", str(tmp_path / "removals"))
    monkeypatch.setenv("FACEVEC_CONSENT__REQUIRED", "yes")
    monkeypatch.setenv("FACEVEC_REVIEW__CONFIRM", "yes")
    monkeypatch.setenv("FACEVEC_GALLERY__ENGINE", "pgvector")
    out = tmp_path / "demo.png"
    result = CliRunner().invoke(cli, ["demo", "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    faces = answer["images"][0]["faces"]
    names = sorted(face["worker"]["name"] if face["worker"] else face["status"] for face in faces)
    assert names == ["Eileen Collins"] * 3 + ["unknown"]
    assert answer["annotated"] == str(out)
    with Image.open(out) as picture:
        assert min(picture.size) >= 1000
    assert sorted(tmp_path.iterdir()) == [out]


def test_the_demo_writes_over_no_folder(home: Path, tmp_path: Path) -> None:
    assert CliRunner().invoke(cli, ["demo", "--out", str(tmp_path / "no" / "x.jpg")]).exit_code == 19


def test_the_doctor_finds_a_healthy_installation(home: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["doctor", "--json"])
    levels = {check["name"]: check["level"] for check in json.loads(result.stdout)["checks"]}
    assert result.exit_code == 0, result.output
    assert "fail" not in levels.values()
    assert {"python", "models", "registry", "recognition", "index"} <= set(levels)
    assert not home.exists()
    assert not (tmp_path / "keys").exists()


def test_the_doctor_says_what_to_do_without_a_model(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEVEC_MODELS", str(tmp_path / "none"))
    result = CliRunner().invoke(cli, ["doctor"])
    assert result.exit_code == 4
    assert "facevec models fetch" in result.stdout


def test_recognizing_without_a_model_names_the_commands_that_help(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEVEC_MODELS", str(tmp_path / "none"))
    Image.new("RGB", (50, 50)).save(tmp_path / "a.png")
    result = CliRunner().invoke(cli, ["recognize", str(tmp_path / "a.png")])
    assert result.exit_code == OUTCOMES["model_missing"].exit_code
    assert "facevec models fetch" in result.stderr
