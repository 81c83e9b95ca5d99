"""What distortions cost: `python -m training.emotion.robustness WEIGHTS --data DIR`.

Distorts the public split, seeded, as a face detector and a bad camera do, and prints one JSON
line a distortion with the accuracy, macro-F1 and the drop in accuracy.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import safe_open
from torch.nn import functional

from training.emotion.data import read_faces
from training.emotion.export import load_half
from training.emotion.metrics import figures
from training.emotion.train import predict

Distortion = Callable[[torch.Tensor], torch.Tensor]


def moved(
    faces: torch.Tensor, degrees: torch.Tensor | float = 0.0, span: float = 1.0, shift: float = 0.0
) -> torch.Tensor:
    """Rotate, take `span` of the side and shift by a fraction of it; borders are continued."""
    count = len(faces)
    angle = torch.as_tensor(degrees).expand(count) * (math.pi / 180)
    cos, sin = torch.cos(angle) * span, torch.sin(angle) * span
    offset = torch.full((count,), 2 * shift)
    affine = torch.stack([torch.stack([cos, -sin, offset], 1), torch.stack([sin, cos, offset], 1)], 1)
    grid = functional.affine_grid(affine, list(faces.shape), align_corners=False)
    return functional.grid_sample(faces, grid, padding_mode="border", align_corners=False)


def coarse(faces: torch.Tensor, size: int) -> torch.Tensor:
    """Shrink to `size` pixels and enlarge again."""
    tiny = functional.interpolate(faces, size=(size, size), mode="bilinear", antialias=True)
    return functional.interpolate(tiny, size=faces.shape[-2:], mode="bilinear")


def random_tilt(faces: torch.Tensor) -> torch.Tensor:
    """Tilt each face by its own angle of -20 to 20 degrees."""
    random = torch.Generator().manual_seed(0)
    return moved(faces, torch.rand(len(faces), generator=random) * 40 - 20)


def noisy(faces: torch.Tensor, deviation: float) -> torch.Tensor:
    """Add seeded Gaussian noise; the deviation in grey levels of 0 to 1."""
    random = torch.Generator().manual_seed(0)
    return faces + torch.randn(faces.shape, generator=random) * deviation


def dark_and_noisy(faces: torch.Tensor) -> torch.Tensor:
    """A fifth of the light, with the noise of a small sensor."""
    return noisy(faces * 0.2, 0.015)


def covered(faces: torch.Tensor) -> torch.Tensor:
    """A grey 14 x 14 square at a seeded place."""
    random = torch.Generator().manual_seed(0)
    faces = faces.clone()
    for face in faces:
        row, column = torch.randint(0, 35, (2,), generator=random).tolist()
        face[:, row : row + 14, column : column + 14] = 0.5
    return faces


DISTORTIONS: dict[str, Distortion] = {
    "none": lambda faces: faces,
    "tight box (0.8 of the side)": lambda faces: moved(faces, span=0.8),
    "loose box (1.25 of the side)": lambda faces: moved(faces, span=1.25),
    "shifted by 8 %": lambda faces: moved(faces, shift=0.08),
    "tilted by up to 20 degrees": random_tilt,
    "tilted by 20 degrees": lambda faces: moved(faces, 20.0),
    "24 px": lambda faces: coarse(faces, 24),
    "16 px": lambda faces: coarse(faces, 16),
    "dark (a fifth of the light)": lambda faces: faces * 0.2,
    "dark and noisy": dark_and_noisy,
    "overexposed": lambda faces: faces * 1.6,
    "pale (0.3 of the contrast)": lambda faces: faces * 0.3 + 0.5,
    "noise (0.08)": lambda faces: noisy(faces, 0.08),
    "a grey square before it": covered,
}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="training.emotion.robustness", description=__doc__)
    parser.add_argument("weights", type=Path, help="a shipped safetensors file")
    parser.add_argument("--data", type=Path, required=True, help="folder with fer2013-public.npz")
    options = parser.parse_args()
    torch.set_num_threads(1)
    network = load_half(options.weights)
    with safe_open(options.weights, "pt") as weights:
        metadata = weights.metadata()
    public = read_faces(options.data / "fer2013-public.npz")
    faces = public.pictures.unsqueeze(1).float() / 255
    plain = None
    for name, distort in DISTORTIONS.items():
        pictures = (distort(faces).clamp(0, 1) * 255).round().to(torch.uint8).squeeze(1)
        logits = predict(network, pictures, float(metadata["mean"]), float(metadata["std"]))
        measured = figures(logits, public.labels)
        plain = measured.accuracy if plain is None else plain
        print(
            json.dumps(
                {
                    "distortion": name,
                    "accuracy": round(measured.accuracy, 4),
                    "macro_f1": round(measured.macro_f1, 4),
                    "drop": round(plain - measured.accuracy, 4),
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
