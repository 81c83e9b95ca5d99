"""Calibrate and ship: `python -m training.emotion.export WEIGHTS.pt --data DIR`.

Writes half precision weights with everything a reader needs as metadata, after measuring the
very weights that are written on the public split. Prints the figures of the model card.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from facevec.types import EMOTIONS
from facevec.vision.networks.emotion import EmotionNet
from training.emotion.calibrate import fit, held_out
from training.emotion.data import PUBLIC_SPLIT, Faces, read_faces
from training.emotion.metrics import figures
from training.emotion.train import EVALUATION_SIZE, predict

# How much an MTCNN box grows on each side, as a fraction of its longer side, to frame a face as
# FER2013 does: the median over public pictures (README.md, "Framing").
CROP_MARGIN = 0.0

SHIPPED = Path("facevec/vision/assets/emotion-small.safetensors")


def load_half(path: Path) -> EmotionNet:
    """The network with the values of a half precision file, in float32."""
    network = EmotionNet()
    network.load_state_dict({key: value.float() for key, value in load_file(path).items()})
    return network


def scaled(checkpoint: dict[str, Any], public: Faces) -> tuple[EmotionNet, tuple[float, float]]:
    """The trained network with its scaling folded in, and `calibrate.held_out` of that scaling."""
    network = EmotionNet()
    network.load_state_dict(checkpoint["state_dict"])
    logits = predict(network, public.pictures, checkpoint["mean"], checkpoint["std"])
    fit(logits, public.labels).fold_into(network.classifier)
    return network, held_out(logits, public.labels)


def measure(logits: torch.Tensor, labels: torch.Tensor) -> dict[str, object]:
    """The figures of the model card from logits (N, 7) and labels (N,)."""
    measured = figures(logits, labels)
    return {
        "accuracy": round(measured.accuracy, 4),
        "macro_f1": round(measured.macro_f1, 4),
        "recall": {name: round(value, 3) for name, value in measured.recall.items()},
        "ece": round(measured.calibration_error, 4),
    }


def export(weights: Path, public: Faces, target: Path) -> dict[str, object]:
    """Write the shipped file from a training's checkpoint and return its figures."""
    checkpoint = torch.load(weights, weights_only=True)
    network, (accuracy_held_out, ece_held_out) = scaled(checkpoint, public)
    half = {
        key: value.half() if value.is_floating_point() else value
        for key, value in network.state_dict().items()
    }
    network.load_state_dict({key: value.float() for key, value in half.items()})
    logits = predict(network, public.pictures, checkpoint["mean"], checkpoint["std"])
    card = measure(logits, public.labels)
    card |= {"accuracy_held_out": round(accuracy_held_out, 4), "ece_held_out": round(ece_held_out, 4)}
    metadata = {
        "name": "emotion-small",
        "classes": ",".join(EMOTIONS),
        "input_size": EVALUATION_SIZE,
        "mean": checkpoint["mean"],
        "std": checkpoint["std"],
        "temperature": 1.0,
        "crop_margin": CROP_MARGIN,
        "seed": checkpoint["settings"]["seed"],
        "run": checkpoint["settings"]["name"],
        "public_accuracy": card["accuracy"],
        "public_macro_f1": card["macro_f1"],
        "public_ece": card["ece_held_out"],
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file(half, target, {key: str(value) for key, value in metadata.items()})
    return card


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="training.emotion.export", description=__doc__)
    parser.add_argument("weights", type=Path, help="NAME.pt of training.emotion.train")
    parser.add_argument("--data", type=Path, required=True, help="folder with fer2013-public.npz")
    parser.add_argument("--target", type=Path, default=SHIPPED)
    options = parser.parse_args()
    torch.set_num_threads(1)
    public = read_faces(options.data / PUBLIC_SPLIT)
    print(json.dumps(export(options.weights, public, options.target), indent=2))


if __name__ == "__main__":
    main()
