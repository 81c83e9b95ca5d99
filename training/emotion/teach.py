"""A finished run as teacher: `python -m training.emotion.teach NAME.pt LOGITS.pt --data DIR`.

Writes its logits (N, 7) for the training split. Blended into the labels of the next run they
soften those that are wrong (Furlanello et al., "Born-Again Neural Networks", 2018).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from facevec.vision.networks.emotion import EmotionNet
from training.emotion.data import TRAIN_SPLIT, Faces, read_faces
from training.emotion.train import predict


def opinions(weights: Path, faces: Faces) -> torch.Tensor:
    """Logits (N, 7) of a finished run for `faces`."""
    checkpoint = torch.load(weights, weights_only=True)
    network = EmotionNet()
    network.load_state_dict(checkpoint["state_dict"])
    return predict(network, faces.pictures, checkpoint["mean"], checkpoint["std"])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="training.emotion.teach", description=__doc__)
    parser.add_argument("weights", type=Path, help="NAME.pt of training.emotion.train")
    parser.add_argument("target", type=Path, help="where the logits go")
    parser.add_argument("--data", type=Path, required=True, help="folder with fer2013-train.npz")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.save(opinions(options.weights, read_faces(options.data / TRAIN_SPLIT)), options.target)


if __name__ == "__main__":
    main()
