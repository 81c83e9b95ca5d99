"""Networks that were converted elsewhere: with them there is no PyTorch to install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from facevec.errors import EngineUnavailable, ModelCorrupt
from facevec.integrity import IntegrityKey
from facevec.types import Precision
from facevec.vision.engines.openvino_engine import OpenVinoEngine, PreparingEngine
from tests.conftest import ROOT
from tests.drawn import FLAGS, group, portrait
from tests.entries import posix
from tests.portraits import DISTINCT
from tests.vision.test_engines import batch, never, spec

PIXELS = batch(1, 3, 20, 20)


def engine(tmp_path: Path, prepared: Path) -> OpenVinoEngine:
    """One on another machine, with a key of its own."""
    return OpenVinoEngine(cache=tmp_path / "cache", key=IntegrityKey.passing(), threads=1, prepared=prepared)


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    PreparingEngine(tmp_path / "prepared").load(spec())
    return tmp_path / "prepared"


def test_what_was_prepared_is_run_under_any_integrity_key_and_nothing_is_built(
    tmp_path: Path, prepared: Path, torch_engine
) -> None:
    (ours,) = engine(tmp_path, prepared).load(spec(build=never)).run(PIXELS)
    (reference,) = torch_engine.load(spec()).run(PIXELS)
    np.testing.assert_allclose(ours, reference, atol=1e-5)
    assert not (tmp_path / "cache").exists()


def test_preparing_again_builds_nothing(prepared: Path) -> None:
    PreparingEngine(prepared).load(spec(build=never))


def test_whatever_precision_is_wanted_the_graph_is_prepared_and_nothing_else(tmp_path: Path) -> None:
    preparing = PreparingEngine(tmp_path / "prepared")
    for precision in get_args(Precision):
        assert preparing.computes(precision)
        preparing.load(spec(), precision, examples=lambda: pytest.fail("examples are for another place"))
    assert len(list((tmp_path / "prepared").iterdir())) == 1


def test_what_was_prepared_for_another_network_is_not_taken(tmp_path: Path, prepared: Path) -> None:
    with pytest.raises(AssertionError, match="nothing is to be built"):
        engine(tmp_path, prepared).load(spec(build=never, weights_sha256="1" * 64))


@pytest.mark.parametrize("damaged", ["graph.bin", "graph.xml", "sha256.json"])
def test_a_damaged_one_is_refused(tmp_path: Path, prepared: Path, damaged: str) -> None:
    (file,) = prepared.glob(f"*/{damaged}")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(ModelCorrupt, match="is damaged"):
        engine(tmp_path, prepared).load(spec())


@posix
@pytest.mark.parametrize("pattern", [".", "*", "*/graph.bin"])
def test_one_that_others_may_write_is_refused(tmp_path: Path, prepared: Path, pattern: str) -> None:
    (path,) = prepared.glob(pattern) if pattern != "." else [prepared]
    path.chmod(path.stat().st_mode | 0o020)
    with pytest.raises(ModelCorrupt, match="chmod -R go-w"):
        engine(tmp_path, prepared).load(spec())


def test_what_is_neither_prepared_nor_can_be_converted_says_what_to_do(tmp_path: Path) -> None:
    def build():
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    with pytest.raises(EngineUnavailable, match=r"takes torch, which is not installed. Run `facevec models"):
        engine(tmp_path, tmp_path / "nothing").load(spec(build=build))


def run(module: str, home: Path, models: Path, *words: object) -> subprocess.CompletedProcess[str]:
    settings = [part for key, value in FLAGS.items() for part in ("--set", f"{key}={value}")]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FACEVEC_")}
    return subprocess.run(
        [sys.executable, "-m", module, "--home", str(home), *settings, *map(str, words)],
        env={**environ, "FACEVEC_MODELS": str(models), "FACEVEC_VISION__EMBEDDING_MODEL": "casia-webface",
             "XDG_CONFIG_HOME": str(home.parent / "config"),
             "FACEVEC_VISION__GRAPHS": str(home.parent / "graphs")},
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_without_pytorch_people_are_enrolled_and_named_by_what_was_converted(
    tmp_path: Path, models_dir: Path
) -> None:
    home, folder = tmp_path / "home", tmp_path / "graphs"
    weights = tmp_path / "models"
    weights.mkdir()
    for name in ("casia-webface.json", "casia-webface.safetensors"):
        (weights / name).symlink_to(models_dir / name)
    converted = run("facevec", tmp_path / "builder", models_dir, "models", "convert", folder, "--json")
    assert converted.returncode == 0, converted.stderr
    assert len(json.loads(converted.stdout)["graphs"]) == 7

    who = DISTINCT[0]
    files = [tmp_path / f"{shot}.png" for shot in range(3)]
    for shot, file in enumerate(files):
        file.write_bytes(portrait(who, shot))
    (tmp_path / "group.jpg").write_bytes(group(who, DISTINCT[1]))
    added = run("tests.lean", home, weights, "worker", "add", "Ada", *files)
    assert added.returncode == 0, added.stderr
    answer = run("tests.lean", home, weights, "recognize", tmp_path / "group.jpg", "--json")
    assert answer.returncode == 0, answer.stderr
    (image,) = json.loads(answer.stdout)["images"]
    assert sorted(face["status"] for face in image["faces"]) == ["identified", "unknown"]
    assert "Ada" in run("tests.lean", home, weights, "worker", "list").stdout
    assert not (weights / "openvino").exists()

    without = run("tests.lean", home, weights, "--set", "vision.graphs=", "recognize", tmp_path / "group.jpg")
    assert without.returncode != 0
    assert "models convert" in without.stderr
