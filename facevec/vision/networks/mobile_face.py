"""The network of Open Model Zoo's face-reidentification-retail-0095: MobileFaceNet with channel attention."""

from __future__ import annotations

import torch
from torch import nn

WIDTH = 64
"""Channels after the stem."""

STAGES = ((5, 128, 64), (7, 256, 128), (3, 512, 128))
"""Blocks of a stage, channels inside its first, channels that come out. Inside the others there are twice
as many as come out. The first of a stage halves the picture and has no shortcut."""

TOP, LAST_SIDE = 512, 8
"""Channels before the output, and the side of the picture there."""

DIMENSION = 256
"""Length of the output."""


def _depthwise(channels: int, side: int, stride: int = 1, padding: int = 0) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, side, stride, padding, groups=channels)


class Gate(nn.Module):
    """Channel attention (Hu et al., "Squeeze-and-Excitation Networks", 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.opening = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, channels // 8, 1),
            nn.PReLU(),
            nn.Conv2d(channels // 8, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = x * self.opening(x)
        return y


class Block(nn.Module):
    """An inverted residual (Sandler et al., "MobileNetV2", 2018) whose result is gated."""

    def __init__(self, inputs: int, inside: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, inside, 1),
            nn.PReLU(),
            _depthwise(inside, 3, stride, padding=1),
            nn.PReLU(),
            nn.Conv2d(inside, outputs, 1),
            Gate(outputs),
        )
        self.shortcut = stride == 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.body(x)
        return x + y if self.shortcut else y


class MobileFaceNet(nn.Module):
    """Input (n, 3, 128, 128) BGR, 0 to 255; output (n, DIMENSION), to be compared by its direction.

    The tensors of its state stand in the order in which the zoo's file has them.
    """

    scale: torch.Tensor
    shift: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.ones(1, 3, 1, 1))
        self.register_buffer("shift", torch.zeros(1, 3, 1, 1))
        self.stem = nn.Sequential(
            nn.Conv2d(3, WIDTH, 3, 2, padding=1), nn.PReLU(), _depthwise(WIDTH, 3, padding=1), nn.PReLU()
        )
        self.blocks = nn.Sequential(*_blocks())
        self.top = nn.Sequential(
            nn.Conv2d(STAGES[-1][-1], TOP, 1),
            nn.PReLU(),
            _depthwise(TOP, LAST_SIDE),
            nn.Conv2d(TOP, DIMENSION, 1, bias=False),
            nn.Flatten(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.top(self.blocks(self.stem(x * self.scale + self.shift)))
        return y


def _blocks() -> list[Block]:
    blocks: list[Block] = []
    inputs = WIDTH
    for count, inside, outputs in STAGES:
        blocks.append(Block(inputs, inside, outputs, stride=2))
        blocks += [Block(outputs, 2 * outputs, outputs, stride=1) for _ in range(count - 1)]
        inputs = outputs
    return blocks
