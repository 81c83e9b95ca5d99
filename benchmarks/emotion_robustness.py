"""What bad pictures cost emotion-small: `python benchmarks/emotion_robustness.py faces.npz`.

Hands faces of FER2013's public split to the product's own reader as a camera and a detector would:
in colour, somewhere in a larger picture, with a box of any size that fits well or badly; then dark,
noisy, blurred or compressed. Prints accuracy, macro-F1 and the drop in accuracy of each distortion,
beside the undistorted faces read the same way. `training/emotion/robustness.py` asks the bare network
what a distorted 48 x 48 face costs; here everything before the network is part of the measurement.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from facevec.config import load, models_folder
from facevec.networks import installed_networks
from facevec.types import EMOTIONS, Box, Face, Image, Landmarks, Pixels, Quality
from facevec.usecases.emotion_metrics import class_figures, confusion, macro_f1
from facevec.vision.emotion import NetworkEmotionReader
from facevec.vision.models.small_residual import EMOTION_SMALL
from facevec.vision.weights.store import ModelStore

SIDE = 96
"""Side of a face in the undistorted picture, pixels."""

Change = Callable[[Pixels, np.random.Generator], Pixels]
_QUALITY = Quality(size=SIDE, sharpness=100, brightness=120, contrast=40, yaw=0, roll=0)
_LANDMARKS = Landmarks((0, 0), (1, 0), (0, 1), (0, 2), (1, 2))


@dataclass(frozen=True)
class Distortion:
    """side: of the face, pixels. box: side of the detector's box, in sides of a good one.

    shift: of the box, in sides of the face. tilt: degrees. change: what becomes of the finished picture.
    """

    side: int = SIDE
    box: float = 1.0
    shift: float = 0.0
    tilt: float = 0.0
    change: Change = lambda pixels, _random: pixels


def cast(red: float, green: float, blue: float) -> Change:
    """Light of a colour."""
    return lambda pixels, _random: _clipped(pixels * np.array([red, green, blue]))


def light(factor: float, offset: float = 0.0) -> Change:
    """More or less light."""
    return lambda pixels, _random: _clipped(pixels * factor + offset)


def noise(deviation: float) -> Change:
    """Gaussian noise of a sensor, in grey levels."""
    return lambda pixels, random: _clipped(pixels + random.normal(0, deviation, pixels.shape))


def dark_and_noisy(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """A fifth of the light, and the noise of a small sensor."""
    return noise(4)(light(0.2)(pixels, random), random)


def side_light(pixels: Pixels, _random: np.random.Generator) -> Pixels:
    """A window on the left."""
    ramp = np.linspace(1.5, 0.35, pixels.shape[1])[np.newaxis, :, np.newaxis]
    return _clipped(pixels * ramp)


def blur(share: float) -> Change:
    """Out of focus; the deviation is a share of the face's side."""
    return lambda pixels, _random: np.asarray(cv2.GaussianBlur(pixels, (0, 0), share * SIDE))


def jpeg(quality: int) -> Change:
    """Compressed, quality 1 to 100."""

    def compress(pixels: Pixels, _random: np.random.Generator) -> Pixels:
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))

    return compress


DISTORTIONS = {
    "none": Distortion(),
    "24 px": Distortion(side=24),
    "48 px": Distortion(side=48),
    "200 px": Distortion(side=200),
    "tight box (0.8)": Distortion(box=0.8),
    "loose box (1.25)": Distortion(box=1.25),
    "box off by 8 %": Distortion(shift=0.08),
    "tilted by -20 degrees": Distortion(tilt=-20),
    "tilted by -10 degrees": Distortion(tilt=-10),
    "tilted by +10 degrees": Distortion(tilt=10),
    "tilted by +20 degrees": Distortion(tilt=20),
    "warm light": Distortion(change=cast(1.25, 1.0, 0.55)),
    "cold light": Distortion(change=cast(0.6, 0.95, 1.3)),
    "dark (a fifth of the light)": Distortion(change=light(0.2)),
    "dark and noisy": Distortion(change=dark_and_noisy),
    "bright (1.5)": Distortion(change=light(1.5)),
    "pale (0.3 of the contrast)": Distortion(change=light(0.3, 110)),
    "light from one side": Distortion(change=side_light),
    "noise (15 grey levels)": Distortion(change=noise(15)),
    "out of focus (2 % of the face)": Distortion(change=blur(0.02)),
    "out of focus (4 % of the face)": Distortion(change=blur(0.04)),
    "JPEG, quality 30": Distortion(change=jpeg(30)),
    "JPEG, quality 10": Distortion(change=jpeg(10)),
    "24 px, tight, dark and noisy": Distortion(side=24, box=0.85, change=dark_and_noisy),
}


def photographed(
    grey: Pixels, how: Distortion, margin: float, random: np.random.Generator
) -> tuple[Image, Face]:
    """A (48, 48) face in a colour picture three times its size, and the detector's face in it.

    margin: by which the reader goes beyond the box: a good box is that much smaller than the face.
    """
    face = cv2.resize(grey, (how.side, how.side), interpolation=cv2.INTER_CUBIC)
    around = cv2.copyMakeBorder(face, *(how.side,) * 4, cv2.BORDER_REPLICATE)
    middle = 1.5 * how.side
    turn = cv2.getRotationMatrix2D((middle, middle), how.tilt, 1.0)
    turned = cv2.warpAffine(around, turn, around.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    pixels = how.change(cv2.cvtColor(turned, cv2.COLOR_GRAY2RGB).astype(np.uint8), random)
    half = how.box * how.side / (1 + 2 * margin) / 2
    angle = random.uniform(0, 2 * np.pi)
    x, y = middle + how.shift * how.side * np.cos(angle), middle + how.shift * how.side * np.sin(angle)
    return Image(pixels), Face(Box(x - half, y - half, x + half, y + half), _LANDMARKS, 1.0, _QUALITY)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("npz", type=Path, help="images (N, 48, 48), labels, names")
    parser.add_argument("--faces", type=int, default=700)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    flags = {"emotion.model": EMOTION_SMALL.name, "vision.threads": 1}
    reader = installed_networks(load(flags=flags)).emotion_classifier()
    margin = EMOTION_SMALL.recipe(ModelStore(models_folder()).weights(EMOTION_SMALL.name)).margin
    with np.load(options.npz, allow_pickle=False) as archive:
        places = np.array([EMOTIONS.index(str(name)) for name in archive["names"]])
        images, labels = archive["images"], places[archive["labels"]]
    chosen = np.random.default_rng(options.seed).permutation(len(images))[: options.faces]
    print(f"{len(chosen)} faces, seed {options.seed}\n")
    print("| distortion | accuracy | macro-F1 | drop |\n|---|---|---|---|")
    plain = None
    for name, how in DISTORTIONS.items():
        accuracy, f1 = measured(reader, images[chosen], labels[chosen], how, margin, options.seed)
        plain = accuracy if plain is None else plain
        print(f"| {name} | {accuracy:.1%} | {f1:.3f} | {100 * (plain - accuracy):+.1f} |", flush=True)


def measured(
    reader: NetworkEmotionReader,
    images: Pixels,
    labels: np.ndarray,
    how: Distortion,
    margin: float,
    seed: int,
) -> tuple[float, float]:
    """Accuracy and macro-F1 on faces distorted so."""
    random = np.random.default_rng(seed)
    probabilities = np.concatenate(
        [
            reader.read(image, [face])
            for image, face in (photographed(grey, how, margin, random) for grey in images)
        ]
    )
    counts = confusion(probabilities, labels)
    return counts.trace() / len(labels), macro_f1(class_figures(counts))


def _clipped(pixels: np.ndarray) -> Pixels:
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
