"""The emotion network of facevec: a small residual net for grey 48 x 48 faces."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from facevec.types import EMOTIONS


def _convolution(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
    ]


class SqueezeExcite(nn.Module):
    """Channel attention (Hu et al., "Squeeze-and-Excitation Networks", 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // 8, 1)
        self.excite = nn.Conv2d(channels // 8, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean((2, 3), keepdim=True)
        gate = torch.sigmoid(self.excite(functional.relu(self.squeeze(mean))))
        return x * gate


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions, channel attention and a shortcut.

    The shortcut averages before its 1 x 1 convolution where the block halves the picture
    (He et al., "Bag of Tricks for Image Classification", 2019, ResNet-D).
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_convolution(inputs, outputs, stride),
            nn.ReLU(inplace=True),
            *_convolution(outputs, outputs),
            SqueezeExcite(outputs),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride),
                nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs),
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.body(x) + self.shortcut(x))


class EmotionNet(nn.Module):
    """Seven expression logits from one grey face.

    Input: float32 (N, 1, S, S), normalised with the mean and deviation in the metadata of the
    weights; S is a multiple of 8. Output: float32 (N, 7) in the order of `EMOTIONS`. Each
    picture is standardised again by its own mean and deviation, so that a dark or pale one
    looks like any other. Outside training the logits are the mean over the face and its mirror
    image.
    """

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.standardize = nn.InstanceNorm2d(1, eps=1e-4)
        self.features = nn.Sequential(
            *_convolution(1, 24),
            nn.ReLU(inplace=True),
            *_convolution(24, 48, stride=2),
            nn.ReLU(inplace=True),
            ResidualBlock(48, 48, stride=1),
            ResidualBlock(48, 96, stride=2),
            ResidualBlock(96, 96, stride=1),
            ResidualBlock(96, 192, stride=2),
            ResidualBlock(192, 192, stride=1),
        )
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(192, len(EMOTIONS))

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        if self.training:
            return self._logits(faces)
        both = self._logits(torch.cat([faces, faces.flip(3)]))
        # No length of the batch stands here: a traced graph would keep that of its example.
        return both.view(2, -1, len(EMOTIONS)).mean(0)

    def _logits(self, faces: torch.Tensor) -> torch.Tensor:
        features = self.features(self.standardize(faces))
        logits: torch.Tensor = self.classifier(self.dropout(features.mean((2, 3))))
        return logits
