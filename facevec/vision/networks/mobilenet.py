"""The MobileNetV2 (1.4) of fer-pytorch, its tensors named as in timm, so that its checkpoint loads strictly.

Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

STEM, HEAD = 48, 1792
STAGES = ((2, 32, 2), (3, 48, 2), (4, 88, 2), (3, 136, 1), (3, 224, 2), (1, 448, 1))
"""Blocks, channels and stride of the first of them; the stage before these is one block of 24 channels."""
FIRST = 24
EXPANSION = 6


def _depthwise(channels: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, 3, stride, padding=1, groups=channels, bias=False)


def _pointwise(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 1, bias=False)


class SeparableBlock(nn.Module):
    """A depthwise and a pointwise convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_dw = _depthwise(inputs, 1)
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv_pw = _pointwise(inputs, outputs)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.relu6(self.bn1(self.conv_dw(x)))
        narrow: torch.Tensor = self.bn2(self.conv_pw(y))
        return narrow


class InvertedResidual(nn.Module):
    """Widen, look around, narrow; with a shortcut where the shape stays."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        wide = inputs * EXPANSION
        self.conv_pw = _pointwise(inputs, wide)
        self.bn1 = nn.BatchNorm2d(wide)
        self.conv_dw = _depthwise(wide, stride)
        self.bn2 = nn.BatchNorm2d(wide)
        self.conv_pwl = _pointwise(wide, outputs)
        self.bn3 = nn.BatchNorm2d(outputs)
        self._same_shape = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.relu6(self.bn1(self.conv_pw(x)))
        y = functional.relu6(self.bn2(self.conv_dw(y)))
        narrow: torch.Tensor = self.bn3(self.conv_pwl(y))
        return x + narrow if self._same_shape else narrow


class MobileNetV2(nn.Module):
    """Input float32 (n, 3, side, side); output (n, classes) logits."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv_stem = nn.Conv2d(3, STEM, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM)
        stages: list[nn.Module] = [nn.Sequential(SeparableBlock(STEM, FIRST))]
        inputs = FIRST
        for blocks, outputs, stride in STAGES:
            first = InvertedResidual(inputs, outputs, stride)
            others = (InvertedResidual(outputs, outputs, 1) for _ in range(blocks - 1))
            stages.append(nn.Sequential(first, *others))
            inputs = outputs
        self.blocks = nn.Sequential(*stages)
        self.conv_head = _pointwise(inputs, HEAD)
        self.bn2 = nn.BatchNorm2d(HEAD)
        self.classifier = nn.Linear(HEAD, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.relu6(self.bn1(self.conv_stem(x)))
        y = functional.relu6(self.bn2(self.conv_head(self.blocks(y))))
        logits: torch.Tensor = self.classifier(y.mean((2, 3)))
        return logits
