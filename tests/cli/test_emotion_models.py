"""Emotions through all of facevec: the switch, the floor and fer-pytorch's checkpoint, on a portrait."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from facevec.cli.main import cli
from facevec.types import EMOTIONS

if TYPE_CHECKING:
    from torch import nn

FEAR = EMOTIONS.index("fear")


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    data = pytest.importorskip("skimage.data")
    path = tmp_path / "portrait.png"
    Image.fromarray(data.astronaut()[:256, 96:352]).save(path)
    return path


@pytest.fixture
def home(tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A FACEVEC_HOME, and a FACEVEC_MODELS of its own that borrows the embedding's weights."""
    models = tmp_path / "models"
    (models / "openvino").mkdir(parents=True)
    for file in (*models_dir.glob("casia-webface.*"), *models_dir.glob("openvino/*")):
        (models / file.relative_to(models_dir)).symlink_to(file)
    monkeypatch.setenv("FACEVEC_MODELS", str(models))
    monkeypatch.setenv("FACEVEC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FACEVEC_VISION__THREADS", "1")
    return tmp_path / "home"


def run(*words: object) -> Result:
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result


def emotion(portrait: Path, *options: str) -> dict:
    (face,) = json.loads(run(*options, "recognize", portrait, "--json").stdout)["images"][0]["faces"]
    return face["emotion"]


def test_below_the_floor_no_emotion_is_called_the_top_one(home: Path, portrait: Path) -> None:
    sure = emotion(portrait, "--set", "emotion.confidence_floor=0")
    best = max(sure["scores"].values())
    assert sure["scores"][sure["top"]] == best
    unsure = emotion(portrait, "--set", f"emotion.confidence_floor={min(1.0, best + 0.001)}")
    assert unsure == {"top": None, "scores": sure["scores"]}


def test_switched_off_no_module_that_reads_emotions_is_loaded(home: Path, portrait: Path) -> None:
    """The command line knows its command `evaluate-emotion`; nothing below it is loaded."""
    code = f"""
import sys
from facevec.cli.main import cli
try:
    cli(["--set", "emotion.enabled=false", "recognize", {str(portrait)!r}, "--json"])
finally:
    loaded = [name for name in sys.modules if "facevec" in name and "emotion" in name]
    print([name for name in loaded if name != "facevec.cli.evaluate_emotion"], file=sys.stderr)
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stderr.splitlines()[-1] == "[]"
    (face,) = json.loads(process.stdout)["images"][0]["faces"]
    assert face["status"] == "unknown"
    assert "emotion" not in process.stdout


def checkpoint(path: Path, network: nn.Module, classifier: nn.Linear) -> Path:
    """A Lightning checkpoint as fer-pytorch's, of a network that sees fear in everything."""
    import torch

    with torch.no_grad():
        classifier.weight.zero_()
        classifier.bias.zero_()
        classifier.bias[FEAR] = 20.0
    state = {f"model.model.{name}": tensor for name, tensor in network.state_dict().items()}
    content = {
        "epoch": 12,
        "pytorch-lightning_version": "1.4.9",
        "state_dict": state,
        "optimizer_states": [{"state": {}, "param_groups": [{"lr": 0.01}]}],
        "hyper_parameters": {"model_name": path.stem},
    }
    torch.save(content, path)
    return path


def test_fer_pytorchs_checkpoint_is_imported_preferred_used_and_evaluated(home: Path, portrait: Path) -> None:
    from facevec.vision.torchvision_ops import ensure_torchvision_operators

    ensure_torchvision_operators()
    from torchvision.models import resnet34

    network = resnet34(num_classes=len(EMOTIONS))
    file = checkpoint(home.parent / "resnet34.ckpt", network, network.fc)
    before = emotion(portrait, "--set", "emotion.confidence_floor=0")
    assert before["scores"]["fear"] < 0.99
    assert json.loads(run("models", "import", file, "--json").stdout)["name"] == "fer-resnet34"
    assert emotion(portrait) == {
        "top": "fear",
        "scores": {name: float(name == "fear") for name in EMOTIONS},
    }
    small = emotion(portrait, "--set", "emotion.model=emotion-small", "--set", "emotion.confidence_floor=0")
    assert small == before
    faces = home.parent / "faces.npz"
    images = np.random.default_rng(0).integers(0, 256, (6, 48, 48), dtype=np.uint8)
    np.savez(faces, images=images, labels=np.array([FEAR] * 3 + [0] * 3), names=np.array(EMOTIONS))
    evaluated = json.loads(run("evaluate-emotion", faces, "--model", "fer-resnet34", "--json").stdout)
    assert (evaluated["model"], evaluated["accuracy"]) == ("fer-resnet34", 0.5)
    assert np.array(evaluated["confusion"]["counts"])[:, FEAR].sum() == 6


def test_fer_pytorchs_smaller_network_is_used_by_name(home: Path, portrait: Path) -> None:
    from facevec.vision.networks.mobilenet import MobileNetV2

    network = MobileNetV2(len(EMOTIONS))
    file = checkpoint(home.parent / "mobilenetv2_140.ckpt", network, network.classifier)
    assert json.loads(run("models", "import", file, "--json").stdout)["name"] == "fer-mobilenetv2"
    assert emotion(portrait, "--set", "emotion.model=fer-mobilenetv2")["top"] == "fear"
    assert emotion(portrait)["scores"]["fear"] < 0.99
