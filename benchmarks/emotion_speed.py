"""What an emotion costs on one core: `python benchmarks/emotion_speed.py`.

Runs emotion-small beside fer-pytorch's networks and mini-XCEPTION (the network most packages carry)
through OpenVINO on one thread, in batches. Speed does not depend on what a network has learnt: all
have random weights. Prints milliseconds of processor time a face (the network alone, the median of
many runs: on one idle core the clock shows the same), the memory it takes, and the size of its weights;
each network runs in a process of its own.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from torch import nn

from facevec.integrity import IntegrityKey
from facevec.types import EMOTIONS
from facevec.vision.engines.base import DYNAMIC, NetworkSpec
from facevec.vision.engines.openvino_engine import OpenVinoEngine
from facevec.vision.models.fer_pytorch import FER_MOBILENETV2, FER_RESNET34
from facevec.vision.models.model import EmotionModel
from facevec.vision.models.small_residual import EMOTION_SMALL

BATCHES = (1, 8, 32)
KEY = IntegrityKey(bytes(32), "this benchmark")
"""The same in each of its processes."""


class SeparableConvolution(nn.Sequential):
    """A depthwise and a pointwise 3 x 3 convolution, and batch norm."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )


class XceptionBlock(nn.Module):
    """Two separable convolutions that halve the picture, beside a strided shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            SeparableConvolution(inputs, outputs),
            nn.ReLU(),
            SeparableConvolution(outputs, outputs),
            nn.MaxPool2d(3, 2, padding=1),
        )
        self.shortcut = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride=2, bias=False), nn.BatchNorm2d(outputs)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x) + self.shortcut(x)


class MiniXception(nn.Module):
    """mini-XCEPTION for grey 64 x 64 faces (Arriaga et al., "Real-time CNNs for Emotion", 2017)."""

    def __init__(self) -> None:
        super().__init__()
        stem = [nn.Conv2d(1, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU()]
        stem += [nn.Conv2d(8, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU()]
        blocks = [XceptionBlock(inputs, 2 * inputs) for inputs in (8, 16, 32, 64)]
        self.body = nn.Sequential(*stem, *blocks, nn.Conv2d(128, len(EMOTIONS), 3, padding=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x).mean((2, 3))


@dataclass(frozen=True)
class Contender:
    """A network, its input's channels and side, and the bits a weight takes as it is distributed."""

    name: str
    build: Callable[[], nn.Module]
    channels: int
    side: int
    bits: int


def of_catalogue(model: EmotionModel, channels: int, side: int, bits: int) -> Contender:
    """The contender that is a model of the catalogue."""
    return Contender(model.name, model.architecture.layers, channels, side, bits)


CONTENDERS = (
    of_catalogue(EMOTION_SMALL, 1, 48, 16),
    of_catalogue(FER_RESNET34, 3, 224, 32),
    of_catalogue(FER_MOBILENETV2, 3, 224, 32),
    Contender("mini-XCEPTION", MiniXception, 1, 64, 32),
)


@dataclass(frozen=True)
class Cost:
    """Milliseconds a face by batch; memory it takes to load and to run the largest batch, MB."""

    milliseconds: dict[int, float]
    memory: float


def convert(contender: Contender, cache: Path) -> float:
    """Make the network's graph, with torch; the weights' number."""
    OpenVinoEngine(cache=cache, key=KEY, threads=1).load(spec(contender))
    return sum(tensor.numel() for tensor in contender.build().state_dict().values())


def spec(contender: Contender) -> NetworkSpec:
    """The network with random weights."""
    shape = (DYNAMIC, contender.channels, contender.side, contender.side)
    return NetworkSpec(contender.name, 1, "0" * 64, shape, lambda: contender.build().eval())


def measure(contender: Contender, cache: Path, seconds: float) -> Cost:
    """Load the graph and run it, in a process that has not converted it."""
    engine = OpenVinoEngine(cache=cache, key=KEY, threads=1)
    before = resident()
    network = engine.load(spec(contender))
    random = np.random.default_rng(0)
    milliseconds = {}
    for batch in BATCHES:
        shape = (batch, contender.channels, contender.side, contender.side)
        faces = random.normal(size=shape).astype(np.float32)
        network.run(faces)
        runs, until = [], time.perf_counter() + seconds
        while time.perf_counter() < until or len(runs) < 3:
            started = time.process_time()
            network.run(faces)
            runs.append(time.process_time() - started)
        milliseconds[batch] = 1000 * statistics.median(runs) / batch
    return Cost(milliseconds, resident() - before)


def resident() -> float:
    """Memory of this process, MB."""
    return psutil.Process().memory_info().rss / 2**20


def alone(task: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401  # whatever the task gives
    """What `task` gives, in a process of its own."""
    with get_context("spawn").Pool(1) as process:
        return process.apply(task, arguments)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="for each network and batch")
    options = parser.parse_args()
    print(f"| network | {' | '.join(f'ms a face, batch {batch}' for batch in BATCHES)} | memory | size |")
    print("|---" * (len(BATCHES) + 3) + "|")
    with tempfile.TemporaryDirectory() as cache:
        for contender in CONTENDERS:
            weights = alone(convert, contender, Path(cache))
            cost = alone(measure, contender, Path(cache), options.seconds)
            speed = " | ".join(f"{cost.milliseconds[batch]:.2f}" for batch in BATCHES)
            size = weights * contender.bits / 8 / 1e6
            print(f"| {contender.name} | {speed} | {cost.memory:.0f} MB | {size:.1f} MB |", flush=True)


if __name__ == "__main__":
    main()
